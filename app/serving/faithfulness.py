"""Whether a heat map points at what matters: by hiding it, and by uncovering it.

*Deletion* hides the brightest places first: the sooner the probability falls, the better the map.
*Insertion* uncovers them first: the sooner it rises, the better (Petsiuk et al., "RISE", 2018).
Both say little without a baseline, so the same is done with random maps. These must have patches as
large as the map's: many small holes spoil a painting's texture everywhere and cost more than one
large hole, wherever that is. So a random map has the map's own power spectrum, with random phases.

Hidden places take the colour of the letterbox's padding: the network was trained with it around
every picture, and it is close to zero after normalisation.
Insertion begins with the picture strongly blurred instead: on a plain ground the edges of every
uncovered patch would be evidence of their own.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import onnxruntime as ort

from app.serving.classifier import resize_map
from app.serving.runtime import Network
from training.common.preprocessing import PAD_COLOUR, Box
from training.common.softmax import softmax

Score = Callable[[np.ndarray], np.ndarray]
"""uint8 RGB [N,S,S,3] to probabilities, float32 [N,K]; called once."""

BLUR = 1 / 12
"""Standard deviation of the blur, as a share of the view's side: no stroke or outline survives."""


@dataclass(frozen=True, eq=False)
class Curves:
    """How the probability changes, each float32 [steps+1].

    Attributes:
        deletion: with the brightest places hidden.
        insertion: with only the brightest places sharp.
    """

    deletion: np.ndarray
    insertion: np.ndarray

    @property
    def deletion_area(self) -> float:
        """Mean height of the curve, 0..1; small is good."""
        return _area(self.deletion)

    @property
    def insertion_area(self) -> float:
        """Mean height of the curve, 0..1; large is good."""
        return _area(self.insertion)


@dataclass(frozen=True, eq=False)
class Faithfulness:
    """How one movement's probability changes.

    Attributes:
        shares: float32 [steps+1], share of the picture that is hidden or uncovered, 0 to 1.
        map: the brightest places of the map first.
        random: mean of several random maps.
    """

    shares: np.ndarray
    map: Curves
    random: Curves

    @property
    def gain(self) -> float:
        """How much better than random the map is: both areas together, -2..2; 0 is no better."""
        deletion = self.random.deletion_area - self.map.deletion_area
        return deletion + self.map.insertion_area - self.random.insertion_area


def scorer(network: Network) -> Score:
    """The probabilities of a movement classifier; the memory of so large a batch is released.

    ONNX Runtime would keep it, a gigabyte of it, for the next batch of that size.
    """
    options = ort.RunOptions()
    arenas = "cpu:0;gpu:0" if network.provider == "CUDA" else "cpu:0"
    options.add_run_config_entry("memory.enable_memory_arena_shrinkage", arenas)

    def score(pictures: np.ndarray) -> np.ndarray:
        (logits,) = network.session.run(["logits"], {"image": pictures}, options)
        return softmax(logits)

    return score


def faithfulness(
    score: Score,
    view: np.ndarray,
    heat: np.ndarray,
    movement: int,
    *,
    box: Box | None = None,
    steps: int = 10,
    random_maps: int = 2,
    seed: int = 0,
) -> Faithfulness:
    """Hide and uncover a picture by a map and by random maps, all in one call of the network.

    Args:
        score: gives probabilities, see `scorer`.
        view: uint8 RGB [S,S,3].
        heat: float32 [h,w], covers the whole view at any resolution; the highest comes first.
        movement: whose probability counts.
        box: where in the view the picture is; only its pixels count. None takes the whole view.
        steps: into how many equal parts the picture is divided.
        random_maps: how many to average; each costs 2 * (steps - 1) pictures.
        seed: of the random maps.

    Raises:
        ValueError: the map holds values that are not finite, or a number is less than 1.
    """
    if not np.isfinite(heat).all():
        raise ValueError("the map holds values that are not finite")
    if steps < 1 or random_maps < 1:
        raise ValueError("there must be at least one step and one random map")
    box = box or Box(0, 0, view.shape[1], view.shape[0])
    generator = np.random.default_rng(seed)
    inside = _inside(heat, view.shape[0], box)
    maps = [inside, *(_random_map(inside, generator) for _ in range(random_maps))]
    ends = hidden, blurred = _hide(view, box), _blur(view, box)
    between = [picture for one in maps for picture in _between(view, ends, _ranks(one), box, steps)]
    scores = score(np.stack([view, hidden, blurred, *between]))[:, movement]
    whole, all_hidden, all_blurred = scores[:3]
    between_ends = scores[3:].reshape(len(maps), 2, steps - 1)  # Map, deletion or insertion, step.
    curves = [
        Curves(
            deletion=np.array([whole, *deletion, all_hidden], np.float32),
            insertion=np.array([all_blurred, *insertion, whole], np.float32),
        )
        for deletion, insertion in between_ends
    ]
    return Faithfulness(
        np.linspace(0, 1, steps + 1, dtype=np.float32), curves[0], _mean(curves[1:])
    )


def _between(
    view: np.ndarray,
    ends: tuple[np.ndarray, np.ndarray],
    ranks: np.ndarray,
    box: Box,
    steps: int,
) -> list[np.ndarray]:
    """First the pictures of deletion, then those of insertion, without either's two ends."""
    hidden, blurred = ends
    masks = [np.zeros((*view.shape[:2], 1), bool) for _ in range(1, steps)]
    for step, mask in enumerate(masks, start=1):
        mask[box.slices] = (ranks < step / steps)[..., None]
    deleted = [np.where(mask, hidden, view) for mask in masks]
    return deleted + [np.where(mask, view, blurred) for mask in masks]


def _inside(heat: np.ndarray, side: int, box: Box) -> np.ndarray:
    """The map as it is seen, float32 [box.height,box.width]: smooth, and without the padding."""
    cells = np.ascontiguousarray(heat, np.float32)
    return resize_map(cells, box, side, box.width, box.height)


def _random_map(heat: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """A random map, float32 of the same shape, with patches of the same sizes."""
    noise = np.fft.rfft2(generator.standard_normal(heat.shape))
    spectrum = np.abs(np.fft.rfft2(heat - heat.mean()))
    random = np.fft.irfft2(spectrum * np.exp(1j * np.angle(noise)), heat.shape)
    return random.astype(np.float32)


def _ranks(heat: np.ndarray) -> np.ndarray:
    """For each pixel the share of pixels that are brighter: float32 of the same shape, 0..1."""
    order = np.argsort(-heat, axis=None, kind="stable")
    ranks = np.empty(order.size, np.float32)
    ranks[order] = np.arange(order.size) / order.size
    return ranks.reshape(heat.shape)


def _hide(view: np.ndarray, box: Box) -> np.ndarray:
    """The view without its picture."""
    hidden = view.copy()
    hidden[box.slices] = PAD_COLOUR
    return hidden


def _blur(view: np.ndarray, box: Box) -> np.ndarray:
    """The view with its picture strongly blurred; the padding stays out of it."""
    blurred = view.copy()
    inside = np.ascontiguousarray(view[box.slices])
    sigma = BLUR * view.shape[0]
    blurred[box.slices] = cv2.GaussianBlur(inside, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
    return blurred


def _mean(curves: list[Curves]) -> Curves:
    return Curves(
        deletion=np.mean([one.deletion for one in curves], axis=0),
        insertion=np.mean([one.insertion for one in curves], axis=0),
    )


def _area(curve: np.ndarray) -> float:
    """By the trapezoid rule, over shares of 0..1."""
    return float(np.trapezoid(curve, dx=1 / (len(curve) - 1)))
