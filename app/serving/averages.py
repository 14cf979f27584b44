"""The textures of the five movements' paintings, measured by `export.assets.texture_averages`."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from app.errors import UserError
from app.translation import gettext as _
from training.common.texture_features.measures import MEASURES, Measure
from training.common.texture_features.palette import Swatch
from training.common.texture_features.working_picture import WORKING_SIDE

ADJECTIVES = {
    "Abstract": _("abstract"),
    "Cubism": _("Cubist"),
    "Expressionism": _("Expressionist"),
    "Impressionism": _("Impressionist"),
    "Realism": _("Realist"),
}

_REMEDY = _(
    "make it again with `python -m export.assets.texture_averages`, or fetch the whole repository."
)

_HOW_MANY = (
    (0.97, _("nearly all")),
    (0.87, _("nine of ten")),
    (0.77, _("four of five")),
    (0.71, _("three of four")),
    (0.62, _("two of three")),
)
"""Least share for each wording; below the last it is the middle."""


@dataclass(frozen=True, eq=False)
class Spread:
    """How one measure is spread over the paintings of one movement.

    Attributes:
        count: paintings in which it can be measured.
        mean: of them.
        deviation: of them.
        quantiles: float64 [Q], at `Averages.levels`.
    """

    count: int
    mean: float
    deviation: float
    quantiles: np.ndarray


@dataclass(frozen=True, eq=False)
class Averages:
    """Mean and spread of each measure for each movement.

    Attributes:
        movements: their names.
        counts: training paintings of each movement.
        levels: float64 [Q], rising from 0 to 1.
        spreads: by name of the measure, then of the movement.
        directions: float32 [B] by movement, see
            `training.common.texture_features.direction.directions`.
        palettes: commonest colours by movement.
        data: whose paintings they were.
    """

    movements: tuple[str, ...]
    counts: Mapping[str, int]
    levels: np.ndarray
    spreads: Mapping[str, Mapping[str, Spread]]
    directions: Mapping[str, np.ndarray]
    palettes: Mapping[str, list[Swatch]]
    data: str

    @classmethod
    def read(cls, path: Path) -> Self:
        """Open the file; UserError if it is missing, damaged or measured in another way."""
        if not path.is_file():
            reason = _("The movements' textures ({file}) are missing: {remedy}")
            raise UserError(reason.format(file=path.name, remedy=_REMEDY))
        try:
            return cls._parse(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
            reason = _("{file} is not what this version measures: {remedy}")
            raise UserError(reason.format(file=path.name, remedy=_REMEDY)) from error

    @classmethod
    def _parse(cls, content: dict[str, Any]) -> Self:
        names = {measure.name for measure in MEASURES}
        if content["side"] != WORKING_SIDE or set(content["measures"]) != names:
            raise ValueError("measured at another size, or other things")
        spreads = {
            name: {
                movement: Spread(**spread | {"quantiles": np.array(spread["quantiles"])})
                for movement, spread in by_movement.items()
            }
            for name, by_movement in content["measures"].items()
        }
        return cls(
            movements=tuple(content["movements"]),
            counts=content["counts"],
            levels=np.array(content["levels"]),
            spreads=spreads,
            directions={
                movement: np.array(shares, np.float32)
                for movement, shares in content["directions"].items()
            },
            palettes={
                movement: [Swatch(tuple(colour), share) for colour, share in swatches]
                for movement, swatches in content["palettes"].items()
            },
            data=content["data"],
        )

    def share_below(self, measure: str, movement: str, value: float) -> float:
        """The share, 0..1, of a movement's paintings whose number is smaller."""
        return float(np.interp(value, self.spreads[measure][movement].quantiles, self.levels))

    def nearest(self, measure: str, value: float) -> str:
        """The movement whose paintings' median is nearest."""
        medians = {
            movement: np.interp(0.5, self.levels, spread.quantiles)
            for movement, spread in self.spreads[measure].items()
        }
        return min(medians, key=lambda movement: abs(medians[movement] - value))

    def compare(self, measure: Measure, movement: str, value: float) -> str:
        """A picture beside a movement's: "coarser than four of five Impressionist paintings".

        Args:
            measure: which of MEASURES.
            movement: to compare with.
            value: the picture's own number; nan, where it cannot be measured, gives an empty text.
        """
        if math.isnan(value):
            return ""
        below = self.share_below(measure.name, movement, value)
        word, share = (measure.more, below) if below > 0.5 else (measure.less, 1 - below)
        adjective = ADJECTIVES.get(movement, movement)
        for least, how_many in _HOW_MANY:
            if share >= least:
                sentence = _("{word} than {how_many} {movement} paintings")
                return sentence.format(word=word, how_many=how_many, movement=adjective)
        return _("in the middle of {movement} paintings").format(movement=adjective)
