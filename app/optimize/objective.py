"""What is minimised at one size: content loss, style loss in each region, total variation."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from app.errors import UserError
from app.optimize.features import FeatureNetwork, Layers
from app.optimize.recipe import OptimizeRecipe
from app.optimize.recipe import Statistics as Kinds
from app.optimize.regions import Region, assign_regions
from app.optimize.spec import OptimizationSpec, StyleSpec
from app.optimize.tensors import shrunk, to_tensor, weight_map
from app.translation import gettext as _
from training.common.preprocessing import resize
from training.style.losses import (
    EPSILON,
    content_loss,
    gram_loss,
    gram_matrix,
    moments,
    moments_loss,
    total_variation,
)
from training.style.statistics import StyleStatistics

Maps = dict[str, Tensor]

SMALLEST_STYLE = 32
"""Pixels; of less, the deepest layers would have no map."""


MATCHED = 1 / 1600
"""Style loss of a picture that is well painted, where beta means the same with the root of it."""

_LEAST = 1e-9  # Of a style loss: the slope of a root has no end.


@dataclass(frozen=True)
class Terms:
    """Float32 scalars, not yet weighed; `total` is."""

    content: Tensor
    style: Tensor
    variation: Tensor
    total: Tensor


class ContentTarget:
    """A photograph's feature maps, to be kept.

    Args:
        maps: of the photograph.
        weights: of the layers.
        where: how much each pixel counts, float32 [1,1,H,W]; None counts all alike.

    Example:
        >>> maps = {"relu4_2": torch.ones(1, 2, 4, 4)}
        >>> target = ContentTarget(maps, {"relu4_2": 1.0})
        >>> float(target.loss(maps))
        0.0
    """

    def __init__(self, maps: Maps, weights: dict[str, float], where: Tensor | None = None) -> None:
        self.weights, self.where = weights, where
        self.maps = {name: maps[name] for name in weights}

    def loss(self, maps: Maps) -> Tensor:
        """Float32 scalar."""
        losses = []
        for name, weight in self.weights.items():
            where = _at(self.where, maps[name])
            losses.append(weight * content_loss(maps[name], self.maps[name], where))
        return torch.stack(losses).sum()


@dataclass(frozen=True)
class Statistics:
    """Of the maps of one style, by layer.

    Attributes:
        grams: float32 [1,C,C].
        moments: means and standard deviations, float32 [1,2C].

    Example:
        >>> statistics = Statistics.of_maps({"relu1_1": torch.ones(1, 2, 4, 4)})
        >>> statistics.grams["relu1_1"].shape, statistics.moments["relu1_1"].shape
        (torch.Size([1, 2, 2]), torch.Size([1, 4]))
    """

    grams: Maps
    moments: Maps

    @classmethod
    def of_maps(cls, maps: Maps) -> "Statistics":
        """The statistics of a picture's feature maps."""
        grams = {name: gram_matrix(each) for name, each in maps.items()}
        return cls(grams, {name: moments(maps[name], gram) for name, gram in grams.items()})

    @classmethod
    def stored(
        cls, kept: StyleStatistics, pixels: float, widths: dict[str, int], device: torch.device
    ) -> "Statistics":
        """The stored statistics of a painting, for a number of pixels.

        Args:
            kept: what is known of it.
            pixels: of the style picture as it would be scaled now.
            widths: how many maps the network has in each layer.
            device: where they shall be.

        Raises:
            UserError: they are of another network.
        """
        if any(kept.width(name) != width for name, width in widths.items()):
            raise UserError(
                _(
                    "Presets are known as the texture encoder saw them: choose that"
                    " network, or upload a picture of the style."
                )
            )
        grams, both = {}, {}
        for name, seen in kept.at(pixels).items():
            mean, gram = (torch.tensor(x, device=device)[None] for x in (seen.mean, seen.gram))
            variance = gram.diagonal(dim1=1, dim2=2) - mean.square()
            grams[name] = gram
            both[name] = torch.cat([mean, (variance.clamp(min=0) + EPSILON).sqrt()], 1)
        return cls(grams, both)


