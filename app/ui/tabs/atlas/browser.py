"""The atlas of channels, with a card for each: the first section of the Atlas tab."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from gradio.context import Context

from app.errors import UserError
from app.imaging import encode_png
from app.serving.dictionary_search import BY_NUMBER, orders
from app.translation import gettext as _
from app.ui.components.downloads import download, file_update
from app.ui.components.widgets import clickable_html, html, problem, section
from app.ui.context import AppContext
from app.ui.handlers import QUICK, Updates, errors_in_notice
from app.ui.tabs.atlas.atlas_index import AtlasIndex
from app.ui.tabs.atlas.channel_card import EMPTY, card_html
from app.ui.tabs.atlas.tile_sheet import (
    PER_PAGE,
    SheetQuery,
    movements_html,
    network_html,
    order_choices,
    pages_html,
    sheet_html,
    suggestions,
    suggestions_html,
)
from training.common.depths import LAYERS
from training.common.shipped_files import DICTIONARY_FILE

_FOLDER = Path(__file__).parent

# Marks the tile of the card, wherever it was opened from. On a phone the card is below all tiles;
# beside them it is in sight already.
_TO_CARD = """() => {
    const card = document.querySelector(".atlas-card");
    for (const tile of document.querySelectorAll(".atlas-sheet button"))
        tile.ariaPressed = String(tile.dataset.index === card.dataset.number);
    if (innerWidth < 900) card.scrollIntoView({behavior: "smooth", block: "start"});
}"""


class AtlasBrowser:
    """Lays the section out and connects it.

    What is shown is kept in components of the page, not in the session, so that a page works on
    after its session has expired. All of it is empty until the tab is opened.

    Attributes:
        channel: layer and channel of the card that is open: "conv4_block24/17".
        larger: the button that renders it.
    """

    def __init__(self, context: AppContext) -> None:
        self.context = context
        self.index = AtlasIndex(context)
        self.folder = context.assets.folder / "atlas"
        self.suggestions = suggestions(context.classifier.metadata.movements)
        # The dictionary is saved as the file that it is, without a copy.
        gr.set_static_paths([self.folder])
        section(
            _("What each channel looks for"),
            _(
                "When the network reads a picture it computes 2816 maps of it, in four blocks"
                " from shallow to deep. Each map is the answer of one channel, and each channel"
                " looks for something different."
            ),
            first=True,
        )
        self.movements = clickable_html("", "atlas-movements")
        self.network = clickable_html("", "atlas-network")
        self._lay_out_search()
        with gr.Row(elem_classes="two-columns"):
            with gr.Column(scale=7, min_width=320):
                loading = _("Loading the tiles")
                self.sheet = gr.HTML(
                    f'<p class="small" role="status">{loading} &hellip;</p>',
                    apply_default_css=False,
                    elem_id="atlas-sheet",
                    js_on_load=(_FOLDER / "tile_sheet.js").read_text(encoding="utf-8"),
                )
                self.pages = clickable_html("", "atlas-pages")
            with gr.Column(scale=4, min_width=300):
                self.card = clickable_html(EMPTY, "atlas-card")
                self._lay_out_actions()
        self.layer = gr.Textbox("", visible=False)
        self.channel = gr.Textbox("", visible=False)
        self._connect()

    def _lay_out_search(self) -> None:
        with gr.Row(elem_classes="atlas-search"):
            self.words = gr.Textbox(
                label=_("Find channels by words"),
                placeholder="fine vertical, votes for Cubism, 17 \N{HORIZONTAL ELLIPSIS}",
                elem_id="atlas-words",
                max_lines=1,
            )
            self.search = gr.Button(_("Find"), elem_id="atlas-find", elem_classes="quiet")
            choices = order_choices(self.context.classifier.metadata.movements)
            self.order = gr.Dropdown(
                choices, value=BY_NUMBER, label=_("In order"), elem_id="atlas-order"
            )
        self.suggested = clickable_html(suggestions_html(self.suggestions), "atlas-chips")
        self.notice = html("", "atlas-notice")

    def _lay_out_actions(self) -> None:
        with gr.Row(elem_classes="button-row"):
            self.larger = gr.Button(
                _("Render it larger"),
                interactive=False,
                elem_id="atlas-larger",
                elem_classes="quiet",
            )
            self.png = download(_("Tile, PNG"), "atlas-png")
            self.csv = download(_("All cards, CSV"), "atlas-csv")
            self.npz = download(_("All cards, NumPy"), "atlas-raw")

    def entered(self, tab: gr.Tab) -> None:
        """Show the first sheet when the tab is opened for the first time; follow links to cards.

        The address `?layer=conv4_block24&channel=17` opens the tab when the page is loaded. Gradio
        sends the page's address with every event, so the tab then finds the card by itself.
        """
        results = [*self.results, self.movements, self.npz]
        opened = tab.select(self._enter, self.layer, results, **QUICK)
        opened.success(self._offer_table, None, self.csv, **QUICK)
        page, tabs = Context.root_block, tab.parent
        assert page is not None

        def open_linked(request: gr.Request) -> Any:
            return gr.update(selected=tab.id) if _is_link(request) else gr.skip()

        page.load(open_linked, None, tabs, **QUICK)

    def _connect(self) -> None:
        query: list[Any] = [self.layer, self.words, self.order]
        sheet = [self.network, self.sheet, self.pages, self.notice, *query]
        card = [self.card, self.channel, self.png, self.larger]
        self.results = [*sheet, *card]
        inputs = [*query, self.channel]
        self.network.select(self._show_layer, inputs, sheet, **QUICK)
        self.pages.select(self._show_page, inputs, sheet, **QUICK)
        for event in (self.words.submit, self.search.click, self.order.input):
            event(self._search, inputs, sheet, **QUICK)
        self.suggested.select(self._search_suggestion, inputs, self.results, **QUICK)
        self.movements.select(self._search_movement, inputs, self.results, **QUICK)
        for part in (self.sheet, self.card):
            opened = part.select(self._open_card, None, [*card, self.notice], **QUICK)
            opened.success(None, None, None, js=_TO_CARD)

    @errors_in_notice
    def _enter(self, layer: str, request: gr.Request) -> Updates:
        if layer:
            return {self.layer: layer}
        chosen, mistake = self.index.example(LAYERS[1]), self.index.mismatch()
        if _is_link(request):
            asked = request.query_params
            try:
                chosen = self.index.channel(asked["layer"], asked["channel"])
            except UserError as error:
                mistake = str(error)
        query = SheetQuery(chosen[0], page=chosen[1] // PER_PAGE)
        return {
            **self._sheet(*self.index.find(query), chosen),
            **self._card(*chosen),
            self.notice: problem(mistake) if mistake else "",
            self.movements: movements_html(self.index.atlas),
            self.npz: gr.update(value=str(self.folder / DICTIONARY_FILE), interactive=True),
        }

    def _offer_table(self) -> dict[str, Any]:
        """Made once the first sheet is shown, for it takes a moment."""
        try:
            return file_update(self.index.dictionary.csv.encode(), "channels.csv")
        except UserError:  # The first sheet has shown it already.
            return gr.skip()

    @errors_in_notice
    def _show_layer(
        self, _layer: str, words: str, order: str, channel: str, event: gr.SelectData
    ) -> Updates:
        return self._show(SheetQuery(LAYERS[event.index], words, order), channel)

    @errors_in_notice
    def _show_page(
        self, layer: str, words: str, order: str, channel: str, event: gr.SelectData
    ) -> Updates:
        return self._show(SheetQuery(layer, words, order, page=int(event.index)), channel)

    @errors_in_notice
    def _search(self, layer: str, words: str, order: str, channel: str) -> Updates:
        return self._show(SheetQuery(layer, words, order), channel)

    @errors_in_notice
    def _search_suggestion(
        self, layer: str, _words: str, order: str, channel: str, event: gr.SelectData
    ) -> Updates:
        words = self.suggestions[event.index]
        return self._show_best(SheetQuery(layer, words, order), channel)

    @errors_in_notice
    def _search_movement(
        self, layer: str, _words: str, order: str, channel: str, event: gr.SelectData
    ) -> Updates:
        words = f"votes for {self.index.atlas.movements[event.index]}"
        return self._show_best(SheetQuery(layer, words, order), channel)

    @errors_in_notice
    def _open_card(self, event: gr.SelectData) -> Updates:
        return {**self._card(*self.index.dictionary.channel(int(event.index))), self.notice: ""}

    def _show_best(self, query: SheetQuery, channel: str) -> Updates:
        """Channels that words fit, the strongest first if that is what they are about.

        The card of the first one is opened.
        """
        if query.words in orders(self.index.dictionary.movements):
            query = replace(query, order=query.words)
        found_query, found = self.index.find(query)
        if not len(found[found_query.layer]):
            return self._show(query, channel)
        best = self.index.dictionary.channel(int(found[found_query.layer][0]))
        return {**self._sheet(found_query, found, best), **self._card(*best)}

    def _show(self, query: SheetQuery, channel: str) -> Updates:
        """The sheet of a query; `channel` is that of the card, as its component has it.

        What finds nothing shows nothing: a sheet that stayed would look like what was found.
        """
        layer, _slash, number = channel.partition("/")
        chosen = self.index.channel(layer, number)
        try:
            query, found = self.index.find(query)
        except UserError as error:
            nothing = dict.fromkeys(self.index.dictionary.layers, np.zeros(0, int))
            return {**self._sheet(query, nothing, chosen), self.notice: problem(error)}
        return self._sheet(query, found, chosen)

    def _sheet(
        self, query: SheetQuery, found: dict[str, np.ndarray], chosen: tuple[str, int]
    ) -> Updates:
        """A sheet, and what is around it.

        Args:
            query: what is shown.
            found: by layer the numbers of its channels.
            chosen: layer and channel of the card.
        """
        atlas, dictionary = self.index.atlas, self.index.dictionary
        numbers = found[query.layer].tolist()
        counts = {layer: len(some) for layer, some in found.items()}
        none = _("No channel in any block fits all of these words; try fewer.")
        return {
            self.network: network_html(dictionary.layers, query.layer, counts),
            self.sheet: sheet_html(atlas, dictionary, query, numbers, dictionary.number(*chosen)),
            self.pages: pages_html(len(numbers), query.page),
            self.notice: "" if any(counts.values()) else problem(none),
            self.layer: query.layer,
            self.words: query.words,
            self.order: query.order or BY_NUMBER,
        }

    def _card(self, layer: str, channel: int) -> Updates:
        atlas, dictionary = self.index.atlas, self.index.dictionary
        card, png = dictionary.card(layer, channel), encode_png(atlas.tile(layer, channel))
        return {
            self.card: card_html(atlas, dictionary, card, self.index.paintings(card.number)),
            self.channel: f"{layer}/{channel}",
            self.png: file_update(png, f"{layer} channel {channel}.png"),
            self.larger: gr.update(interactive=True),
        }


def _is_link(request: gr.Request) -> bool:
    """Whether the page's address names a card."""
    return {"layer", "channel"} <= set(request.query_params)
