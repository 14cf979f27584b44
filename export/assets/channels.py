"""Responses of all channels of the four dense blocks to gratings and to paintings.

Channels are counted through LAYERS: 256, 512, 1024 and 1024 of them make the C = 2816 columns of
every array here. A channel's response is its value in the block's output, before normalisation and
ReLU: what the tiles of the atlas drive upwards.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from export.assets.gratings import FREQUENCIES, GREY, HUES, ORIENTATIONS, PHASES, all_gratings
from training.common.depths import LAYERS
from training.common.preprocessing import SIZE, Box, letterbox
from training.networks import MovementNetwork

Maps = dict[str, Tensor]
"""By name of LAYERS, float32 [N,channels,h,w]: the dense blocks' outputs."""

Device = torch.device | str

_BATCH = 10

Item = TypeVar("Item")
_NORMS = ("transition1.norm", "transition2.norm", "transition3.norm", "norm5")


@dataclass(frozen=True)
class Responses:
    """Responses to N paintings; statistics of cells are over the cells that lie in the picture.

    Attributes:
        means: float32 [N,C], means over the whole letterboxed square.
        cell_means: float32 [N,C].
        cell_squares: float32 [N,C], mean squares.
        silent: float32 [N,C], share of the cells of which the normalisation and ReLU after the
            block let nothing through.
        votes: float32 [K,C], see `votes`; means over the paintings that were differentiated.
    """

    means: np.ndarray
    cell_means: np.ndarray
    cell_squares: np.ndarray
    silent: np.ndarray
    votes: np.ndarray


@contextmanager
def recorded(network: MovementNetwork, *, gradients: bool = False) -> Iterator[Maps]:
    """Keeps the maps of the pictures that the network saw last, as long as it is open.

    Args:
        network: in evaluation mode, its weights frozen.
        gradients: whether a graph begins at the first block's output, so that the logits can be
            differentiated by every map.
    """
    maps: Maps = {}

    def watch(name: str) -> torch.utils.hooks.RemovableHandle:
        def hook(_module: object, _inputs: object, output: Tensor) -> Tensor:
            if gradients and not output.requires_grad:
                output = output.detach().requires_grad_()
            maps[name] = output
            return output

        block = network.features.get_submodule(f"denseblock{LAYERS.index(name) + 1}")
        return block.register_forward_hook(hook)

    handles = [watch(name) for name in LAYERS]
    try:
        with torch.set_grad_enabled(gradients):
            yield maps
    finally:
        for handle in handles:
            handle.remove()


def votes(network: MovementNetwork, maps: Maps, logits: Tensor) -> Tensor:
    """What raising a channel by one everywhere does to each logit, to first order.

    A logit here is what the app makes probabilities of: divided by the temperature. The change is
    followed from the block's output on, as the rest of the network reads it; what later layers of
    the channel's own block make of it is in channels of their own.

    Args:
        network: whose temperature it is.
        maps: of the pictures, recorded with gradients.
        logits: float32 [N,K] of the same run.

    Returns:
        Float32 [K,C], summed over the pictures.
    """
    found = []
    for movement in range(logits.shape[1]):
        score = logits[:, movement].sum() / network.temperature
        slopes = torch.autograd.grad(score, list(maps.values()), retain_graph=True)
        found.append(torch.cat([slope.sum((0, 2, 3)) for slope in slopes]))
    return torch.stack(found)


def responses_to_gratings(
    network: MovementNetwork, report: Callable[[int], object] = lambda _: None, *, size: int = SIZE
) -> np.ndarray:
    """How far each channel rises above its response to plain grey.

    That is the mean of the positive differences, cell by cell, over the middle of the map, where
    the picture's edges are far. The response of a linear filter, which rises and falls equally,
    counts by its rises, as the firing rate of a simple cell does.

    Args:
        network: in evaluation mode.
        report: called with the number of gratings shown since the last call.
        size: side of the gratings in pixels.

    Returns:
        Float32 [hues,orientations,frequencies,phases,C], 0 and more.
    """
    rows: list[np.ndarray] = []
    grey = np.full((1, size, size, 3), GREY, np.uint8)
    with recorded(network) as maps:
        _show(network, grey)
        plain = {name: _middle(cells) for name, cells in maps.items()}
        for some in _batches(all_gratings()):
            _show(network, np.stack([grating.draw(size) for grating in some]))
            rise = [(_middle(maps[name]) - plain[name]).clamp(min=0) for name in LAYERS]
            rows.extend(torch.cat([cells.mean((2, 3)) for cells in rise], 1).numpy())
            report(len(some))
    shape = (len(HUES), len(ORIENTATIONS), len(FREQUENCIES), len(PHASES), -1)
    return np.stack(rows).reshape(shape)


