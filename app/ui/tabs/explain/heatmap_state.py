"""What is asked of a heat map and what was found; the section's way to the gradients.

PyTorch is imported by the first look that needs it, or by `warm_up`: the page opens without it.
"""

import functools
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any, ClassVar, Self

import numpy as np

from app.errors import UserError
from app.optimize import zerogpu
from app.serving.classifier import Reading, resize_map
from app.serving.faithfulness import Faithfulness, Score, ask, faithfulness
from app.serving.runtime import Network
from app.ui.context import UploadedPicture
from training.common.depths import DEPTHS

logger = logging.getLogger(__name__)

EXACT = "cam"
"""The method that needs no gradients and is for the last feature map only."""

USUAL = "layercam"
"""The method for whoever does not choose one: at inner depths it is the clearest."""

LINEAR = (EXACT, "grad-cam", "hirescam")
"""Methods whose map of a contrast is one movement's less the other's: both signs have a sense."""

DEEPEST = DEPTHS[-1].number

_LOADING = Lock()
_COARSER = 4  # Maps are compared at so much less than the network's own pixels.


@dataclass(frozen=True)
class CamRequest:
    """What is to be seen.

    Attributes:
        this: index of the movement.
        minus: index of a movement to hold against it, or None.
        method: one of `app.explain.cams.METHODS`.
        depths: one depth, 1 to 9, or several to average.
    """

    this: int
    minus: int | None = None
    method: str = EXACT
    depths: tuple[int, ...] = (DEEPEST,)

    @property
    def question(self) -> tuple[int, int | None, str]:
        """What the maps of all depths depend on."""
        return self.this, self.minus, self.method

    def weights(self, movements: int) -> list[float]:
        """How much each movement's logit counts."""
        weights = [0.0] * movements
        weights[self.this] += 1
        if self.minus is not None:
            weights[self.minus] -= 1
        return weights


@dataclass(frozen=True, eq=False)
class HeatmapState:
    """A heat map on the easel; it lives in one visitor's session.

    Attributes:
        token: of the visit it belongs to.
        request: what is seen.
        exact: float32 [h,w], the class map in logits.
        question: what `maps` are an answer to; None while there are none.
        maps: by depth, float32 [h,w] each, signed.
        walled: whether all of them hang on a wall below.
        trial: how faithful the map is, once that was tried.
    """

    token: str
    request: CamRequest
    exact: np.ndarray
    question: tuple[int, int | None, str] | None = None
    maps: Mapping[int, np.ndarray] = field(default_factory=dict)
    walled: bool = False
    trial: Faithfulness | None = None
    is_initial: ClassVar[bool] = (
        True  # It must belong to the visit at hand, see `app.ui.context.require_current`.
    )

    def __deepcopy__(self, memo: object) -> Self:
        """Itself: nothing changes it."""
        return self

    @property
    def cells(self) -> np.ndarray:
        """The map on the easel, float32 [h,w], signed, at the resolution it was made at."""
        if self.request.method == EXACT:
            return self.exact
        if len(self.request.depths) == 1:
            return self.maps[self.request.depths[0]]
        return _average(self.maps, self.request.depths)


def initial_state(uploaded: UploadedPicture) -> HeatmapState:
    """The exact class map of the likeliest movement."""
    request = CamRequest(uploaded.reading.best)
    return HeatmapState(uploaded.token, request, _exact(uploaded.reading, request))


def updated_state(
    uploaded: UploadedPicture, before: HeatmapState, request: CamRequest, provider: str
) -> HeatmapState:
    """Another look at the same picture; only a new question about gradients runs the network.

    Args:
        uploaded: the picture.
        before: the look before this one, whose maps may still do.
        request: what is to be seen.
        provider: "cpu" keeps off the GPU.

    Raises:
        UserError: a movement is held against itself, or the network is missing.
    """
    if request.this == request.minus:
        raise UserError("Choose two different movements to hold against each other.")
    seen = replace(before, request=request, exact=_exact(uploaded.reading, request), trial=None)
    if request.method == EXACT:
        return seen
    return answered(uploaded, seen, request, provider)


