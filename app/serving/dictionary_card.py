"""What is known of one channel, as people and spreadsheets read it."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

DRIVEN = 0.5
"""A channel answers to stripes if the best raise it by at least this many deviations, and ..."""

RELIABLE = 0.5
"""... if its answers at some phases and at others correlate at least so much."""


@dataclass(frozen=True)
class Near:
    """A channel whose answers to paintings go with another's; `likeness` is the correlation."""

    layer: str
    channel: int
    likeness: float


@dataclass(frozen=True)
class Card:
    """What is known of one channel; `export.assets.gratings` says how it was measured.

    Attributes:
        number: among the channels of all layers.
        layer: one of LAYERS.
        channel: in that layer.
        hue: what alternates in the stripes it answers to most: grey, red-green or blue-yellow.
        orientation: direction of these stripes in degrees; 0 lies, 90 stands, 45 rises.
        selectivity: of direction, 0 (all are alike) to 1 (1 - circular variance).
        frequency: of these stripes, in cycles per pixel of the network's 192 pixels.
        bandwidth: of frequency, full width at half height, in octaves.
        drive: how far these stripes raise it, in deviations of its cells over paintings.
        colourfulness: 0 (answers to light and dark only) over 0.5 (to both) to 1 (to colour only).
        reliability: correlation between answers at some phases of the stripes and at others.
        mean: of its spatial mean over training paintings.
        deviation: of its spatial mean over training paintings.
        sparsity: share of cells of which nothing is passed on.
        preferences: by movement, its mean answer to their training paintings, in deviations from
            the mean over all.
        votes: by movement, what one deviation more adds to the logit, less the mean over movements.
        nearest: other channels of any layer, the likest first.
    """

    number: int
    layer: str
    channel: int
    hue: str
    orientation: float
    selectivity: float
    frequency: float
    bandwidth: float
    drive: float
    colourfulness: float
    reliability: float
    mean: float
    deviation: float
    sparsity: float
    preferences: Mapping[str, float]
    votes: Mapping[str, float]
    nearest: tuple[Near, ...]

    @property
    def answers(self) -> bool:
        """Whether it answers to stripes at all."""
        return self.drive >= DRIVEN and self.reliability >= RELIABLE


NUMBERS = (
    *("orientation", "selectivity", "frequency", "bandwidth", "drive", "colourfulness"),
    *("reliability", "mean", "deviation", "sparsity"),
)
"""Fields of a card that hold one number each."""


def as_csv(cards: Iterable[Card]) -> str:
    """One card or more as a table with a heading."""
    rows = [_row(card) for card in cards]
    file = io.StringIO()
    writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


def _row(card: Card) -> dict[str, str | int]:
    return {
        "layer": card.layer,
        "channel": card.channel,
        "answers to stripes": int(card.answers),
        "hue": card.hue,
        **{name: f"{getattr(card, name):.4g}" for name in NUMBERS},
        **{f"prefers {name}": f"{value:.4g}" for name, value in card.preferences.items()},
        **{f"votes for {name}": f"{value:.4g}" for name, value in card.votes.items()},
        "nearest": " ".join(f"{near.layer}/{near.channel}" for near in card.nearest),
    }
