"""HTML of the atlas: the movements, a drawing of the network, and sheets of tiles to press."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from app.imaging import data_uri
from app.serving.atlas import Atlas
from app.serving.dictionary import Dictionary
from app.serving.dictionary_search import orders
from app.translation import gettext as _
from app.translation import ngettext
from app.ui.static_files import share_file
from app.ui.tabs.atlas.channel_card import response
from training.common.depths import DEPTHS

PER_PAGE = 256
"""Tiles that are shown at once: as many as a sheet has."""

_ABOUT_TILES = _(
    "Each tile was generated from noise to excite one channel as much as possible: it shows what"
    " drives the channel, not what it found in any painting."
)
_ABOUT_MOVEMENTS = _(
    "Each was generated from noise to look as much like one movement to the network as possible:"
    " it shows what the network goes by, not what the movement is. Press one to see the channels"
    " that vote for it, and the card of the strongest."
)
_BLOCKS = (_("first block"), _("second block"), _("third block"), _("last block"))
_STRIDES = {depth.name: depth.stride for depth in DEPTHS}


@dataclass(frozen=True)
class SheetQuery:
    """Which tiles are shown: of a layer, those that words fit, sorted; `page` counts from 0."""

    layer: str
    words: str = ""
    order: str = ""
    page: int = 0


def movements_html(atlas: Atlas) -> str:
    """A tile for each movement, to press: `data-index` is the movement's."""
    title = _("Show what votes for {movement}")
    figures = "".join(
        f'<button type="button" data-index="{index}"'
        f' title="{escape(title.format(movement=name))}">'
        f'<img src="{data_uri(atlas.movement(name), 82)}" alt=""><b>{escape(name)}</b></button>'
        for index, name in enumerate(atlas.movements)
    )
    return (
        f'<div class="atlas-movements" role="group" aria-label="{_("Movements")}">{figures}</div>'
        f'<p class="small">{_ABOUT_MOVEMENTS}</p>'
    )


def network_html(layers: Mapping[str, int], chosen: str, found: Mapping[str, int]) -> str:
    """The network from shallow to deep; its four blocks can be pressed: `data-index`.

    Args:
        layers: channels by name.
        chosen: the layer that is shown.
        found: by layer, how many of its channels fit the words.
    """
    blocks = "".join(
        f'<li><button type="button" data-index="{index}" style="--depth: {index}"'
        f' aria-pressed="{str(name == chosen).lower()}"><i aria-hidden="true"></i>'
        f"<span><b>{escape(name).replace('_', '_<wbr>')}</b> <em>{_block(name, index)}</em>"
        f"<em>{_count(channels, found[name])}</em></span></button></li>"
        for index, (name, channels) in enumerate(layers.items())
    )
    label = _("The network, from shallow to deep")
    return f'<ol class="atlas-network" aria-label="{label}">{blocks}</ol>'


def _block(name: str, index: int) -> str:
    block, stride = _BLOCKS[index % len(_BLOCKS)], _STRIDES.get(name)
    if not stride:
        return block
    return _("{block}, a cell is {stride} pixels").format(block=block, stride=stride)


def _count(channels: int, found: int) -> str:
    if found == channels:
        return _("{channels} channels").format(channels=channels)
    return _("{found} of {channels} channels fit").format(found=found, channels=channels)


def sheet_html(
    atlas: Atlas, dictionary: Dictionary, query: SheetQuery, numbers: Sequence[int], chosen: int
) -> str:
    """Tiles to press, `data-index` is a channel's number, and a sentence below.

    Args:
        atlas: where the tiles are.
        dictionary: what was measured.
        query: which page is wanted.
        numbers: of all channels of the layer that fit the words, in order.
        chosen: number of the channel whose card is open.
    """
    if not numbers:
        return f'<p class="small empty">{_("No tile fits these words.")}</p>'
    shown = numbers[PER_PAGE * query.page : PER_PAGE * (query.page + 1)]
    files: dict[Path, int] = {}
    cells = []
    for number in shown:
        layer, channel = dictionary.channel(number)
        position = atlas.position(layer, channel)
        sheet = files.setdefault(position.file, len(files))
        label = _("Channel {channel}: {response}").format(
            channel=channel, response=response(dictionary.card(layer, channel))
        )
        cells.append(
            f'<button type="button" data-index="{number}" class="s{sheet}" tabindex="-1"'
            f' aria-pressed="{str(number == chosen).lower()}" title="{label}"'
            f' style="--c:{position.column};--r:{position.row}"></button>'
        )
    sources = ";".join(f"--s{sheet}:url('{share_file(file)}')" for file, sheet in files.items())
    first = PER_PAGE * query.page
    caption = sheet_caption(first, first + len(shown) - 1, len(numbers), query.layer, query.words)
    return (
        f'<div class="atlas-sheet" role="group" aria-label="{escape(caption)}"'
        f' style="{sources};--columns:{atlas.columns};--rows:{atlas.rows}">{"".join(cells)}</div>'
        f'<p class="small">{escape(caption)}. {_ABOUT_TILES}</p>'
    )


def sheet_caption(first: int, last: int, total: int, layer: str, words: str) -> str:
    """Which channels are shown: "Channels 0 to 255 of the 512 in conv3_block12"."""
    if not words.strip():
        sentence = _("Channels {first} to {last} of the {total} in {layer}")
        return sentence.format(first=first, last=last, total=total, layer=layer)
    found = ngettext(
        "{total} channel in {layer} that fits your words",
        "{total} channels in {layer} that fit your words",
        total,
    ).format(total=total, layer=layer)
    if last - first + 1 == total:
        return found
    return _("{first} to {last} of {found}").format(first=first + 1, last=last + 1, found=found)


def pages_html(total: int, page: int) -> str:
    """Buttons for the pages, `data-index`; nothing where there is only one."""
    pages = -(-total // PER_PAGE)
    if pages < 2:
        return ""
    label = _("Page {page} of {pages}")
    buttons = "".join(
        f'<button type="button" data-index="{index}" aria-pressed="{str(index == page).lower()}"'
        f' aria-label="{label.format(page=index + 1, pages=pages)}">{index + 1}</button>'
        for index in range(pages)
    )
    return f'<div class="atlas-pages" role="group" aria-label="{_("Pages")}">{buttons}</div>'


def order_choices(movements: Sequence[str]) -> list[tuple[str, str]]:
    """What people read of each of `app.serving.dictionary_search.orders`, and the order itself."""
    labels = [
        *(_("by number"), _("by direction"), _("finest first"), _("most colourful first")),
        *(_("votes for {movement}").format(movement=name) for name in movements),
        *(_("votes against {movement}").format(movement=name) for name in movements),
    ]
    return list(zip(labels, orders(movements), strict=True))


def suggestions(movements: Sequence[str]) -> tuple[str, ...]:
    """Words to begin a search with, in the language of `app.serving.dictionary_search`."""
    return (
        *("fine vertical", "coarse horizontal", "diagonal", "colourful", "blue", "no stripes"),
        f"votes for {movements[1 % len(movements)]}",
        f"colourful against {movements[-1]}",
    )


def suggestions_html(words: Sequence[str]) -> str:
    """Words to search for at a press; `data-index` counts them."""
    buttons = "".join(
        f'<button type="button" data-index="{index}">{escape(text)}</button>'
        for index, text in enumerate(words)
    )
    return f'<div class="atlas-chips" role="group" aria-label="{_("Try")}">{buttons}</div>'
