"""What was measured of each channel, by `export.assets.dictionary`.

    dictionary = Dictionary.read(folder)
    dictionary.card("conv3_block12", 17).orientation  # degrees
    dictionary.search("fine vertical votes for Cubism")  # numbers of channels, all layers

A channel's number counts through all layers; its channel counts in its layer. Both begin at 0.
"""

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np

from app.errors import UserError
from app.serving.dictionary_card import DRIVEN, NUMBERS, RELIABLE, Card, Near, as_csv
from app.serving.dictionary_search import find, rank
from training.common.atlas_files import DICTIONARY_FILE

REMEDY = "make it with `python -m export.assets.dictionary`, or fetch the whole repository."


@dataclass(frozen=True, eq=False)
class Dictionary:
    """Cards by layer and channel. Nothing in it changes.

    Attributes:
        layers: number of channels by name of LAYERS.
        movements: in the order of every [C,K].
        hues: what `columns["hue"]` counts through.
        reader: version of the classifier that was measured.
        settings: how it was measured.
        columns: arrays over all C channels, by name: those of a card's numbers float32 [C], and
            hue [C], preferences and votes [C,K], nearest and likeness [C,n].
    """

    layers: Mapping[str, int]
    movements: tuple[str, ...]
    hues: tuple[str, ...]
    reader: str
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
                reader=str(facts["reader"]),
                settings=dict(facts["settings"]),
                columns={
                    name: values.astype(np.float32) if values.dtype.kind == "f" else values
                    for name, values in columns.items()
                },
            )
            found._check()
        except FileNotFoundError as error:
            raise UserError(f"The texture dictionary is missing; {REMEDY}") from error
        except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
            raise UserError(f"The texture dictionary cannot be read; {REMEDY}") from error
        return found

    def __len__(self) -> int:
        return sum(self.layers.values())

    def statistics(self, layer: str) -> tuple[np.ndarray, np.ndarray]:
        """Mean and deviation over training paintings of channels' spatial means, float32 [C].

        Spatial means are over the whole letterboxed square.

        Raises:
            KeyError: there is no such layer.
        """
        here = self._slice(layer)
        return self.columns["mean"][here], self.columns["deviation"][here]

    def votes(self, layer: str) -> np.ndarray:
        """What one deviation more of each channel adds to each movement's logit, float32 [C,K].

        To first order, on the average of training paintings, less the mean over movements.

        Raises:
            KeyError: there is no such layer.
        """
        return self.columns["votes"][self._slice(layer)]

    def card(self, layer: str, channel: int) -> Card:
        """All that is known of a channel.

        Raises:
            KeyError: there is no such layer.
            IndexError: the layer has no such channel.
        """
        number, columns = self.number(layer, channel), self.columns
        near = zip(columns["nearest"][number], columns["likeness"][number], strict=True)
        return Card(
            number=number,
            layer=layer,
            channel=channel,
            hue=self.hues[columns["hue"][number]],
            **{name: float(columns[name][number]) for name in NUMBERS},
            preferences=self._by_movement("preferences", number),
            votes=self._by_movement("votes", number),
            nearest=tuple(Near(*self.place(int(other)), float(like)) for other, like in near),
        )

    def number(self, layer: str, channel: int) -> int:
        """Number of a channel among those of all layers.

        Raises:
            KeyError: there is no such layer.
            IndexError: the layer has no such channel.
        """
        here = self._slice(layer)
        if not 0 <= channel < here.stop - here.start:
            raise IndexError(
                f"{layer} has channels 0 to {self.layers[layer] - 1}, and no {channel}."
            )
        return int(here.start + channel)

    def place(self, number: int) -> tuple[str, int]:
        """Layer and channel of a number.

        Raises:
            IndexError: there is no such channel.
        """
        left = number
        for layer, channels in self.layers.items():
            if 0 <= left < channels:
                return layer, left
            left -= channels
        raise IndexError(f"There are channels 0 to {len(self) - 1}, and no {number}.")

    @cached_property
    def answering(self) -> np.ndarray:
        """Bool [C], which channels answer to stripes at all."""
        columns = self.columns
        return (columns["drive"] >= DRIVEN) & (columns["reliability"] >= RELIABLE)

    def search(self, words: str, *, layer: str = "", order: str = "") -> np.ndarray:
        """Numbers of the channels that every word holds for, int [n].

        Args:
            words: such as "fine vertical", "votes for Cubism", "17" or "conv4_block24"; see
                `dictionary_search`. None finds all.
            layer: only there, if it is given.
            order: one of `dictionary_search.orders`, or by number.

        Raises:
            UserError: there is a word that means nothing here; the sentence says which do.
            KeyError: there is no such layer or order.
        """
        found = find(self, words)
        if layer:
            here = self._slice(layer)
            found[: here.start] = found[here.stop :] = False
        return rank(self, np.flatnonzero(found), order)

    @cached_property
    def csv(self) -> str:
        """All cards as a table with a heading."""
        return as_csv(self.card(*self.place(number)) for number in range(len(self)))

    def _slice(self, layer: str) -> slice:
        start = 0
        for name, channels in self.layers.items():
            if name == layer:
                return slice(start, start + channels)
            start += channels
        raise KeyError(f"There is no layer {layer!r}; ask for {', '.join(self.layers)}.")

    def _by_movement(self, column: str, number: int) -> dict[str, float]:
        values = self.columns[column][number].tolist()
        return dict(zip(self.movements, values, strict=True))

    def _check(self) -> None:
        several = ("hue", "preferences", "votes", "nearest", "likeness")
        for name in (*NUMBERS, *several):
            if len(self.columns[name]) != len(self):
                raise ValueError(f"{name} has another number of channels")
