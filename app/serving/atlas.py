"""A picture of what each channel looks for, rendered beforehand by `export.assets.atlas`.

Tiles are on sheets, which are WebP files: a browser shows a whole sheet of 256 channels as one
picture, and `Atlas` cuts single tiles out.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from types import MappingProxyType
from typing import Any, Self

import numpy as np
from PIL import Image

from app.errors import UserError
from app.translation import gettext as _
from training.common.shipped_files import ATLAS_FILE, MOVEMENTS_FILE, sheet_file

REMEDY = _("make it with `python -m export.assets.atlas`, or fetch the whole repository.")


@dataclass(frozen=True)
class TilePosition:
    """Where a tile is: number and file of its sheet, and its row and column there."""

    sheet: int
    file: Path
    row: int
    column: int


@dataclass(frozen=True, eq=False)
class Atlas:
    """Tiles on sheets; safe to use from several threads.

    Sheets are decoded when first asked for, and kept: 7 MB each, 78 MB if all are asked for.

    Attributes:
        folder: where the files are.
        layers: number of channels by name of LAYERS.
        movements: movements that have a tile.
        tile_side: of a channel's tile, in pixels.
        columns: tiles side by side on a sheet.
        rows: tiles one below the other.
        classifier_version: of the classifier whose channels these are.
        settings: how the tiles were rendered.
    """

    folder: Path
    layers: Mapping[str, int]
    movements: tuple[str, ...]
    tile_side: int
    columns: int
    rows: int
    classifier_version: str
    settings: Mapping[str, Any]
    _decoded: dict[str, np.ndarray] = field(default_factory=dict, repr=False)
    _decoding: Lock = field(default_factory=Lock, repr=False)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Open the atlas in a folder.

        Raises:
            UserError: it is missing, a sheet is missing, or it cannot be read.
        """
        try:
            facts = json.loads((folder / ATLAS_FILE).read_text(encoding="utf-8"))
            atlas = cls(
                folder=folder,
                layers=MappingProxyType({name: int(n) for name, n in facts["layers"].items()}),
                movements=tuple(facts["movements"]),
                tile_side=int(facts["tile"]),
                columns=int(facts["columns"]),
                rows=int(facts["rows"]),
                classifier_version=str(facts["reader"]),
                settings=MappingProxyType(facts["settings"]),
            )
        except FileNotFoundError as error:
            reason = _("The atlas of channels is missing; {remedy}")
            raise UserError(reason.format(remedy=REMEDY)) from error
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            reason = _("The atlas of channels cannot be read; {remedy}")
            raise UserError(reason.format(remedy=REMEDY)) from error
        for file in (folder / MOVEMENTS_FILE, *atlas.sheets):
            if not file.is_file():
                reason = _("The atlas of channels lacks its file {file}; {remedy}")
                raise UserError(reason.format(file=file.name, remedy=REMEDY))
        return atlas

    @property
    def per_sheet(self) -> int:
        """Tiles that a sheet has room for."""
        return self.columns * self.rows

    @property
    def sheets(self) -> tuple[Path, ...]:
        """Files of all sheets."""
        return tuple(
            self.folder / sheet_file(layer, number)
            for layer, channels in self.layers.items()
            for number in range(-(-channels // self.per_sheet))
        )

    def position(self, layer: str, channel: int) -> TilePosition:
        """Where the tile of a channel is.

        Raises:
            KeyError: there is no such layer.
            IndexError: the layer has no such channel.
        """
        if layer not in self.layers:
            reason = _("There is no layer {layer!r}; ask for {layers}.")
            raise KeyError(reason.format(layer=layer, layers=", ".join(self.layers)))
        if not 0 <= channel < self.layers[layer]:
            reason = _("{layer} has channels 0 to {last}, and no {channel}.")
            last = self.layers[layer] - 1
            raise IndexError(reason.format(layer=layer, last=last, channel=channel))
        sheet, index = divmod(channel, self.per_sheet)
        row, column = divmod(index, self.columns)
        return TilePosition(sheet, self.folder / sheet_file(layer, sheet), row, column)

    def tile(self, layer: str, channel: int) -> np.ndarray:
        """The tile of a channel, uint8 RGB [96,96,3]; not to be written to.

        Raises:
            KeyError: there is no such layer.
            IndexError: the layer has no such channel.
            UserError: the sheet is damaged.
        """
        position, side = self.position(layer, channel), self.tile_side
        top, left = position.row * side, position.column * side
        tile = self._sheet(position.file)[top : top + side, left : left + side]
        if tile.shape[:2] != (side, side):
            reason = _("The atlas' file {file} is too small; {remedy}")
            raise UserError(reason.format(file=position.file.name, remedy=REMEDY))
        return tile

    def movement(self, name: str) -> np.ndarray:
        """The picture that was optimized for a movement's logit, uint8 RGB [T,T,3].

        Raises:
            KeyError: there is no such movement.
            UserError: the file is damaged.
        """
        if name not in self.movements:
            raise KeyError(f"There is no movement {name!r}; ask for {', '.join(self.movements)}.")
        strip = self._sheet(self.folder / MOVEMENTS_FILE)
        side = strip.shape[1] // len(self.movements)
        left = side * self.movements.index(name)
        return strip[:side, left : left + side]

    def _sheet(self, file: Path) -> np.ndarray:
        """A decoded file, uint8 RGB [H,W,3]."""
        with self._decoding:
            if file.name not in self._decoded:
                try:
                    with Image.open(file) as image:
                        self._decoded[file.name] = np.asarray(image.convert("RGB"))
                except (OSError, EOFError) as error:
                    reason = _("The atlas' file {file} cannot be read; {remedy}")
                    raise UserError(reason.format(file=file.name, remedy=REMEDY)) from error
            return self._decoded[file.name]


def stripe_orientation(picture: np.ndarray) -> tuple[float, float]:
    """Which way the stripes of a picture run on the whole, and how clearly they do.

    The structure tensor (Bigun and Granlund, 1987) summed over the picture and, as Di Zenzo (1986)
    does for colours, over its channels.

    Args:
        picture: uint8 RGB [H,W,3].

    Returns:
        The orientation in degrees, 0 to 180: 0 is horizontal, 90 vertical, 45 rises to the right;
        and the coherence, 0 (all directions alike) to 1 (one direction).
    """
    down, right = np.gradient(picture.astype(np.float32), axis=(0, 1))
    along, across = float((right**2 - down**2).sum()), float((2 * right * down).sum())
    energy = float((right**2 + down**2).sum())
    # The gradient is across the stripes, and pictures count their rows downwards.
    angle = (90 - math.degrees(math.atan2(across, along)) / 2) % 180
    return angle, math.hypot(along, across) / max(energy, 1e-6)
