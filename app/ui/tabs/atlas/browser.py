"""The atlas of channels, with a card for each: the first section of the Atlas tab."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr
import numpy as np
from gradio.blocks import Block
from gradio.context import Context

from app.errors import UserError
from app.imaging import encode_png
from app.serving.dictionary_search import BY_NUMBER, orders
from app.ui.components.downloads import download, file_update
from app.ui.components.widgets import html, pressable, problem, section
from app.ui.context import AppContext
from app.ui.handlers import ComponentValues, Updates, in_page
from app.ui.tabs.atlas.channel_card import EMPTY, card_html
from app.ui.tabs.atlas.index import AtlasIndex
from app.ui.tabs.atlas.text import suggestions
from app.ui.tabs.atlas.tile_sheet import (
    PER_PAGE,
    View,
    chips_html,
    movements_html,
    network_html,
    pages_html,
    sheet_html,
)
from training.common.atlas_files import DICTIONARY_FILE
from training.common.depths import LAYERS

if TYPE_CHECKING:
    from app.ui.tabs.atlas.rendering import FeatureVisualization

_FOLDER = Path(__file__).parent

_OPENING = (
    "When the network reads a picture it writes 2816 maps of it, in four blocks from shallow to"
    " deep. Each map is the answer of one channel, which looks for something of its own."
)
_NONE = "No channel in any block fits all of these words; try fewer."

# Marks the tile of the card, wherever it was opened from. On a phone the card is below all tiles;
# beside them it is in sight already.
_TO_CARD = """() => {
    const card = document.querySelector(".atlas-card");
    for (const tile of document.querySelectorAll(".atlas-sheet button"))
        tile.ariaPressed = String(tile.dataset.index === card.dataset.number);
    if (innerWidth < 900) card.scrollIntoView({behavior: "smooth", block: "start"});
}"""


_QUICK: dict[str, Any] = {
    "show_progress": "hidden",
    "api_visibility": "private",
    "trigger_mode": "always_last",
}


class AtlasBrowser:
    """Lays the section out and connects it.

    What is seen is kept in components of the page, not in the session, so that a page that rested
    long goes on where it was. All of it is empty until the tab is opened.
    """

    def __init__(self, context: AppContext) -> None:
        self.context = context
        self.atlas_index = AtlasIndex(context)
        self.folder = context.assets.folder / "atlas"
        self.chips = suggestions(context.classifier.metadata.movements)
        # The dictionary is saved as the file that it is, without a copy.
        gr.set_static_paths([self.folder])
        section("What each channel looks for", _OPENING, first=True)
        self.movements = pressable("", "atlas-movements")
        self.network = pressable("", "atlas-network")
        self._lay_out_search()
        with gr.Row(elem_classes="two-columns"):
            with gr.Column(scale=7, min_width=320):
                self.sheet = gr.HTML(
                    "",
                    apply_default_css=False,
                    elem_id="atlas-sheet",
                    js_on_load=(_FOLDER / "tile_sheet.js").read_text(encoding="utf-8"),
                )
                self.pages = pressable("", "atlas-pages")
            with gr.Column(scale=4, min_width=300):
                self.card = pressable(EMPTY, "atlas-card")
                self._lay_out_onward()
        self.layer = gr.Textbox("", visible=False)
        self.channel = gr.Textbox("", visible=False)
        self._connect()

    def _lay_out_search(self) -> None:
        with gr.Row(elem_classes="atlas-search"):
            self.words = gr.Textbox(
                label="Find channels by words",
                placeholder="fine vertical, votes for Cubism, 17 \N{HORIZONTAL ELLIPSIS}",
                elem_id="atlas-words",
                max_lines=1,
            )
            self.find = gr.Button("Find", elem_id="atlas-find", elem_classes="quiet")
            choices = orders(self.context.classifier.metadata.movements)
            self.order = gr.Dropdown(
                [*choices], value=BY_NUMBER, label="In order", elem_id="atlas-order"
            )
        self.try_words = pressable(chips_html(self.chips), "atlas-chips")
        self.notice = html("", "atlas-notice")

    def _lay_out_onward(self) -> None:
        with gr.Row(elem_classes="button-row"):
            self.larger = gr.Button(
                "Render it larger", interactive=False, elem_id="atlas-larger", elem_classes="quiet"
            )
            self.png = download("Tile, PNG", "atlas-png")
            self.csv = download("All cards, CSV", "atlas-csv")
            self.raw = download("All cards, NumPy", "atlas-raw")

    def lead_to(self, rendering: "FeatureVisualization") -> None:
        """Connect the card's button that has its channel rendered in the next section."""
        self.rendering = rendering
        outputs = [*rendering.form.chosen, self.notice]
        handed = self.larger.click(self._hand_over, {self.channel}, outputs, **_QUICK)
        rendering.render_on(handed.success)

    def entered(self, tab: gr.Tab) -> None:
        """Show the first sheet when the tab is opened for the first time; follow links to cards.

        The address `?layer=conv4_block24&channel=17` opens the tab when the page is loaded. Gradio
        sends the page's address with every event, so the tab then finds the card by itself.
        """
        results = [*self.results, self.movements, self.raw]
        opened = tab.select(self._enter, {self.layer}, results, **_QUICK)
        opened.success(self._offer_table, None, self.csv, **_QUICK)
        page, tabs = Context.root_block, tab.parent
        assert page is not None

        def open_linked(request: gr.Request) -> Any:
            return gr.update(selected=tab.id) if _linked(request) else gr.skip()

        page.load(open_linked, None, tabs, **_QUICK)

    def _connect(self) -> None:
        inputs: set[Block] = {self.layer, self.words, self.order, self.channel}
        shown = [self.network, self.sheet, self.pages, self.notice, *(inputs - {self.channel})]
        card = [self.card, self.channel, self.png, self.larger]
        self.results = [*shown, *card]
        self.network.select(self._to_layer, inputs, shown, **_QUICK)
        self.pages.select(self._to_page, inputs, shown, **_QUICK)
        for event in (self.words.submit, self.find.click, self.order.input):
            event(self._search, inputs, shown, **_QUICK)
        self.try_words.select(self._try, inputs, self.results, **_QUICK)
        self.movements.select(self._votes_for, inputs, self.results, **_QUICK)
        for part in (self.sheet, self.card):
            opened = part.select(self._open, None, [*card, self.notice], **_QUICK)
            opened.success(None, None, None, js=_TO_CARD)

    @in_page
    def _enter(self, values: ComponentValues, request: gr.Request) -> Updates:
        if values[self.layer]:
            return {self.layer: values[self.layer]}
        place, mistake = self.atlas_index.example(LAYERS[1]), self.atlas_index.mismatch()
        if _linked(request):
            asked = request.query_params
            try:
                place = self.atlas_index.place(asked["layer"], asked["channel"])
            except UserError as error:
                mistake = str(error)
        layer, channel = place
        return {
            **self._show(*self.atlas_index.find(View(layer, page=channel // PER_PAGE)), place),
            **self._card(*place),
            self.notice: problem(mistake) if mistake else "",
            self.movements: movements_html(self.atlas_index.atlas),
            self.raw: gr.update(value=str(self.folder / DICTIONARY_FILE), interactive=True),
        }

    def _offer_table(self) -> dict[str, Any]:
        """Made once the first sheet hangs, for it takes a moment."""
        try:
            return file_update(self.atlas_index.dictionary.csv.encode(), "channels.csv")
        except UserError:  # It was said already.
            return gr.skip()

    @in_page
    def _to_layer(self, values: ComponentValues, event: gr.SelectData) -> Updates:
        return self._look(values, layer=LAYERS[event.index])

    @in_page
    def _to_page(self, values: ComponentValues, event: gr.SelectData) -> Updates:
        return self._look(values, page=int(event.index))

    @in_page
    def _search(self, values: ComponentValues) -> Updates:
        return self._look(values)

    @in_page
    def _try(self, values: ComponentValues, event: gr.SelectData) -> Updates:
        return self._look_for(values, self.chips[event.index])

    @in_page
    def _votes_for(self, values: ComponentValues, event: gr.SelectData) -> Updates:
        return self._look_for(values, f"votes for {self.atlas_index.atlas.movements[event.index]}")

    @in_page
    def _open(self, event: gr.SelectData) -> Updates:
        place = self.atlas_index.dictionary.place(int(event.index))
        return {**self._card(*place), self.notice: ""}

    @in_page
    def _hand_over(self, values: ComponentValues) -> Updates:
        return self.rendering.form.receive(*self._chosen(values))

    def _look_for(self, values: ComponentValues, words: str) -> Updates:
        """Channels that words fit, the strongest first if that is what they are about.

        The card of the first one is opened.
        """
        order = (
            words if words in orders(self.atlas_index.dictionary.movements) else values[self.order]
        )
        view, found = self.atlas_index.find(View(values[self.layer], words, order))
        if not len(found[view.layer]):
            return self._look(values, words=words, order=order)
        place = self.atlas_index.dictionary.place(int(found[view.layer][0]))
        return {**self._show(view, found, place), **self._card(*place)}

    def _look(self, values: ComponentValues, **changes: Any) -> Updates:
        """Another view than the page shows now; the first page of it unless another is wanted.

        What finds nothing shows nothing: a sheet that stayed would look like what was found.
        """
        view = replace(View(values[self.layer], values[self.words], values[self.order]), **changes)
        chosen = self._chosen(values)
        try:
            view, found = self.atlas_index.find(view)
        except UserError as error:
            nothing = dict.fromkeys(self.atlas_index.dictionary.layers, np.zeros(0, int))
            return {**self._show(view, nothing, chosen), self.notice: problem(error)}
        return self._show(view, found, chosen)

    def _chosen(self, values: ComponentValues) -> tuple[str, int]:
        """Layer and channel of the card that is open."""
        layer, _, channel = values[self.channel].partition("/")
        return self.atlas_index.place(layer, channel)

    def _show(self, view: View, found: dict[str, np.ndarray], chosen: tuple[str, int]) -> Updates:
        """The sheet of a view, and what stands around it.

        Args:
            view: what is looked at.
            found: by layer the numbers of its channels.
            chosen: layer and channel of the card.
        """
        atlas, dictionary = self.atlas_index.atlas, self.atlas_index.dictionary
        numbers = found[view.layer].tolist()
        counts = {layer: len(some) for layer, some in found.items()}
        return {
            self.network: network_html(dictionary.layers, view.layer, counts),
            self.sheet: sheet_html(atlas, dictionary, view, numbers, dictionary.number(*chosen)),
            self.pages: pages_html(len(numbers), view.page),
            self.notice: "" if any(counts.values()) else problem(_NONE),
            self.layer: view.layer,
            self.words: view.words,
            self.order: view.order or BY_NUMBER,
        }

    def _card(self, layer: str, channel: int) -> Updates:
        atlas, dictionary = self.atlas_index.atlas, self.atlas_index.dictionary
        card, png = dictionary.card(layer, channel), encode_png(atlas.tile(layer, channel))
        return {
            self.card: card_html(atlas, dictionary, card, self.atlas_index.paintings(card.number)),
            self.channel: f"{layer}/{channel}",
            self.png: file_update(png, f"{layer} channel {channel}.png"),
            self.larger: gr.update(interactive=True),
        }


def _linked(request: gr.Request) -> bool:
    """Whether the page's address names a card."""
    return {"layer", "channel"} <= set(request.query_params)
