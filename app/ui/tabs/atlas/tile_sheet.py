"""HTML of the atlas: the movements, a drawing of the network, and sheets of tiles to press."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from app.imaging import data_uri
from app.serving.atlas import Atlas
from app.serving.dictionary import Dictionary
from app.ui.static_files import share_file
from app.ui.tabs.atlas.text import POSITIONS, answer, sheet_caption
from training.common.depths import DEPTHS

PER_PAGE = 256
"""Tiles that are seen at once: as many as a sheet has."""

ABOUT_TILES = (
    "Each tile was made up, from noise, to excite one channel as much as it can be: it shows what"
    " drives the channel, not what the channel found in any painting."
)

_STRIDES = {depth.name: depth.stride for depth in DEPTHS}


@dataclass(frozen=True)
class View:
    """What a visitor looks at; `page` counts from 0."""

    layer: str
    words: str = ""
    order: str = ""
    page: int = 0


def movements_html(atlas: Atlas) -> str:
    """A tile for each movement, to press: `data-index` is the movement's."""
    figures = "".join(
        f'<button type="button" data-index="{index}" title="Show what votes for {escape(name)}">'
        f'<img src="{data_uri(atlas.movement(name), 82)}" alt=""><b>{escape(name)}</b></button>'
        for index, name in enumerate(atlas.movements)
    )
    return (
        f'<div class="atlas-movements" role="group" aria-label="Movements">{figures}</div>'
        '<p class="small">Each was made up, from noise, to look as much like one movement to the'
        " network as it can: it shows what the network goes by, not what the movement is. Press one"
        " to see the channels that vote for it, and the card of the one that does most.</p>"
    )


def network_html(layers: Mapping[str, int], chosen: str, found: Mapping[str, int]) -> str:
    """The network from shallow to deep; its four blocks can be pressed: `data-index`.

    Args:
        layers: channels by name.
        chosen: the layer that is seen.
        found: by layer, how many of its channels fit the words.
    """
    blocks = "".join(
        f'<li><button type="button" data-index="{index}" style="--depth: {index}"'
        f' aria-pressed="{str(name == chosen).lower()}"><i aria-hidden="true"></i>'
        f"<span><b>{escape(name).replace('_', '_<wbr>')}</b> <em>{_block_words(name, index)}</em>"
        f"<em>{_count(channels, found[name])}</em></span></button></li>"
        for index, (name, channels) in enumerate(layers.items())
    )
    return f'<ol class="atlas-network" aria-label="The network, from shallow to deep">{blocks}</ol>'


def _block_words(name: str, index: int) -> str:
    position = POSITIONS[index % len(POSITIONS)]
    stride = _STRIDES.get(name)
    return f"{position} block" + (f", a cell is {stride} pixels" if stride else "")


def _count(channels: int, found: int) -> str:
    return f"{channels} channels" if found == channels else f"{found} of {channels} channels fit"


def sheet_html(
    atlas: Atlas, dictionary: Dictionary, view: View, numbers: Sequence[int], chosen: int
) -> str:
    """Tiles to press, `data-index` is a channel's number, and a sentence below.

    Args:
        atlas: where the tiles are.
        dictionary: what is said of them.
        view: which page is wanted.
        numbers: of all channels of the layer that fit the words, in order.
        chosen: number of the channel whose card is open.
    """
    if not numbers:
        return '<p class="small empty">No tile fits these words.</p>'
    shown = numbers[PER_PAGE * view.page : PER_PAGE * (view.page + 1)]
    files: dict[Path, int] = {}
    cells = []
    for number in shown:
        layer, channel = dictionary.place(number)
        place = atlas.place(layer, channel)
        sheet = files.setdefault(place.file, len(files))
        label = f"Channel {channel}: {answer(dictionary.card(layer, channel))}"
        cells.append(
            f'<button type="button" data-index="{number}" class="s{sheet}" tabindex="-1"'
            f' aria-pressed="{str(number == chosen).lower()}" title="{label}"'
            f' style="--c:{place.column};--r:{place.row}"></button>'
        )
    sources = ";".join(f"--s{sheet}:url('{share_file(file)}')" for file, sheet in files.items())
    first = PER_PAGE * view.page
    words = sheet_caption(first, first + len(shown) - 1, len(numbers), view.layer, view.words)
    return (
        f'<div class="atlas-sheet" role="group" aria-label="{escape(words)}"'
        f' style="{sources};--columns:{atlas.columns};--rows:{atlas.rows}">{"".join(cells)}</div>'
        f'<p class="small">{escape(words)}. {ABOUT_TILES}</p>'
    )


def pages_html(total: int, page: int) -> str:
    """Buttons for the pages, `data-index`; nothing where there is only one."""
    pages = -(-total // PER_PAGE)
    if pages < 2:
        return ""
    buttons = "".join(
        f'<button type="button" data-index="{index}" aria-pressed="{str(index == page).lower()}"'
        f' aria-label="Page {index + 1} of {pages}">{index + 1}</button>'
        for index in range(pages)
    )
    return f'<div class="atlas-pages" role="group" aria-label="Pages">{buttons}</div>'


def chips_html(words: Sequence[str]) -> str:
    """Words to search for at a press; `data-index` counts them."""
    buttons = "".join(
        f'<button type="button" data-index="{index}">{escape(text)}</button>'
        for index, text in enumerate(words)
    )
    return f'<div class="atlas-chips" role="group" aria-label="Try">{buttons}</div>'