def answered(
    uploaded: UploadedPicture, seen: HeatmapState, request: CamRequest, provider: str
) -> HeatmapState:
    """The same look with the maps of all depths that answer a wish."""
    if seen.question == request.question:
        return seen
    maps = gradient_maps(uploaded.reading, request, provider)
    return replace(seen, question=request.question, maps=maps)


def gradient_maps(
    reading: Reading, request: CamRequest, provider: str, *, randomise: bool = False
) -> dict[int, np.ndarray]:
    """Maps at all nine depths in one pass, by depth, float32 [h,w]; of the method but "cam".

    Args:
        reading: of the picture.
        request: its movements and method count.
        provider: "cpu" keeps off the GPU.
        randomise: look with random weights instead, for the control.
    """
    network = _network(provider)
    from app.explain.cams import heat_maps
    from app.explain.sanity_check import randomised

    exact = request.method == EXACT
    names = {depth.number: depth.name for depth in (DEPTHS[-1:] if exact else DEPTHS)}
    maps = heat_maps(
        randomised(network) if randomise else network,
        reading.views[0],
        request.weights(len(reading.movements)),
        request.method,
        names.values(),
    )
    return {number: maps[name] for number, name in names.items()}


def try_out(network: Network, reading: Reading, seen: HeatmapState) -> Faithfulness:
    """Hide and uncover the picture by the map on the easel.

    Of a contrast, what counts is the first movement's share of what both together have.
    """
    score, movement = _judge(network, seen.request)
    view, box = reading.views[0], reading.whole
    return faithfulness(score, view, seen.cells, movement, box=box)


def control(reading: Reading, seen: HeatmapState, provider: str) -> tuple[np.ndarray, float | None]:
    """The same look with random weights, and how alike the two maps are.

    Returns:
        float32 [h,w], and Spearman's rank correlation inside the picture, None if one is flat.
    """
    request = seen.request
    maps = gradient_maps(reading, request, provider, randomise=True)
    from app.explain.sanity_check import rank_correlation

    cells = maps[request.depths[0]] if len(request.depths) == 1 else _average(maps, request.depths)
    box, size = reading.whole, reading.views.shape[1]
    width, height = (max(2, side // _COARSER) for side in (box.width, box.height))
    pair = [resize_map(heat, box, size, width, height) for heat in (seen.cells, cells)]
    return cells, rank_correlation(*pair)


def warm_up(provider: str) -> None:
    """Import PyTorch, load the network and look once, before anybody waits for it."""
    try:
        _rehearse(provider)
    except Exception:  # Whoever looks will be told; here nobody listens.
        logger.exception("warming up failed")


@functools.cache
def _rehearse(provider: str) -> None:
    network = _network(provider)
    from app.explain.cams import heat_maps

    nothing = np.zeros((64, 64, 3), np.uint8)
    weights = [1.0] + [0.0] * (network.classifier.out_features - 1)
    heat_maps(network, nothing, weights, USUAL, [DEPTHS[0].name])


def _network(provider: str) -> Any:
    """The reader in PyTorch. A GPU that is lent by the minute is not worth borrowing for it."""
    with _LOADING:
        from app.explain.classifier import load_classifier

        return load_classifier(zerogpu.choose_device("cpu" if zerogpu.ZERO else provider))


def _exact(reading: Reading, request: CamRequest) -> np.ndarray:
    cells: np.ndarray = reading.cam[0, request.this]
    return cells if request.minus is None else cells - reading.cam[0, request.minus]


def _average(maps: Mapping[int, np.ndarray], depths: tuple[int, ...]) -> np.ndarray:
    from app.explain.cams import average

    return average([maps[depth] for depth in depths])


def _judge(network: Network, request: CamRequest) -> tuple[Score, int]:
    """What scores the hidden pictures, and in which column."""
    score = ask(network)
    if request.minus is None:
        return score, request.this
    pair = [request.this, request.minus]

    def share(pictures: np.ndarray) -> np.ndarray:
        both = score(pictures)[:, pair]
        shares: np.ndarray = both / np.maximum(both.sum(1, keepdims=True), 1e-12)
        return shares

    return share, 0
