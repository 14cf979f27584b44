"""A drawing of DenseNet-121 with its nine depths to press."""

from collections.abc import Sequence

import numpy as np

from app.imaging import data_uri
from app.translation import gettext as _
from training.common.depths import DEPTHS, LAYERS, Depth
from training.common.preprocessing import SIZE, fit

_WIDTH, _HEIGHT, _TOP = 1000.0, 205.0, 8.0
_BASELINE = 158.0  # Foot of the bars.
_FIRST = 72.0  # Where the first block begins.
_PITCH, _BAR = 13.8, 6.6  # From bar to bar, and a bar's own width.
_HEIGHTS = {4: 118.0, 8: 88.0, 16: 62.0, 32: 40.0}  # Height of a bar by its stride: half is a step.
_GAP = 30.0  # Between two blocks: the transition, which halves the maps.


def diagram_html(chosen: int, picture: np.ndarray, probabilities: Sequence[float]) -> str:
    """HTML of the network. A screen reader reads its buttons.

    Args:
        chosen: number of the depth that is pressed.
        picture: the input, on the left, uint8 RGB [H,W,3].
        probabilities: the output, on the right.
    """
    drawing = _stem(picture) + _network(chosen) + _head(probabilities)
    caption = _(
        "The network, from the picture (left) to its verdict (right): each bar is a layer, the"
        " taller the finer its maps, and arcs pass what a block is given on to all its layers. What"
        " the layers have learned is not in this drawing, but below."
    )
    buttons = "".join(_button(depth, depth.number == chosen) for depth in DEPTHS)
    return (
        f'<figure class="net"><svg viewBox="0 {_TOP:g} {_WIDTH:g} {_HEIGHT - _TOP:g}"'
        f' aria-hidden="true">{drawing}</svg><div role="group" aria-label="'
        f'{_("Depth in the network")}">{buttons}</div>'
        f'<p class="depth">{depth_words(DEPTHS[chosen - 1])}.</p>'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def depth_words(depth: Depth) -> str:
    """A depth in words."""
    side = SIZE // depth.stride
    field = receptive_field(depth)
    pixels = _("{field} of the {size} pixels") if field < SIZE else _("all {size} pixels")
    return _(
        "Depth {number}, {name}: {channels} maps of {side} &times; {side} places; each place can"
        " see {pixels} across"
    ).format(
        number=depth.number,
        name=depth.name,
        channels=depth.channels,
        side=side,
        pixels=pixels.format(field=field, size=SIZE),
    )


def receptive_field(depth: Depth) -> int:
    """How many pixels of the square, across, one place of a map can depend on.

    Each 3x3 convolution adds two places to its maps' own, each transition's pooling one (Araujo,
    Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill 2019).
    """
    field, stride = 11, 4  # After the 7x7 convolution and the 3x3 pooling of the stem.
    for block in range(1, depth.block + 1):
        layers = depth.layer if block == depth.block else _layers(block)
        field += 2 * stride * layers
        if block < depth.block:
            field, stride = field + stride, 2 * stride
    return field


def _layers(block: int) -> int:
    return int(LAYERS[block - 1].rpartition("block")[2])


def _button(depth: Depth, pressed: bool) -> str:
    side = SIZE // depth.stride
    label, name = depth_words(depth).replace("&times;", "by"), depth.name.replace("_", "_<wbr>")
    return (
        f'<button type="button" data-index="{depth.number}" aria-pressed="{str(pressed).lower()}"'
        f' aria-label="{label}"><b>{depth.number}</b><span>{name}</span>'
        f"<i>{side} &times; {side}</i></button>"
    )


def _network(chosen: int) -> str:
    places = {(depth.block, depth.layer): depth for depth in DEPTHS}
    parts = []
    x = _FIRST
    for block in range(1, len(LAYERS) + 1):
        layers = _layers(block)
        tall = _HEIGHTS[2 ** (block + 1)]
        parts.append(_arcs(x, layers, tall))
        for layer in range(1, layers + 1):
            left = x + (layer - 1) * _PITCH
            depth = places.get((block, layer))
            parts.append(_leader(left, depth, chosen) if depth else "")
            parts.append(_bar(left, tall, depth, chosen))
        x += layers * _PITCH
        if block < len(LAYERS):
            parts.append(_transition(x, tall, _HEIGHTS[2 ** (block + 2)]))
            x += _GAP
    return "".join(parts)


def _bar(left: float, tall: float, depth: Depth | None, chosen: int) -> str:
    kind = "plate" if depth is None else "plate chosen" if depth.number == chosen else "plate depth"
    return (
        f'<rect class="{kind}" x="{left:.1f}" y="{_BASELINE - tall:g}" width="{_BAR:g}"'
        f' height="{tall:g}" rx="1.5"/>'
    )


def _arcs(x: float, layers: int, tall: float) -> str:
    """What the block is given is passed on to each of its layers."""
    top, start = _BASELINE - tall - 1, x + _BAR / 2
    paths = []
    for layer in range(1, layers):
        end = start + layer * _PITCH
        lift = top - min(9 + 1.7 * layer, 40)
        paths.append(f"M{start:.1f} {top:g}Q{(start + end) / 2:.1f} {lift:.1f} {end:.1f} {top:g}")
    return f'<path class="arc" d="{"".join(paths)}"/>'


def _leader(left: float, depth: Depth, chosen: int) -> str:
    """A line from a bar's foot to its button below."""
    foot, middle = left + _BAR / 2, (depth.number - 0.5) * _WIDTH / len(DEPTHS)
    kind = "leader chosen" if depth.number == chosen else "leader"
    down, end = _BASELINE + 16, _HEIGHT - 1
    return (
        f'<path class="{kind}" d="M{foot:.1f} {_BASELINE + 2:g}C{foot:.1f} {down + 10:g}'
        f' {middle:.1f} {down:g} {middle:.1f} {end:g}"/>'
    )


def _transition(x: float, before: float, after: float) -> str:
    left, right = x - _PITCH + _BAR + 5, x + _GAP - 5
    return (
        f'<path class="wedge" d="M{left:.1f} {_BASELINE:g}V{_BASELINE - before:g}'
        f'L{right:.1f} {_BASELINE - after:g}V{_BASELINE:g}Z"/>'
    )


def _stem(picture: np.ndarray) -> str:
    """The picture, and the convolution and pooling that the blocks begin with."""
    tall = 132
    source = data_uri(fit(picture, 160), 75)
    return (
        f'<image href="{source}" x="0" y="{_BASELINE - tall:g}" width="34" height="{tall}"'
        ' preserveAspectRatio="xMidYMid slice"/>'
        + _bar(_FIRST - 2 * _PITCH, 126, None, 0)
        + _bar(_FIRST - _PITCH, 118, None, 0)
    )


def _head(probabilities: Sequence[float]) -> str:
    """The probabilities as bars."""
    return "".join(
        f'<rect class="head" x="{_WIDTH - 36:g}" y="{_BASELINE - 41 + 8.5 * row:.1f}" height="6"'
        f' width="{1 + 35 * chance:.1f}"/>'
        for row, chance in enumerate(probabilities)
    )
