"""The regions in which each style is painted. Torch-free."""

from dataclasses import dataclass, replace

import numpy as np

from app.errors import UserError
from app.optimize.spec import OptimizationSpec, StyleSpec
from app.serving.masks import fit_mask, group_by_mask
from app.translation import gettext as _

MOST_STYLES = 4
_WHOLE = 255
_TINY = 1e-4  # Of the picture: statistics of less than this are those of a few pixels.


@dataclass(frozen=True, eq=False)
class Region:
    """Where some styles paint together.

    Attributes:
        styles: at least one; their weights sum to 1.
        region: uint8 [H,W], 0 to 255, how much of each pixel is theirs; None for all.
        share: of the painted area.
    """

    styles: tuple[StyleSpec, ...]
    region: np.ndarray | None
    share: float


def check_styles(spec: OptimizationSpec) -> None:
    """Raise UserError unless there are styles, and a place for each."""
    styles = spec.styles
    if not 1 <= len(styles) <= MOST_STYLES:
        raise UserError(_("Choose one to {most} styles.").format(most=MOST_STYLES))
    if any(style.weight < 0 for style in styles) or sum(style.weight for style in styles) <= 0:
        raise UserError(_("Weights of styles cannot be negative, and one must be above zero."))
    if spec.mask is not None and not spec.mask.any():
        raise UserError(_("The mask is empty: paint over what shall change, or remove the mask."))
    for number, style in enumerate(styles, 1):
        if style.region is not None and not style.region.any():
            raise UserError(
                _("The region of style {number} is empty: draw where it shall paint.").format(
                    number=number
                )
            )


def assign_regions(spec: OptimizationSpec, width: int, height: int) -> list[Region]:
    """Which styles paint where on a picture of this size.

    Styles of one region paint there together. Those without a region paint what no region claims,
    and nothing outside the mask is painted.
    """
    used = [style for style in spec.styles if style.weight > 0]
    shared = group_by_mask([style.region for style in used], width, height)
    parties = [[used[index] for index in indices] for indices, _ in shared]
    return _shared(parties, [region for _, region in shared], spec.mask)


def _shared(
    parties: list[list[StyleSpec]], regions: list[np.ndarray], mask: np.ndarray | None
) -> list[Region]:
    """Places inside the mask, without those that have no area there."""
    places = []
    for party, region in zip(parties, regions, strict=True):
        if mask is not None:
            inside = fit_mask(mask, region.shape[1], region.shape[0])
            region = np.rint(region * (inside / _WHOLE)).astype(np.uint8)
        area = float(region.mean()) / _WHOLE
        if area > _TINY:
            total = sum(style.weight for style in party)
            styles = tuple(replace(style, weight=style.weight / total) for style in party)
            places.append(Region(styles, None if region.min() == _WHOLE else region, area))
    painted = sum(place.share for place in places)
    return [replace(place, share=place.share / painted) for place in places]
