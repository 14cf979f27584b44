"""Every number and verdict in plain words; all sentences that depend on a reading live here."""

from collections.abc import Mapping, Sequence

from app.serving.classifier import Reading

SURE = ((0.95, "almost certain"), (0.8, "quite sure"), (0.6, "fairly sure"), (0.4, "leaning"))
"""Lowest calibrated probability for each wording, from sure to unsure."""

GUESSING = "little more than a guess"

VIEWS = ("whole picture", "top left", "top right", "bottom left", "bottom right", "centre")
"""Names of the six views, in the order of `training.preprocessing.six_views`."""

_A_CLOSE_CALL = 0.1  # Two movements whose probabilities are nearer than this are named together.

_KINDS = {"photograph": "a photograph", "another movement": "art of another movement"}


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
    if reading.outside:
        return "No verdict", *_refusal(reading)
    sure = f"{sureness(reading.confidence)}, {percent(reading.confidence)}"
    first, second = reading.ranking[:2]
    runner_up, chance = reading.movements[second], float(reading.probabilities[second])
    if reading.probabilities[first] - chance < _A_CLOSE_CALL:
        return reading.movement, sure, f"It is a close call: {runner_up} has {percent(chance)}."
    return reading.movement, sure, f"The next in line, {runner_up}, has {percent(chance)}."


def in_short(reading: Reading) -> str:
    """A reading in two or three words: "a photograph", or "71 % Impressionism"."""
    if reading.outside:
        return _stranger(reading)
    return f"{percent(reading.confidence)} {reading.movement}"


def _stranger(reading: Reading) -> str:
    """What a picture that is none of the movements looks like."""
    others = dict(zip(reading.kinds[1:], reading.kind_probabilities[1:], strict=True))
    kind = max(others, key=lambda name: others[name])
    return _KINDS.get(kind, kind)


def _refusal(reading: Reading) -> tuple[str, str]:
    """What a picture looks like instead, and why there is no verdict."""
    looks = f"looks like {_stranger(reading)}"
    known = in_words(reading.movements, "or")
    return looks, (
        f"The network was taught to tell paintings apart: {known}. Of anything else its answer"
        " would mean nothing; the grey numbers are what it would say if it had to choose."
    )


def compared(reading: Reading, this: int, that: int) -> str:
    """What the whole picture says of two movements."""
    of_this, of_that = (float(reading.view_probabilities[0, index]) for index in (this, that))
    name, other = reading.movements[this], reading.movements[that]
    if of_this < of_that:
        name, other, of_this, of_that = other, name, of_that, of_this
    times = of_this / max(of_that, 1e-9)
    if times < 1.1:
        return f"Looking at the whole picture, {name} and {other} are as likely as each other."
    how_many = "more than a hundred" if times > 100 else f"{times:.2g}"
    return f"Looking at the whole picture, {name} is {how_many} times as likely as {other}."


def in_words(names: Sequence[str], joint: str) -> str:
    """A list as in a sentence: "a, b and c"."""
    *most, last = names
    return f"{', '.join(most)} {joint} {last}" if most else last


def device(provider: str) -> str:
    """What computes, in words."""
    words = {"CPU": "the processor (CPU)", "CUDA": "the graphics card (CUDA)"}
    return words.get(provider, provider)


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
