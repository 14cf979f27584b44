"""What was measured of each channel, by `export.assets.dictionary`.

    dictionary = Dictionary.read(folder)
    dictionary.card("conv3_block12", 17).orientation  # degrees

`app.serving.dictionary_search` finds channels by words. A channel's number counts through all
layers; its channel counts in its layer. Both begin at 0.
"""

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np

from app.errors import UserError
from app.translation import gettext as _
from training.common.shipped_files import DICTIONARY_FILE

REMEDY = _("make it with `python -m export.assets.dictionary`, or fetch the whole repository.")


DRIVEN = 0.5
"""A channel responds to gratings if the best raise it by at least so many deviations, and ..."""

RELIABLE = 0.5
"""... if its responses at some phases and at others correlate at least so much."""


@dataclass(frozen=True)
class SimilarChannel:
    """A channel whose activations over paintings correlate with another's."""

    layer: str
    channel: int
    correlation: float


@dataclass(frozen=True)
class ChannelCard:
    """What is known of one channel; `export.assets.gratings` says how it was measured.

    Attributes:
        number: among the channels of all layers.
        layer: one of LAYERS.
        channel: in that layer.
        hue: what alternates in the grating that excites it most: grey, red-green or blue-yellow.
        orientation: of this grating's stripes in degrees; 0 is horizontal, 90 vertical, 45 rising.
        selectivity: of direction, 0 (all are alike) to 1 (1 - circular variance).
        frequency: of this grating, in cycles per pixel of the network's 192 pixels.
        bandwidth: of frequency, full width at half height, in octaves.
        drive: how far this grating raises it, in deviations of its cells over paintings.
        colourfulness: 0 (responds to lightness only) over 0.5 (to both) to 1 (to colour only).
        reliability: correlation between responses at some phases of the gratings and at others.
        mean: of its spatial mean over training paintings.
        deviation: of its spatial mean over training paintings.
        sparsity: share of cells that are zero after the ReLU.
        preferences: by movement, its mean activation in their training paintings, in deviations
            from the mean over all.
        votes: by movement, what one deviation more adds to the logit, less the mean over movements.
        nearest: other channels of any layer, the most similar first.
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
    nearest: tuple[SimilarChannel, ...]

    @property
    def responds(self) -> bool:
        """Whether it responds to gratings at all."""
        return self.drive >= DRIVEN and self.reliability >= RELIABLE


NUMBERS = (
    *("orientation", "selectivity", "frequency", "bandwidth", "drive", "colourfulness"),
    *("reliability", "mean", "deviation", "sparsity"),
)
"""Fields of a card that hold one number each."""


@dataclass(frozen=True, eq=False)
class Dictionary:
    """Cards by layer and channel. Nothing in it changes.

    Attributes:
        layers: number of channels by name of LAYERS.
        movements: in the order of every [C,K].
        hues: what `columns["hue"]` counts through.
        classifier_version: of the classifier that was measured.
        settings: how it was measured.
        columns: arrays over all C channels, by name: those of a card's numbers float32 [C], and
            hue [C], preferences and votes [C,K], nearest and likeness [C,n].
    """

    layers: Mapping[str, int]
    movements: tuple[str, ...]
    hues: tuple[str, ...]
    classifier_version: str
    settings: Mapping[str, Any]
    columns: Mapping[str, np.ndarray]

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Open the dictionary in a folder.

        Raises:
            UserError: it is missing, or cannot be read.
        """
        path = folder / DICTIONARY_FILE
        try:
            with np.load(path, allow_pickle=False) as file:
                facts = json.loads(str(file["facts"]))
                columns = {name: file[name] for name in file.files if name != "facts"}
            found = cls(
                layers={name: int(count) for name, count in facts["layers"].items()},
                movements=tuple(facts["movements"]),
                hues=tuple(facts["hues"]),
                classifier_version=str(facts["reader"]),
                settings=dict(facts["settings"]),
                columns={
                    name: values.astype(np.float32) if values.dtype.kind == "f" else values
                    for name, values in columns.items()
                },
            )
            found._check()
        except FileNotFoundError as error:
            reason = _("The texture dictionary is missing; {remedy}")
            raise UserError(reason.format(remedy=REMEDY)) from error
        except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
            reason = _("The texture dictionary cannot be read; {remedy}")
            raise UserError(reason.format(remedy=REMEDY)) from error
        return found

    def __len__(self) -> int:
        return sum(self.layers.values())

    def statistics(self, layer: str) -> tuple[np.ndarray, np.ndarray]:
        """Mean and deviation over training paintings of channels' spatial means, float32 [C].

        Spatial means are over the whole letterboxed square.

        Raises:
            KeyError: there is no such layer.
        """
        channels = self.layer_slice(layer)
        return self.columns["mean"][channels], self.columns["deviation"][channels]

    def votes(self, layer: str) -> np.ndarray:
        """What one deviation more of each channel adds to each movement's logit, float32 [C,K].

        To first order, on the average of training paintings, less the mean over movements.

        Raises:
            KeyError: there is no such layer.
        """
        return self.columns["votes"][self.layer_slice(layer)]

    def card(self, layer: str, channel: int) -> ChannelCard:
        """All that is known of a channel.

        Raises:
            KeyError: there is no such layer.
            IndexError: the layer has no such channel.
        """
        number, columns = self.number(layer, channel), self.columns
        similar = zip(columns["nearest"][number], columns["likeness"][number], strict=True)
        return ChannelCard(
            number=number,
            layer=layer,
            channel=channel,
            hue=self.hues[columns["hue"][number]],
            **{name: float(columns[name][number]) for name in NUMBERS},
            preferences=self._by_movement("preferences", number),
            votes=self._by_movement("votes", number),
            nearest=tuple(
                SimilarChannel(*self.channel(int(other)), float(correlation))
                for other, correlation in similar
            ),
        )

    def number(self, layer: str, channel: int) -> int:
        """Number of a channel among those of all layers.

        Raises:
            KeyError: there is no such layer.
            IndexError: the layer has no such channel.
        """
        channels = self.layer_slice(layer)
        if not 0 <= channel < channels.stop - channels.start:
            reason = _("{layer} has channels 0 to {last}, and no {channel}.")
            last = self.layers[layer] - 1
            raise IndexError(reason.format(layer=layer, last=last, channel=channel))
        return int(channels.start + channel)

    def channel(self, number: int) -> tuple[str, int]:
        """Layer and channel of a number.

        Raises:
            IndexError: there is no such channel.
        """
        left = number
        for layer, channels in self.layers.items():
            if 0 <= left < channels:
                return layer, left
            left -= channels
        reason = _("There are channels 0 to {last}, and no {number}.")
        raise IndexError(reason.format(last=len(self) - 1, number=number))

    @cached_property
    def responsive(self) -> np.ndarray:
        """Bool [C], which channels respond to gratings at all."""
        columns = self.columns
        return (columns["drive"] >= DRIVEN) & (columns["reliability"] >= RELIABLE)

    @cached_property
    def csv(self) -> str:
        """All cards as a table with a heading."""
        return as_csv(self.card(*self.channel(number)) for number in range(len(self)))

    def layer_slice(self, layer: str) -> slice:
        """The numbers of a layer's channels.

        Raises:
            KeyError: there is no such layer.
        """
        start = 0
        for name, channels in self.layers.items():
            if name == layer:
                return slice(start, start + channels)
            start += channels
        reason = _("There is no layer {layer!r}; ask for {layers}.")
        raise KeyError(reason.format(layer=layer, layers=", ".join(self.layers)))

    def _by_movement(self, column: str, number: int) -> dict[str, float]:
        values = self.columns[column][number].tolist()
        return dict(zip(self.movements, values, strict=True))

    def _check(self) -> None:
        arrays = ("hue", "preferences", "votes", "nearest", "likeness")
        for name in (*NUMBERS, *arrays):
            if len(self.columns[name]) != len(self):
                raise ValueError(f"{name} has another number of channels")


def as_csv(cards: Iterable[ChannelCard]) -> str:
    """One card or more as a table with a heading."""
    rows = [_row(card) for card in cards]
    file = io.StringIO()
    writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


def _row(card: ChannelCard) -> dict[str, str | int]:
    return {
        "layer": card.layer,
        "channel": card.channel,
        "answers to stripes": int(card.responds),
        "hue": card.hue,
        **{name: f"{getattr(card, name):.4g}" for name in NUMBERS},
        **{f"prefers {name}": f"{value:.4g}" for name, value in card.preferences.items()},
        **{f"votes for {name}": f"{value:.4g}" for name, value in card.votes.items()},
        "nearest": " ".join(f"{near.layer}/{near.channel}" for near in card.nearest),
    }
