"""Numbers and verdicts in plain words: all sentences that depend on a reading."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.serving.classifier import Reading
from app.translation import gettext as _
from training.common.blank import LEAST_SIDE
from training.common.refusal import Refusal

SURE = (
    (0.95, _("almost certain")),
    (0.8, _("quite sure")),
    (0.6, _("fairly sure")),
    (0.4, _("leaning")),
)
"""Lowest calibrated probability for each wording, from sure to unsure."""

GUESSING = _("little more than a guess")

VIEWS = (
    _("whole picture"),
    _("top left"),
    _("top right"),
    _("bottom left"),
    _("bottom right"),
    _("centre"),
)
"""Names of the six views, in the order of `training.common.preprocessing.six_views`."""

_NO_VERDICT: Mapping[Refusal, str] = {
    "small": _("too small to read"),
    "plain": _("nearly nothing to read"),
    "noise": _("nearly nothing to read"),
    "photograph": _("a photograph"),
    "outside": _("probably outside the five movements"),
    "unsure": _("no movement stands out"),
}
"""Each reason for giving no verdict, in a few words."""

_BLANK: Mapping[Refusal, str] = {
    "small": _("its shorter side has fewer than {count} pixels").format(count=LEAST_SIDE),
    "plain": _("it has one colour, or fades smoothly from one into another"),
    "noise": _("its pixels look like random noise"),
}

_HAD_TO_CHOOSE = _("the grey numbers are what the network would say if it had to choose.")

_GLOW = 0.3  # Least share of the evidence at an empty border that is worth a word.
_FRACTIONS = (2, 3, 4, 5)  # Usual denominators; else tenths.


def percent(share: float) -> str:
    """A share of 0..1 as people write it; certainty is never claimed by rounding."""
    if share < 0.01:
        return _("under 1") + "\N{NO-BREAK SPACE}%"
    number = _("over 99") if share > 0.99 else f"{100 * share:.0f}"
    return f"{number}\N{NO-BREAK SPACE}%"


def sureness(probability: float) -> str:
    """How sure a calibrated probability is, in words."""
    return next((words for least, words in SURE if probability >= least), GUESSING)


def verdict(reading: Reading) -> tuple[str, str, str]:
    """Headline, how sure, and one sentence about a reading."""
    if reading.refusal:
        looks = _NO_VERDICT[reading.refusal]
        if reading.refusal == "photograph":
            looks = _("looks like a photograph")
        return _("No verdict"), looks, _why_not(reading, reading.refusal)
    following = reading.ranking[len(reading.named)]
    chance = percent(float(reading.probabilities[following]))
    next_one = _("The next in line, {movement}, has {chance}.").format(
        movement=reading.movements[following], chance=chance
    )
    if reading.close:
        headline = _("Between {movements}").format(movements=in_words(_named(reading), _("and")))
        sentence = _("Neither stands out enough to name it alone.") + f" {next_one}"
        return headline, _chances(reading), sentence
    return reading.movement, f"{sureness(reading.confidence)}, {_chances(reading)}", next_one


def in_short(reading: Reading) -> str:
    """A reading in a few words: "71 % Impressionism", "a photograph"."""
    if reading.refusal:
        return _NO_VERDICT[reading.refusal]
    if reading.close:
        return _("between {movements}, {chances}").format(
            movements=in_words(_named(reading), _("and")), chances=_chances(reading)
        )
    return f"{percent(reading.confidence)} {reading.movement}"


def in_a_sentence(reading: Reading) -> str:
    """A reading as a sentence of its own."""
    match reading.refusal:
        case None:
            return _("The classifier's verdict on it: {verdict}.").format(verdict=in_short(reading))
        case "photograph":
            return _("The classifier takes it for a photograph.")
        case "outside":
            return _("The classifier finds it probably outside the five movements.")
        case "unsure":
            return _("To the classifier no movement stands out in it.")
    return _nothing(reading.refusal)


def _named(reading: Reading) -> list[str]:
    return [reading.movements[index] for index in reading.named]


def _chances(reading: Reading) -> str:
    return in_words([percent(float(reading.probabilities[i])) for i in reading.named], _("and"))


def _why_not(reading: Reading, refusal: Refusal) -> str:
    """One or two sentences on why there is no verdict."""
    known = in_words(reading.movements, _("or"))
    match refusal:
        case "photograph":
            text = _(
                "The network was taught to tell paintings apart: {movements}. Of a photograph its"
                " answer would mean nothing; {numbers}"
            )
            return text.format(movements=known, numbers=_HAD_TO_CHOOSE)
        case "outside":
            text = _(
                "It is too unlike the paintings that the network knows as {movements}: art of"
                " another time or movement, or no painting at all. {numbers}"
            )
            return text.format(movements=known, numbers=_HAD_TO_CHOOSE.capitalize())
        case "unsure":
            first, second = reading.ranking[:2]
            chances = [
                f"{reading.movements[index]} {percent(float(reading.probabilities[index]))}"
                for index in (first, second)
            ]
            text = _("The likeliest are {chances}, which is little more than a guess.")
            return text.format(chances=in_words(chances, _("and")))
    return _nothing(refusal)


def _nothing(refusal: Refusal) -> str:
    return _("There is nearly nothing in this picture to read: {reason}.").format(
        reason=_BLANK[refusal]
    )


def compared(reading: Reading, this: int, that: int) -> str:
    """How likely one of two movements is compared with the other, a sentence."""
    if reading.refusal and reading.blank:
        return _nothing(reading.refusal)
    of_this, of_that = (float(reading.probabilities[index]) for index in (this, that))
    name, other = reading.movements[this], reading.movements[that]
    if of_this < of_that:
        return compared(reading, that, this)
    times = of_this / max(of_that, 1e-9)
    if times < 1.1:
        return _("{name} and {other} are as likely as each other.").format(name=name, other=other)
    ratio = _("more than a hundred") if times > 100 else f"{times:.2g}"
    sentence = _("{name} is {ratio} times as likely as {other}.").format(
        name=name, ratio=ratio, other=other
    )
    whole = reading.view_probabilities[0]
    if whole[this] < whole[that]:
        sentence += " " + _(
            "In the view of the whole picture alone, which is coloured here, it is less likely."
        )
    return sentence


def reliabilities(metrics: Mapping[str, Any]) -> dict[str, str]:
    """Recall and precision of each movement, as a sentence; empty where they were not measured.

    Args:
        metrics: as `training.classifier.evaluate` wrote them.
    """
    sentence = _(
        "{movement}: it finds {recall} unseen paintings, and is right in {precision} cases when"
        " it says so."
    )
    measured = metrics.get("splits", {}).get("test", {}).get("per_movement", {})
    return {
        name: sentence.format(
            movement=name,
            recall=fraction(score["recall"]),
            precision=fraction(score["precision"]),
        )
        for name, score in measured.items()
    }


def fraction(share: float) -> str:
    """A share of 0..1 as a fraction that people think in: "2 of 3", "7 of 10", "nearly all"."""
    if not 0.05 <= share <= 0.95:
        return _("nearly all") if share > 0.5 else _("hardly any")
    for whole in _FRACTIONS:
        part = round(share * whole)
        if 0 < part < whole and abs(part / whole - share) <= 0.025:
            return _("{count} of {total}").format(count=part, total=whole)
    return _("{count} of {total}").format(count=round(10 * share), total=10)


def in_words(names: Sequence[str], joint: str) -> str:
    """A list as in a sentence: "a, b and c"."""
    *most, last = names
    return f"{', '.join(most)} {joint} {last}" if most else last


def device(provider: str) -> str:
    """The execution provider in words."""
    words = {"CPU": _("the processor (CPU)"), "CUDA": _("the graphics card (CUDA)")}
    return words.get(provider, provider)


def glow(share: float) -> str:
    """A warning of a heat map's evidence at an empty border of the picture, if there is much.

    Args:
        share: of the evidence, 0..1, see `app.serving.border.border_glow`.
    """
    if share < _GLOW:
        return ""
    return _(
        "But {share} of it lies at the edge of the picture where there is little to see. Each of"
        " the map's few, large cells has seen far around itself, so such a glow need not be about"
        " that place."
    ).format(share=percent(share))


def processor(reading: Reading) -> str:
    """What classified the picture and how long it took."""
    return _("Read on {device} in {time:.0f} ms.").format(
        device=device(reading.provider), time=reading.milliseconds
    )


def duration(seconds: float) -> str:
    """A wait as people say it: "8 s", "3 min"."""
    if seconds < 90:
        return _("{count} s").format(count=max(1, round(seconds)))
    return _("{count} min").format(count=round(seconds / 60))


def out_of_a_hundred(share: float) -> str:
    """A share of 0..1 as a count: "81 of 100"."""
    return _("{count} of {total}").format(count=f"{100 * share:.0f}", total=100)


def most_confused(
    confusion: Sequence[Sequence[int]], names: Sequence[str]
) -> tuple[str, str, float]:
    """The commonest mistake: the true movement, the predicted one, and its share of the true.

    Args:
        confusion: counts, rows are true and columns are predicted.
        names: of the rows and columns.
    """
    mistakes: Mapping[tuple[int, int], float] = {
        (true, predicted): count / max(1, sum(row))
        for true, row in enumerate(confusion)
        for predicted, count in enumerate(row)
        if true != predicted
    }
    true, predicted = max(mistakes, key=lambda pair: mistakes[pair])
    return names[true], names[predicted], mistakes[true, predicted]
