"""Painting a picture in the style of another, in one pass, at any size.

    stylizer = Stylizer(load_network(encoder_file, ...), load_network(stylizer_file, ...))
    painted = stylizer.paint(photograph, stylizer.encode(painting)).picture

A style is a vector: styles are blended by weighted sums, and the strength interpolates from the
picture's own vector to the style's, while the picture shows through (see
`app.serving.style.blend_photograph`). A large picture is painted at a working size that sets the
size of its strokes (see `app.serving.resolution`).
"""

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from app.errors import UserError
from app.progress import Step
from app.serving.masks import Masks, check_mask, composite, composite_by_masks, fit_mask
from app.serving.resolution import resize_to_photograph, working_size
from app.serving.runtime import Network
from app.serving.style import STYLE_SIZES, blend_photograph, interpolate, style_regions
from app.serving.tiles import LARGEST, grid, paint_large
from app.translation import gettext as _
from training.common.preprocessing import STYLE_SIDE, Box, fit, prepare_style, resize

SMALLEST = 16
"""Shortest side that the network accepts."""

WARM_START_SIDE = 1024
"""Default longest side of a warm start: an optimization begins with a small picture."""

REMEDY = "export both again with `python -m export.onnx.stylizer`, or fetch the repository's own."


@dataclass(frozen=True, eq=False)
class StylizedPicture:
    """The result of the stylizer.

    Attributes:
        picture: uint8 RGB [H,W,3], of the photograph's size.
        strokes: uint8 RGB [h,w,3], the network's output at its working size.
        vector: float32 [D], the style it was painted in, with the strength applied.
        strength: 0..1; below 1 the photograph shows through, see `blend_photograph`.
        stroke_size: see `app.serving.resolution.working_size`.
        tiles: number of tiles; 1 is a single pass.
        provider: "CUDA" or "CPU".
        milliseconds: from photograph to picture.
    """

    picture: np.ndarray
    strokes: np.ndarray
    vector: np.ndarray
    strength: float
    stroke_size: float
    tiles: int
    provider: str
    milliseconds: float

    def on(self, photograph: np.ndarray) -> np.ndarray:
        """The same strokes on the same photograph in another size, without the mask.

        Args:
            photograph: uint8 RGB [H,W,3].

        Returns:
            uint8 RGB [H,W,3].
        """
        painted = resize_to_photograph(self.strokes, photograph)
        return blend_photograph(photograph, painted, self.strength)


@dataclass(frozen=True, eq=False, kw_only=True)
class StylizeStep(Step):
    """The state after a tile: `picture` is a preview; only the last step has a `painting`."""

    painting: StylizedPicture | None = None


