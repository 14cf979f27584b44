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
from app.gradients import zero
from app.serving.classifier import Reading, spread
from app.serving.faithfulness import Faithfulness, Score, ask, faithfulness
from app.serving.runtime import Network
from app.ui.house import Visit
from training.depths import DEPTHS

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
class Wish:
    """What is to be seen.

    Attributes:
        this: index of the movement.
        minus: index of a movement to hold against it, or None.
        method: one of `app.gradients.cams.METHODS`.
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
class Look:
    """A heat map on the easel; it lives in one visitor's session.

    Attributes:
        token: of the visit it belongs to.
        wish: what is seen.
        exact: float32 [h,w], the class map in logits.
        question: what `maps` are an answer to; None while there are none.
        maps: by depth, float32 [h,w] each, signed.
        walled: whether all of them hang on a wall below.
        trial: how faithful the map is, once that was tried.
    """

    token: str
    wish: Wish
    exact: np.ndarray
    question: tuple[int, int | None, str] | None = None
    maps: Mapping[int, np.ndarray] = field(default_factory=dict)
    walled: bool = False
    trial: Faithfulness | None = None
    opening: ClassVar[bool] = True  # It must belong to the visit at hand, see `app.ui.house.awake`.

    def __deepcopy__(self, memo: object) -> Self:
        """Itself: nothing changes it."""
        return self

    @property
    def cells(self) -> np.ndarray:
        """The map on the easel, float32 [h,w], signed, at the resolution it was made at."""
        if self.wish.method == EXACT:
            return self.exact
        if len(self.wish.depths) == 1:
            return self.maps[self.wish.depths[0]]
        return _average(self.maps, self.wish.depths)


def first_look(visit: Visit) -> Look:
    """The exact class map of the likeliest movement."""
    wish = Wish(visit.reading.best)
    return Look(visit.token, wish, _exact(visit.reading, wish))


def look_again(visit: Visit, before: Look, wish: Wish, provider: str) -> Look:
    """Another look at the same picture; only a new question about gradients runs the network.

    Args:
        visit: the picture.
        before: the look before this one, whose maps may still do.
        wish: what is to be seen.
        provider: "cpu" keeps off the GPU.

    Raises:
        UserError: a movement is held against itself, or the network is missing.
    """
    if wish.this == wish.minus:
        raise UserError("Choose two different movements to hold against each other.")
    seen = replace(before, wish=wish, exact=_exact(visit.reading, wish), trial=None)
    if wish.method == EXACT:
        return seen
    return answered(visit, seen, wish, provider)


def answered(visit: Visit, seen: Look, wish: Wish, provider: str) -> Look:
    """The same look with the maps of all depths that answer a wish."""
    if seen.question == wish.question:
        return seen
    maps = gradient_maps(visit.reading, wish, provider)
    return replace(seen, question=wish.question, maps=maps)


def gradient_maps(
    reading: Reading, wish: Wish, provider: str, *, randomise: bool = False
) -> dict[int, np.ndarray]:
    """Maps at all nine depths in one pass, by depth, float32 [h,w]; of the method but "cam".

    Args:
        reading: of the picture.
        wish: its movements and method count.
        provider: "cpu" keeps off the GPU.
        randomise: look with random weights instead, for the control.
    """
    network = _network(provider)
    from app.gradients.cams import heat_maps
    from app.gradients.control import randomised

    exact = wish.method == EXACT
    names = {depth.number: depth.name for depth in (DEPTHS[-1:] if exact else DEPTHS)}
    maps = heat_maps(
        randomised(network) if randomise else network,
        reading.views[0],
        wish.weights(len(reading.movements)),
        wish.method,
        names.values(),
    )
    return {number: maps[name] for number, name in names.items()}


def try_out(network: Network, reading: Reading, seen: Look) -> Faithfulness:
    """Hide and uncover the picture by the map on the easel.

    Of a contrast, what counts is the first movement's share of what both together have.
    """
    score, movement = _judge(network, seen.wish)
    view, box = reading.views[0], reading.whole
    return faithfulness(score, view, seen.cells, movement, box=box)


def control(reading: Reading, seen: Look, provider: str) -> tuple[np.ndarray, float | None]:
    """The same look with random weights, and how alike the two maps are.

    Returns:
        float32 [h,w], and Spearman's rank correlation inside the picture, None if one is flat.
    """
    wish = seen.wish
    maps = gradient_maps(reading, wish, provider, randomise=True)
    from app.gradients.control import rank_correlation

    cells = maps[wish.depths[0]] if len(wish.depths) == 1 else _average(maps, wish.depths)
    box, size = reading.whole, reading.views.shape[1]
    width, height = (max(2, side // _COARSER) for side in (box.width, box.height))
    pair = [spread(heat, box, size, width, height) for heat in (seen.cells, cells)]
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
    from app.gradients.cams import heat_maps

    nothing = np.zeros((64, 64, 3), np.uint8)
    weights = [1.0] + [0.0] * (network.classifier.out_features - 1)
    heat_maps(network, nothing, weights, USUAL, [DEPTHS[0].name])


def _network(provider: str) -> Any:
    """The reader in PyTorch. A GPU that is lent by the minute is not worth borrowing for it."""
    with _LOADING:
        from app.gradients.reader import load_reader

        return load_reader(zero.choose_device("cpu" if zero.ZERO else provider))


def _exact(reading: Reading, wish: Wish) -> np.ndarray:
    cells: np.ndarray = reading.cam[0, wish.this]
    return cells if wish.minus is None else cells - reading.cam[0, wish.minus]


def _average(maps: Mapping[int, np.ndarray], depths: tuple[int, ...]) -> np.ndarray:
    from app.gradients.cams import average

    return average([maps[depth] for depth in depths])


def _judge(network: Network, wish: Wish) -> tuple[Score, int]:
    """What scores the hidden pictures, and in which column."""
    score = ask(network)
    if wish.minus is None:
        return score, wish.this
    pair = [wish.this, wish.minus]

    def share(pictures: np.ndarray) -> np.ndarray:
        both = score(pictures)[:, pair]
        shares: np.ndarray = both / np.maximum(both.sum(1, keepdims=True), 1e-12)
        return shares

    return share, 0