def responses_to_paintings(
    network: MovementNetwork,
    pictures: Iterable[tuple[np.ndarray, bool]],
    report: Callable[[int], object] = lambda _: None,
) -> Responses:
    """Show paintings whole, letterboxed.

    Args:
        network: in evaluation mode, its weights frozen.
        pictures: uint8 RGB [H,W,3], and whether the logits are to be differentiated; then those of
            the same batch are too.
        report: called with the number of paintings shown since the last call.
    """
    rows: list[np.ndarray] = []
    voted: list[np.ndarray] = []
    for some in _batches(pictures):
        gradients = any(differentiated for _, differentiated in some)
        squares, boxes = zip(*(letterbox(picture) for picture, _ in some), strict=True)
        with recorded(network, gradients=gradients) as maps:
            logits = _show(network, np.stack(squares))
            if gradients:
                voted.append(votes(network, maps, logits).numpy() / len(some))
        with torch.no_grad():
            rows.extend(_statistics(network, maps, boxes))
        report(len(some))
    means, cell_means, cell_squares, silent = np.stack(rows, 1)
    return Responses(means, cell_means, cell_squares, silent, np.mean(voted, 0))


def means_over_paintings(
    network: MovementNetwork,
    pictures: Iterable[np.ndarray],
    report: Callable[[int], object] = lambda _: None,
) -> np.ndarray:
    """Each channel's mean over the cells that lie in the picture, for every picture.

    Args:
        network: in evaluation mode, on any device.
        pictures: uint8 RGB [H,W,3] each, shown whole, letterboxed.
        report: called with the number of pictures shown since the last call.

    Returns:
        Float32 [N,C].
    """
    rows: list[np.ndarray] = []
    device = next(network.parameters()).device
    with recorded(network) as maps:
        for some in _batches(pictures):
            squares, boxes = zip(*(letterbox(picture) for picture in some), strict=True)
            _show(network, np.stack(squares), device)
            for i, box in enumerate(boxes):
                cells = (maps[name][i][:, *cells_of(box, maps[name].shape[-1])] for name in LAYERS)
                rows.append(torch.cat([each.mean((1, 2)) for each in cells]).cpu().numpy())
            report(len(some))
    return np.stack(rows)


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    rest = iter(items)
    while some := list(islice(rest, _BATCH)):
        yield some


def _show(network: MovementNetwork, squares: np.ndarray, device: Device = "cpu") -> Tensor:
    """Logits, float32 [N,K], of uint8 [N,SIZE,SIZE,3]."""
    image = network.normalise(torch.from_numpy(squares).to(device))
    logits: Tensor = network(image).logits
    return logits


def _middle(cells: Tensor) -> Tensor:
    """Cells [N,C,h,w] without the outer quarter on each side."""
    edge = cells.shape[-1] // 4
    return cells[..., edge:-edge, edge:-edge]


def _statistics(network: MovementNetwork, maps: Maps, boxes: Iterable[Box]) -> Iterator[np.ndarray]:
    """The four statistics of `Responses` for each picture: float32 [4,C]."""
    passed = {
        name: network.features.get_submodule(norm)(maps[name]) > 0
        for name, norm in zip(LAYERS, _NORMS, strict=True)
    }
    for i, box in enumerate(boxes):
        columns = []
        for name in LAYERS:
            rows_columns = cells_of(box, maps[name].shape[-1])
            cells = maps[name][i][:, *rows_columns].flatten(1)
            heard = passed[name][i][:, *rows_columns].flatten(1).float().mean(1)
            mean = maps[name][i].mean((1, 2))
            columns.append(torch.stack([mean, cells.mean(1), cells.square().mean(1), 1 - heard]))
        yield torch.cat(columns, 1).numpy()


def cells_of(box: Box, side: int) -> tuple[slice, slice]:
    """Rows and columns of a map of side x side cells that show a box of the square."""
    step = SIZE / side

    def cut(start: int, length: int) -> slice:
        first = min(round(start / step), side - 1)
        return slice(first, max(first + 1, round((start + length) / step)))

    return cut(box.top, box.height), cut(box.left, box.width)