class Stylizer:
    """Paints with two loaded networks; safe to use from several threads.

    Args:
        encoder: the style encoder, from `load_network(..., fixed_shapes=False)`.
        painter: the stylizer, likewise.
        max_pixels: a picture of more pixels is painted in tiles.
        tile: side of the tiles in pixels, a multiple of `tiles.STEP`.
        overlap: minimum that neighbouring tiles share, in pixels, a multiple of `tiles.STEP`.

    Attributes:
        version: of both networks.
        length: of a style vector.

    Raises:
        UserError: the two files do not belong together, or accept one size of picture only.
    """

    def __init__(
        self,
        encoder: Network,
        painter: Network,
        *,
        max_pixels: int = 1792 * 1792,
        tile: int = 1536,
        overlap: int = 256,
    ) -> None:
        self.encoder, self.painter = encoder, painter
        self.max_pixels, self.tile, self.overlap = max_pixels, tile, overlap
        self.version = painter.metadata.get("version", "")
        if not self.version or encoder.metadata.get("version") != self.version:
            raise UserError(f"The style encoder and the stylizer are of two versions: {REMEDY}")
        for network in (encoder, painter):
            (image,) = (i for i in network.session.get_inputs() if i.name == "image")
            if any(isinstance(side, int) for side in image.shape[:3]):
                raise UserError(f"A network of the stylizer takes one size only: {REMEDY}")
        blank = np.zeros((STYLE_SIDE, STYLE_SIDE, 3), np.uint8)
        vector = self.encode(blank)  # The first run of each also warms it up.
        self.length = len(vector)
        self.run(blank[None], vector[None])

    def encode(self, style_picture: np.ndarray, size: float = 1.0) -> np.ndarray:
        """The style vector of a picture.

        Args:
            style_picture: uint8 RGB [H,W,3] of any size.
            size: scale at which its style is read, 0.5..2.

        Returns:
            Style vector, float32 [D].

        Raises:
            UserError: `size` is out of range.
        """
        least, most = STYLE_SIZES
        if not least <= size <= most:
            sentence = _("The style size must be a number from {least:g} to {most:g}.")
            raise UserError(sentence.format(least=least, most=most))
        prepared = prepare_style(style_picture, round(STYLE_SIDE * size))
        vector: np.ndarray = self.encoder.run(image=prepared[None])["style"][0]
        return vector

    def paint(
        self,
        picture: np.ndarray,
        vector: np.ndarray,
        *,
        strength: float = 1.0,
        own: np.ndarray | None = None,
        mask: np.ndarray | None = None,
        feather: float = 0.01,
        stroke_size: float = 1.0,
    ) -> StylizedPicture:
        """Paint a picture; for arguments and errors see `steps`."""
        steps = self.steps(
            picture,
            vector,
            strength=strength,
            own=own,
            mask=mask,
            feather=feather,
            stroke_size=stroke_size,
        )
        return next(step.painting for step in steps if step.painting)

    def steps(
        self,
        picture: np.ndarray,
        vector: np.ndarray,
        *,
        strength: float = 1.0,
        own: np.ndarray | None = None,
        mask: np.ndarray | None = None,
        feather: float = 0.01,
        stroke_size: float = 1.0,
    ) -> Iterator[StylizeStep]:
        """Paint a picture, with a step for each tile where it is painted in tiles.

        Args:
            picture: uint8 RGB [H,W,3] of any size.
            vector: float32 [D], the style.
            strength: 0..1, from the picture's own style to `vector`; at 0 the result is the
                picture itself, see `blend_photograph`.
            own: float32 [D], the picture's own style; computed here if it is needed and not given.
            mask: bool or uint8 [H,W], see `composite`; None paints everywhere.
            feather: width of the mask's soft edge; see `composite`.
            stroke_size: from fine, 0.5, to broad, 2; or `NATIVE`. It sets the size at which the
                picture is painted, see `working_size`.

        Yields:
            At least one step; the last one holds the painting.

        Raises:
            UserError: `strength` or `stroke_size` is out of range.
        """
        start = time.perf_counter()
        _check_picture(picture)
        if mask is not None:
            check_mask(mask, picture)
        if strength != 1:
            vector = interpolate(self.encode(picture) if own is None else own, vector, strength)
        height, width = picture.shape[:2]
        resized = resize(picture, *working_size(width, height, stroke_size))
        small_mask = mask
        if mask is not None and resized is not picture:
            small_mask = fit_mask(mask, *resized.shape[1::-1])
        rows = self._tiles(resized, small_mask)
        tiles, total = 1, 1 if resized is picture else 2
        if rows is not None:
            tiles = sum(map(len, rows))
            total = tiles + 2  # The thumbnail before them, and the resizing after.
        strokes = self.run(resized[None], vector[None])[0][0] if rows is None else resized.copy()
        previews = self._previews(resized, strokes, vector, small_mask, feather, rows)
        for step, preview in enumerate(previews if total > 1 else (), start=1):
            seconds = time.perf_counter() - start
            yield StylizeStep(step=step, total=total, picture=preview, seconds=seconds)
        painted = blend_photograph(picture, resize_to_photograph(strokes, picture), strength)
        if mask is not None:
            painted = composite(picture, painted, mask, feather)
        seconds = time.perf_counter() - start
        painting = StylizedPicture(
            picture=painted,
            strokes=strokes,
            vector=vector,
            strength=strength,
            stroke_size=stroke_size,
            tiles=tiles,
            provider=self.painter.provider,
            milliseconds=1e3 * seconds,
        )
        yield StylizeStep(
            step=total, total=total, picture=painted, seconds=seconds, painting=painting
        )

    def _previews(
        self,
        picture: np.ndarray,
        strokes: np.ndarray,
        vector: np.ndarray,
        mask: np.ndarray | None,
        feather: float,
        rows: list[list[Box]] | None,
    ) -> Iterator[np.ndarray]:
        """What a picture of the working size, uint8 RGB [h,w,3], looks like before it is resized.

        Args:
            picture: uint8 RGB [h,w,3].
            strokes: the same painted in a single pass; or its copy, into which tiles are painted.
            vector: the style.
            mask: bool or uint8 [h,w].
            feather: of the mask.
            rows: the tiles; None for a single pass.
        """
        if rows is not None:
            yield from paint_large(
                self.run, self.tile, picture, strokes, vector, rows, mask, feather
            )
        elif mask is None:
            yield strokes
        else:
            yield composite(picture, strokes, mask, feather)

    def _tiles(self, picture: np.ndarray, mask: np.ndarray | None) -> list[list[Box]] | None:
        """Places of the tiles in which a picture [H,W,3] is painted; None for a single pass."""
        height, width = picture.shape[:2]
        if height * width <= self.max_pixels and max(height, width) <= LARGEST:
            return None
        rows = grid(width, height, self.tile, self.overlap)
        if mask is None:
            return rows
        return [[box for box in row if mask[box.slices].any()] for row in rows]

    def paint_batch(self, pictures: np.ndarray, vectors: np.ndarray) -> np.ndarray:
        """Paint many pictures of one size, or one picture in many styles, without tiles.

        Args:
            pictures: uint8 RGB [N,H,W,3], or [1,H,W,3] to paint one picture in all styles.
            vectors: float32 [N,D], or [1,D] to paint all pictures in one style.

        Returns:
            uint8 RGB [N,H,W,3].
        """
        count = max(len(pictures), len(vectors))
        pictures = np.broadcast_to(pictures, (count, *pictures.shape[1:]))
        vectors = np.broadcast_to(vectors, (count, *vectors.shape[1:]))
        batch = max(1, self.max_pixels // math.prod(pictures.shape[1:3]))
        painted = np.empty_like(pictures)
        for start in range(0, count, batch):
            part = slice(start, start + batch)
            painted[part] = self.run(pictures[part], vectors[part])[0]
        return painted

    def run(
        self,
        pictures: np.ndarray,
        vectors: np.ndarray,
        statistics: np.ndarray | None = None,
        share: float = 1.0,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Run the network once, extending pictures that are too small for it.

        Args:
            pictures: uint8 RGB [N,H,W,3].
            vectors: float32 [N,D].
            statistics: float32 [1,S] of another run to normalise with; None uses their own.
            share: 0..1, interpolates from their own statistics to those.

        Returns:
            Painted pictures, uint8 RGB [N,H,W,3], and their own statistics, float32 [N,S].
        """
        height, width = pictures.shape[1:3]
        if min(height, width) < SMALLEST:
            missing = [(0, max(0, SMALLEST - side)) for side in (height, width)]
            pictures = np.pad(pictures, [(0, 0), *missing, (0, 0)], mode="symmetric")
        inputs = {"image": pictures, "style": vectors}
        if statistics is not None:
            inputs |= {"given": statistics, "share": np.array([share], np.float32)}
        outputs = self.painter.run(**inputs)
        painted = np.ascontiguousarray(outputs["picture"][:, :height, :width])
        return painted, outputs["statistics"]


def _check_picture(picture: np.ndarray) -> None:
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
        raise ValueError(f"a picture is uint8 [H,W,3], not {picture.dtype} {picture.shape}")


def warm_start(
    stylizer: Stylizer,
    content: np.ndarray,
    vectors: Sequence[np.ndarray],
    weights: Sequence[float],
    *,
    regions: Masks | None = None,
    side: int = WARM_START_SIDE,
) -> np.ndarray:
    """What the optimization starts from: a picture painted in one to four styles.

    Args:
        stylizer: what paints.
        content: uint8 RGB [H,W,3].
        vectors: of the styles, float32 [D] each.
        weights: one for each style, not negative; only their proportions count.
        regions: mask of each style, uint8 [h,w] of one size, 0 to 255; None for what no mask
            covers.
        side: longest side of the result in pixels, unless the content's is shorter.

    Returns:
        uint8 RGB [h,w,3], of the content's proportions; outside all masks, the content.

    Raises:
        UserError: there are too many styles or none, or the weights make no sense.
    """
    small = fit(content, side)
    style_parts = style_regions(vectors, weights, regions or [None] * len(vectors))
    painted = [stylizer.paint(small, part.vector).picture for part in style_parts]
    return composite_by_masks(small, painted, [part.mask for part in style_parts])
