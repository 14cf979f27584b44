"""What is asked of a heat map, what was computed, and how it is computed.

PyTorch is imported by the first map that needs it, or by `warm_up`: the page opens without it.
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
from app.serving.faithfulness import Faithfulness, Score, faithfulness, scorer
from app.serving.runtime import Network
from app.translation import gettext as _
from app.ui.context import UploadedPicture
from training.common.depths import DEPTHS

logger = logging.getLogger(__name__)

EXACT = "cam"
"""The method that needs no gradients and is for the last feature map only."""

DEFAULT_METHOD = "layercam"
"""The method if none is chosen: at inner depths it is the clearest."""

LINEAR = (EXACT, "grad-cam", "hirescam")
"""Methods whose map of a contrast is one movement's less the other's: both signs have a meaning."""

DEEPEST = DEPTHS[-1].number

_LOADING = Lock()
_COARSER = 4  # Maps are compared at so much less than the network's own pixels.


@dataclass(frozen=True)
class CamRequest:
    """Which heat map is shown.

    Attributes:
        this: index of the movement.
        minus: index of a movement that is subtracted, or None.
        method: one of `app.explain.cams.METHODS`.
        depths: one depth, 1 to 9, or several to average.
    """

    this: int
    minus: int | None = None
    method: str = EXACT
    depths: tuple[int, ...] = (DEEPEST,)

    @property
    def maps_key(self) -> tuple[int, int | None, str]:
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
    """A heat map that is shown; it is kept in one visitor's session.

    Attributes:
        token: of the picture it belongs to.
        request: what is shown.
        exact: float32 [h,w], the class map in logits.
        maps_key: the request that `maps` belong to; None while there are none.
        maps: by depth, float32 [h,w] each, signed.
        all_depths: whether all of them are shown below.
        faithfulness: of the map, once it was measured.
    """

    token: str
    request: CamRequest
    exact: np.ndarray
    maps_key: tuple[int, int | None, str] | None = None
    maps: Mapping[int, np.ndarray] = field(default_factory=dict)
    all_depths: bool = False
    faithfulness: Faithfulness | None = None
    is_initial: ClassVar[bool] = True  # See `app.ui.context.require_current`.

    def __deepcopy__(self, memo: object) -> Self:
        """Itself: nothing changes it."""
        return self

    @property
    def cells(self) -> np.ndarray:
        """The map that is shown, float32 [h,w], signed, at the resolution it was computed at."""
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
    """Another map of the same picture; the network runs only if its gradients are not known yet.

    Args:
        uploaded: the picture.
        before: the state before, whose maps may be reused.
        request: what is to be shown.
        provider: "cpu" does not use the GPU.

    Raises:
        UserError: a movement is compared with itself, or the network is missing.
    """
    if request.this == request.minus:
        raise UserError(_("Choose two different movements to compare."))
    exact = _exact(uploaded.reading, request)
    state = replace(before, request=request, exact=exact, faithfulness=None)
    if request.method == EXACT:
        return state
    return with_maps(uploaded, state, request, provider)


def with_maps(
    uploaded: UploadedPicture, state: HeatmapState, request: CamRequest, provider: str
) -> HeatmapState:
    """The same state with the maps of all depths for a request."""
    if state.maps_key == request.maps_key:
        return state
    maps = gradient_maps(uploaded.reading, request, provider)
    return replace(state, maps_key=request.maps_key, maps=maps)


def gradient_maps(
    reading: Reading, request: CamRequest, provider: str, *, randomize: bool = False
) -> dict[int, np.ndarray]:
    """Maps at all nine depths in one pass, by depth, float32 [h,w]; of the method but "cam".

    Args:
        reading: of the picture.
        request: its movements and method are used.
        provider: "cpu" does not use the GPU.
        randomize: with random weights instead, for the sanity check.
    """
    network = _network(provider)
    from app.explain.cams import heat_maps
    from app.explain.sanity_check import randomized

    exact = request.method == EXACT
    names = {depth.number: depth.name for depth in (DEPTHS[-1:] if exact else DEPTHS)}
    maps = heat_maps(
        randomized(network) if randomize else network,
        reading.views[0],
        request.weights(len(reading.movements)),
        request.method,
        names.values(),
    )
    return {number: maps[name] for number, name in names.items()}


def measure_faithfulness(network: Network, reading: Reading, state: HeatmapState) -> Faithfulness:
    """Hide and uncover the picture by the map that is shown.

    Of a contrast, the score is the first movement's share of the probability of both.
    """
    score, movement = _score(network, state.request)
    view, box = reading.views[0], reading.whole
    return faithfulness(score, view, state.cells, movement, box=box)


def sanity_check(
    reading: Reading, state: HeatmapState, provider: str
) -> tuple[np.ndarray, float | None]:
    """The same map with random weights, and the correlation of the two.

    Returns:
        float32 [h,w], and Spearman's rank correlation inside the picture, None if one is flat.
    """
    request = state.request
    maps = gradient_maps(reading, request, provider, randomize=True)
    from app.explain.sanity_check import rank_correlation

    cells = maps[request.depths[0]] if len(request.depths) == 1 else _average(maps, request.depths)
    box, size = reading.whole, reading.views.shape[1]
    width, height = (max(2, side // _COARSER) for side in (box.width, box.height))
    pair = [resize_map(heat, box, size, width, height) for heat in (state.cells, cells)]
    return cells, rank_correlation(*pair)


def warm_up(provider: str) -> None:
    """Import PyTorch, load the network and run it once, before anybody waits for it."""
    try:
        _run_once(provider)
    except Exception:  # A map that is asked for later will explain it.
        logger.exception("warming up failed")


@functools.cache
def _run_once(provider: str) -> None:
    network = _network(provider)
    from app.explain.cams import heat_maps

    black = np.zeros((64, 64, 3), np.uint8)
    weights = [1.0] + [0.0] * (network.classifier.out_features - 1)
    heat_maps(network, black, weights, DEFAULT_METHOD, [DEPTHS[0].name])


def _network(provider: str) -> Any:
    """The classifier in PyTorch. On ZeroGPU it stays on the CPU: a GPU takes longer to start."""
    with _LOADING:
        from app.explain.classifier import load_classifier
        from app.torch_device import choose_device

        return load_classifier(choose_device("cpu" if zerogpu.ZERO else provider))


def _exact(reading: Reading, request: CamRequest) -> np.ndarray:
    cells: np.ndarray = reading.cam[0, request.this]
    return cells if request.minus is None else cells - reading.cam[0, request.minus]


def _average(maps: Mapping[int, np.ndarray], depths: tuple[int, ...]) -> np.ndarray:
    from app.explain.cams import average

    return average([maps[depth] for depth in depths])


def _score(network: Network, request: CamRequest) -> tuple[Score, int]:
    """What scores the hidden pictures, and in which column."""
    score = scorer(network)
    if request.minus is None:
        return score, request.this
    pair = [request.this, request.minus]

    def share(pictures: np.ndarray) -> np.ndarray:
        both = score(pictures)[:, pair]
        shares: np.ndarray = both / np.maximum(both.sum(1, keepdims=True), 1e-12)
        return shares

    return share, 0
