"""Every number and verdict in plain words; all sentences that depend on a reading live here."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.serving.classifier import Reading
from training.common.blank import LEAST_SIDE
from training.common.refusal import Refusal

SURE = ((0.95, "almost certain"), (0.8, "quite sure"), (0.6, "fairly sure"), (0.4, "leaning"))
"""Lowest calibrated probability for each wording, from sure to unsure."""

GUESSING = "little more than a guess"

VIEWS = ("whole picture", "top left", "top right", "bottom left", "bottom right", "centre")
"""Names of the six views, in the order of `training.common.preprocessing.six_views`."""

_NO_VERDICT: Mapping[Refusal, str] = {
    "small": "too small to read",
    "plain": "nearly nothing to read",
    "noise": "nearly nothing to read",
    "photograph": "a photograph",
    "outside": "probably outside the five movements",
    "unsure": "no movement stands out",
}
"""Each reason for giving no verdict, in a few words."""

_BLANK: Mapping[Refusal, str] = {
    "small": f"its shorter side has fewer than {LEAST_SIDE} pixels",
    "plain": "it is of one colour, or passes smoothly from one into another",
    "noise": "its dots lie as if by chance, like the noise of a screen",
}

_HAD_TO_CHOOSE = "the grey numbers are what the network would say if it had to choose."

_GLOW = 0.2  # Least share of the evidence at an empty border that is worth a word.
_FRACTIONS = (2, 3, 4, 5)  # Denominators that people think in; else tenths.


def percent(share: float) -> str:
    """A share of 0..1 as people write it; certainty is never claimed by rounding."""
    if share < 0.01:
        return "under 1\N{NO-BREAK SPACE}%"
    number = "over 99" if share > 0.99 else f"{100 * share:.0f}"
    return f"{number}\N{NO-BREAK SPACE}%"


def sureness(probability: float) -> str:
    """How sure a calibrated probability is, in words."""
    return next((words for least, words in SURE if probability >= least), GUESSING)


def verdict(reading: Reading) -> tuple[str, str, str]:
    """Headline, how sure, and one sentence about a reading."""
    if reading.refusal:
        looks = _NO_VERDICT[reading.refusal]
        looks = f"looks like {looks}" if reading.refusal == "photograph" else looks
        return "No verdict", looks, _why_not(reading, reading.refusal)
    following = reading.ranking[len(reading.named)]
    chance = percent(float(reading.probabilities[following]))
    behind = f"The next in line, {reading.movements[following]}, has {chance}."
    if reading.close:
        sentence = f"Neither stands out enough to name it alone. {behind}"
        return f"Between {in_words(_named(reading), 'and')}", _chances(reading), sentence
    return reading.movement, f"{sureness(reading.confidence)}, {_chances(reading)}", behind


def in_short(reading: Reading) -> str:
    """A reading in a few words: "71 % Impressionism", "a photograph"."""
    if reading.refusal:
        return _NO_VERDICT[reading.refusal]
    if reading.close:
        return f"between {in_words(_named(reading), 'and')}, {_chances(reading)}"
    return f"{percent(reading.confidence)} {reading.movement}"


def in_a_sentence(reading: Reading) -> str:
    """A reading as a sentence of its own."""
    match reading.refusal:
        case None:
            return f"The classifier's verdict on it: {in_short(reading)}."
        case "photograph":
            return "To the reader it looks like a photograph."
        case "outside":
            return "To the reader it is probably outside the five movements."
        case "unsure":
            return "To the reader no movement stands out in it."
    return _nothing(reading.refusal)


def _named(reading: Reading) -> list[str]:
    return [reading.movements[index] for index in reading.named]


def _chances(reading: Reading) -> str:
    return in_words([percent(float(reading.probabilities[i])) for i in reading.named], "and")


def _why_not(reading: Reading, refusal: Refusal) -> str:
    """One or two sentences on why there is no verdict."""
    known = in_words(reading.movements, "or")
    match refusal:
        case "photograph":
            return (
                f"The network was taught to tell paintings apart: {known}. Of a photograph its"
                f" answer would mean nothing; {_HAD_TO_CHOOSE}"
            )
        case "outside":
            return (
                f"It is too unlike the paintings that the network knows as {known}: art of another"
                f" time or movement, or no painting at all. {_HAD_TO_CHOOSE.capitalize()}"
            )
        case "unsure":
            first, second = reading.ranking[:2]
            chances = [
                f"{reading.movements[index]} {percent(float(reading.probabilities[index]))}"
                for index in (first, second)
            ]
            return (
                f"The likeliest are {in_words(chances, 'and')}, which is little more than a guess."
            )
    return _nothing(refusal)


def _nothing(refusal: Refusal) -> str:
    return f"There is nearly nothing in this picture to read: {_BLANK[refusal]}."


def compared(reading: Reading, this: int, that: int) -> str:
    """What the reading says of two movements."""
    if reading.refusal and reading.blank:
        return _nothing(reading.refusal)
    of_this, of_that = (float(reading.probabilities[index]) for index in (this, that))
    name, other = reading.movements[this], reading.movements[that]
    if of_this < of_that:
        return compared(reading, that, this)
    times = of_this / max(of_that, 1e-9)
    if times < 1.1:
        return f"{name} and {other} are as likely as each other."
    how_many = "more than a hundred" if times > 100 else f"{times:.2g}"
    said = f"{name} is {how_many} times as likely as {other}."
    whole = reading.view_probabilities[0]
    if whole[this] < whole[that]:
        said += (
            " In the look at the whole picture alone, which is coloured here, it is less likely."
        )
    return said


def reliabilities(metrics: Mapping[str, Any]) -> dict[str, str]:
    """How far to trust a verdict, a sentence for each movement; empty where it was not measured.

    Args:
        metrics: as `training.classifier.evaluate` wrote them.
    """
    measured = metrics.get("splits", {}).get("test", {}).get("per_movement", {})
    return {
        name: f"{name}: of unseen paintings it finds {fraction(score['recall'])}, and it is right"
        f" in {fraction(score['precision'])} when it says so."
        for name, score in measured.items()
    }


def fraction(share: float) -> str:
    """A share of 0..1 as a fraction that people think in: "2 of 3", "7 of 10", "nearly all"."""
    if not 0.05 <= share <= 0.95:
        return "nearly all" if share > 0.5 else "hardly any"
    for whole in _FRACTIONS:
        part = round(share * whole)
        if 0 < part < whole and abs(part / whole - share) <= 0.025:
            return f"{part} of {whole}"
    return f"{round(10 * share)} of 10"


def in_words(names: Sequence[str], joint: str) -> str:
    """A list as in a sentence: "a, b and c"."""
    *most, last = names
    return f"{', '.join(most)} {joint} {last}" if most else last


def device(provider: str) -> str:
    """What computes, in words."""
    words = {"CPU": "the processor (CPU)", "CUDA": "the graphics card (CUDA)"}
    return words.get(provider, provider)


def glow(share: float) -> str:
    """What to make of a heat map's glow at the picture's border; empty where there is little.

    Args:
        share: of the evidence, 0..1, see `app.serving.border.border_glow`.
    """
    if share < _GLOW:
        return ""
    return (
        f"But {percent(share)} of it lies at the edge of the picture where there is little to"
        " see. Each of the map's few, large cells has seen far around itself, so such a glow"
        " need not be about that place."
    )


def processor(reading: Reading) -> str:
    """What read the picture and how long it took."""
    return f"Read on {device(reading.provider)} in {reading.milliseconds:.0f} ms."


def duration(seconds: float) -> str:
    """A wait as people say it: "8 s", "3 min"."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min"


def out_of_a_hundred(share: float) -> str:
    """A share of 0..1 as a count: "81 of 100"."""
    return f"{100 * share:.0f} of 100"


def most_confused(
    confusion: Sequence[Sequence[int]], names: Sequence[str]
) -> tuple[str, str, float]:
    """The commonest mistake: the true movement, the one that was said, and its share of the true.

    Args:
        confusion: counts, rows are true and columns are said.
        names: of the rows and columns.
    """
    mistakes: Mapping[tuple[int, int], float] = {
        (true, said): count / max(1, sum(row))
        for true, row in enumerate(confusion)
        for said, count in enumerate(row)
        if true != said
    }
    true, said = max(mistakes, key=lambda pair: mistakes[pair])
    return names[true], names[said], mistakes[true, said]
