"""What one visitor paints, in either painting tab: the picture, the styles, colours and masks."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from app.colour import Colours
from app.postprocess import postprocess
from app.serving.masks import mask_union, mix_by_masks
from app.serving.style import StyleRegion, style_regions
from app.ui.context import UploadedPicture
from app.ui.handlers import ComponentValues
from app.ui.painting.style_mix import MOST_STYLES, Style, StyleMix

MOST_UPLOADED_STYLES = 8
"""Styles of a visitor's own that are kept; the oldest is dropped first."""


@dataclass(frozen=True, eq=False, kw_only=True)
class PaintingSettings:
    """What the forms of both tabs say.

    Attributes:
        colours: whose colours the painting has.
        mask: uint8 [h,w], 255 where to paint; None for everywhere.
        regions: where single styles paint, instead of `mask`, by their keys: uint8 [h,w] each; see
            `app.ui.painting.form.MaskForm`.
    """

    colours: Colours = "style"
    mask: np.ndarray | None = None
    regions: Mapping[str, np.ndarray] = field(default_factory=dict)

    @property
    def unmasked(self) -> Self:
        """The same for other pictures, which the masks would not fit."""
        return replace(self, mask=None, regions={})

    def finish(self, painted: np.ndarray, photograph: np.ndarray) -> np.ndarray:
        """Colours and mask on a painting; both uint8 RGB [H,W,3], as is the result."""
        return postprocess(painted, photograph, self.colours, self.mask)


@dataclass(frozen=True, eq=False, kw_only=True)
class PaintingSession:
    """What a visitor's session holds of one tab; it is replaced, and never changed.

    Attributes:
        uploaded: the picture, and what the classifier says of it.
        style_mix: the styles, and what each weighs.
        uploaded_styles: styles of the visitor's own, in the order they came.
        is_initial: whether sessions begin with it.
        form: what the form said when it was shown last, by the form's parts.
        key: by which a page that is reloaded asks for it, see `PaintingTab.keep`; random, and empty
            for what all sessions begin with.
        token: names this session; the page repeats it, see `app.ui.context.require_current`.
    """

    uploaded: UploadedPicture
    style_mix: StyleMix
    uploaded_styles: tuple[Style, ...] = ()
    is_initial: bool = False
    form: ComponentValues = field(default_factory=dict)
    key: str = ""
    token: str = field(default_factory=lambda: secrets.token_hex(8))

    def __deepcopy__(self, memo: object) -> Self:
        """Itself: nothing changes it, and Gradio would copy the first one for every visitor."""
        return self

    def with_picture(self, uploaded: UploadedPicture) -> Self:
        """Another picture; the styles stay."""
        return replace(self, uploaded=uploaded, is_initial=False, token=secrets.token_hex(8))

    def with_mix(self, style_mix: StyleMix) -> Self:
        """Other styles, or other weights."""
        return replace(self, style_mix=style_mix)

    def with_uploaded_styles(self, styles: Sequence[Style]) -> Self:
        """More styles of the visitor's own, of which the newest are kept."""
        kept = (*self.uploaded_styles, *styles)[-MOST_UPLOADED_STYLES:]
        return replace(self, uploaded_styles=kept)

    def style_regions(self, settings: PaintingSettings) -> tuple[StyleRegion, ...]:
        """What is painted where: the blend everywhere, unless styles have masks of their own."""
        styles, weights = self.style_mix.styles, self.style_mix.weights
        masks = [settings.regions.get(style.key) for style in styles]
        return style_regions([s.vector for s in styles], weights, masks, max_styles=MOST_STYLES)

    def finish(
        self, settings: PaintingSettings, pictures: Sequence[np.ndarray], photograph: np.ndarray
    ) -> np.ndarray:
        """Put the paintings of all regions together, with colours and masks.

        Args:
            settings: what the form says.
            pictures: a painting for each of `style_regions`, uint8 RGB [H,W,3].
            photograph: uint8 RGB [H,W,3], what they were painted from.

        Returns:
            uint8 RGB [H,W,3].
        """
        masks = [region.mask for region in self.style_regions(settings)]
        if settings.regions:
            settings = replace(settings, mask=mask_union(masks, *photograph.shape[1::-1]))
        return settings.finish(mix_by_masks(pictures, masks), photograph)