class StyleTarget:
    """Statistics that the maps shall have in one region: the mean of its styles' own.

    Args:
        styles: each one's statistics, and its weight.
        weights: of the layers.
        kinds: which statistics are compared.
        where: how much each pixel belongs to the region, float32 [1,1,H,W]; None for all of it.

    Example:
        >>> maps = {"relu1_1": torch.ones(1, 2, 4, 4)}
        >>> styles = [(Statistics.of_maps(maps), 1.0)]
        >>> target = StyleTarget(styles, {"relu1_1": 1.0}, "gram")
        >>> float(target.loss(maps))
        0.0
    """

    def __init__(
        self,
        styles: Iterable[tuple[Statistics, float]],
        weights: dict[str, float],
        kinds: Kinds,
        where: Tensor | None = None,
    ) -> None:
        self.weights, self.kinds, self.where = weights, kinds, where
        self.grams: Maps = {}
        self.moments: Maps = {}
        for found, share in styles:
            for name in weights:
                self.grams[name] = self.grams.get(name, 0) + share * found.grams[name]
                self.moments[name] = self.moments.get(name, 0) + share * found.moments[name]

    def loss(self, maps: Maps) -> Tensor:
        """Float32 scalar, a mean over layers and both kinds of statistics."""
        losses = []
        for name, weight in self.weights.items():
            where = _at(self.where, maps[name])
            gram = gram_matrix(maps[name], where)
            terms = []
            if self.kinds != "moments":
                terms.append(gram_loss(gram, self.grams[name]))
            if self.kinds != "gram":
                found = moments(maps[name], gram, where)
                terms.append(moments_loss(found, self.moments[name]))
            losses.append(weight * torch.stack(terms).mean())
        return torch.stack(losses).sum()


class StyleTransferObjective:
    """All losses of a picture of one size.

    Args:
        network: computes the feature maps.
        layers: those it is asked for.
        spec: the pictures, the places and the weights.
        size: width and height of the picture.
        device: where the network is.
        reduced: let the network compute in bfloat16.
    """

    def __init__(
        self,
        network: FeatureNetwork,
        layers: Layers,
        spec: OptimizationSpec,
        size: tuple[int, int],
        device: torch.device,
        reduced: bool,
    ) -> None:
        self.network, self.layers, self.recipe = network, layers, spec.recipe
        self.device, self.reduced = device, reduced
        width, height = size
        with torch.no_grad():
            mask = spec.mask
            inside = None if mask is None else weight_map(mask, height, width, device)
            content = self._feature_maps(resize(spec.content, width, height), layers.names)
            self.widths = {name: content[name].shape[1] for name in layers.style}
            self.content = ContentTarget(content, layers.content, inside)
            self.styles = [
                (region.share, self._style_target(region, width * height))
                for region in assign_regions(spec, width, height)
            ]

    def __call__(self, picture: Tensor) -> Terms:
        """Losses of RGB float32 [1,3,H,W] in [0,1]."""
        maps = self._maps(picture, self.layers.names)
        content = self.content.loss(maps)
        style = torch.zeros((), device=self.device)
        for share, target in self.styles:
            style = style + share * target.loss(maps)
        variation = total_variation(picture).sum()
        r = self.recipe
        matched = 2 * (MATCHED * (style + _LEAST)).sqrt() if r.rooted else style
        total = r.alpha * content + r.style_weight * matched + r.variation * variation
        return Terms(content, style, variation, total)

    def _maps(self, picture: Tensor, wanted: set[str]) -> Maps:
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.reduced):
            return self.network(picture, wanted)

    def _feature_maps(self, picture: np.ndarray, wanted: set[str]) -> Maps:
        return self._maps(to_tensor(picture, self.device), wanted)

    def _style_target(self, region: Region, pixels: int) -> StyleTarget:
        seen = ((self._statistics(style, pixels), style.weight) for style in region.styles)
        where = None
        if region.region is not None:
            height, width = region.region.shape
            where = weight_map(region.region, height, width, self.device)
        return StyleTarget(seen, self.layers.style, self.recipe.statistics, where)

    def _statistics(self, style: StyleSpec, pixels: int) -> Statistics:
        """Of a style beside a content of so many pixels."""
        if style.picture is not None:
            picture = fit_style(style.picture, pixels, self.recipe)
            return Statistics.of_maps(self._feature_maps(picture, set(self.layers.style)))
        assert style.statistics is not None
        seen = self.recipe.style_scale**2 * pixels
        return Statistics.stored(style.statistics, seen, self.widths, self.device)


def fit_style(picture: np.ndarray, pixels: int, recipe: OptimizeRecipe) -> np.ndarray:
    """A style picture as large as it is seen beside a content of so many pixels.

    It is not enlarged: that would teach the painting to be blurred.

    Returns:
        uint8 RGB [H,W,3].
    """
    height, width = picture.shape[:2]
    scale = min(1.0, recipe.style_scale * (pixels / (width * height)) ** 0.5)
    sides = (max(SMALLEST_STYLE, round(side * scale)) for side in (width, height))
    return resize(picture, *sides)


def _at(where: Tensor | None, maps: Tensor) -> Tensor | None:
    return None if where is None else shrunk(where, *maps.shape[2:])
