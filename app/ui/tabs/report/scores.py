"""What a card's metrics say, as the sections of the report need it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

TESTS = {"test": "new paintings", "test_artists": "paintings by new artists"}
"""The two tests, in words; keys of `metrics["splits"]`."""


@dataclass(frozen=True)
class Recognised:
    """How a movement fares in a test, in numbers of paintings.

    Attributes:
        movement: its name.
        right: paintings of it that were recognised.
        pictures: paintings of it that there are.
        said: paintings that were said to be of it.
        mistaken_for: the name that most of the others got, and how many of them.
    """

    movement: str
    right: int
    pictures: int
    said: int
    mistaken_for: tuple[str, int]

    @property
    def recall(self) -> float:
        """Share of its paintings that were recognised."""
        return self.right / max(1, self.pictures)

    @property
    def precision(self) -> float:
        """Share of the verdicts naming it that were right."""
        return self.right / max(1, self.said)


def recognised(confusion: Sequence[Sequence[int]], names: Sequence[str]) -> list[Recognised]:
    """How each movement that was tested fares, the weakest (lowest recall) first.

    Args:
        confusion: counts, rows are true and columns are said.
        names: of the rows and columns.
    """
    found = []
    for index, (name, row) in enumerate(zip(names, confusion, strict=True)):
        wrong = {other: row[i] for i, other in enumerate(names) if i != index}
        most = max(wrong, key=lambda other: wrong[other])
        said = sum(each[index] for each in confusion)
        found.append(Recognised(name, row[index], sum(row), said, (most, wrong[most])))
    return sorted((each for each in found if each.pictures), key=lambda each: each.recall)


def mistakes(
    confusion: Sequence[Sequence[int]], names: Sequence[str]
) -> list[tuple[float, str, str]]:
    """What was taken for what: the share of the true movement, its name and the one said instead.

    The commonest is first.

    Args:
        confusion: counts, rows are true and columns are said.
        names: of the rows and columns.
    """
    found = [
        (count / max(1, sum(row)), true, said)
        for true, row in zip(names, confusion, strict=True)
        for said, count in zip(names, row, strict=True)
        if true != said
    ]
    return sorted(found, key=lambda each: each[0], reverse=True)


def macro_recall(split: Mapping[str, Any], views: str = "six_views") -> float | None:
    """Mean over the movements of the share that is recognised, or None where it is not known.

    Args:
        split: one of `metrics["splits"]`.
        views: "six_views", as the app reads, or "one_view".
    """
    known: float | None = split[views].get("macro_recall")
    if known is not None or views != "six_views":
        return known
    recalls = [each["recall"] for each in split["per_movement"].values() if each["pictures"]]
    return float(sum(recalls) / len(recalls))


def by_shape(split: Mapping[str, Any]) -> tuple[float, float] | None:
    """Shares read rightly of files in the painting's own shape and of exactly square ones.

    None where it is not known, or either was not tested.
    """
    shaped, pictures = split.get("true_aspect"), split["pictures"]
    if not shaped or shaped["accuracy"] is None or shaped["pictures"] == pictures:
        return None
    squares = pictures - shaped["pictures"]
    right = split["six_views"]["accuracy"] * pictures - shaped["accuracy"] * shaped["pictures"]
    return shaped["accuracy"], right / squares


def by_collection(split: Mapping[str, Any], least: float = 0.05) -> dict[str, float]:
    """Share read rightly in each collection that holds at least `least` of a test's paintings."""
    return {
        name: group["accuracy"]
        for name, group in split.get("per_source", {}).items()
        if group["accuracy"] is not None and group["pictures"] >= least * split["pictures"]
    }
