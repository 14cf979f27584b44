"""Numbers that the report derives from the metrics in a model card."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.translation import gettext as _

TESTS = {"test": _("new paintings"), "test_artists": _("paintings by new artists")}
"""The two tests, in words, by their keys in `metrics["splits"]`."""


@dataclass(frozen=True)
class MovementScore:
    """The result for a movement in a test, in numbers of paintings.

    Attributes:
        movement: its name.
        right: paintings of it that were recognised.
        pictures: all paintings of it.
        predicted: paintings that were classified as it.
        mistaken_for: the movement that most of its other paintings were classified as, and how
            many.
    """

    movement: str
    right: int
    pictures: int
    predicted: int
    mistaken_for: tuple[str, int]

    @property
    def recall(self) -> float:
        """Share of its paintings that were recognised."""
        return self.right / max(1, self.pictures)

    @property
    def precision(self) -> float:
        """Share of its predictions that were right."""
        return self.right / max(1, self.predicted)


def movement_scores(
    confusion: Sequence[Sequence[int]], names: Sequence[str]
) -> list[MovementScore]:
    """The result for each movement that was tested, the lowest recall first.

    Args:
        confusion: counts, rows are true and columns are predicted.
        names: of the rows and columns.
    """
    scores = []
    for index, (name, row) in enumerate(zip(names, confusion, strict=True)):
        wrong = {other: row[i] for i, other in enumerate(names) if i != index}
        most = max(wrong, key=lambda other: wrong[other])
        predicted = sum(each[index] for each in confusion)
        scores.append(MovementScore(name, row[index], sum(row), predicted, (most, wrong[most])))
    return sorted((score for score in scores if score.pictures), key=lambda score: score.recall)


def confused_movements(
    confusion: Sequence[Sequence[int]], names: Sequence[str]
) -> list[tuple[float, str, str]]:
    """Confused movements, the commonest first: share of the true one, its name, the predicted one.

    Args:
        confusion: counts, rows are true and columns are predicted.
        names: of the rows and columns.
    """
    shares = [
        (count / max(1, sum(row)), true, predicted)
        for true, row in zip(names, confusion, strict=True)
        for predicted, count in zip(names, row, strict=True)
        if true != predicted
    ]
    return sorted(shares, key=lambda each: each[0], reverse=True)


def macro_recall(split: Mapping[str, Any], views: str = "six_views") -> float | None:
    """Mean recall over the movements, or None where it is not known.

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
    """Accuracy on files in the painting's own shape, and on exactly square ones.

    None where it is not known, or either was not tested.
    """
    shaped, pictures = split.get("true_aspect"), split["pictures"]
    if not shaped or shaped["accuracy"] is None or shaped["pictures"] == pictures:
        return None
    squares = pictures - shaped["pictures"]
    right = split["six_views"]["accuracy"] * pictures - shaped["accuracy"] * shaped["pictures"]
    return shaped["accuracy"], right / squares


def by_collection(split: Mapping[str, Any], least: float = 0.05) -> dict[str, float]:
    """Accuracy on each collection that holds at least a share `least` of a test's paintings."""
    return {
        name: group["accuracy"]
        for name, group in split.get("per_source", {}).items()
        if group["accuracy"] is not None and group["pictures"] >= least * split["pictures"]
    }
