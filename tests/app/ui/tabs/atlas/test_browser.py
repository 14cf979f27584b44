# ruff: noqa: F811 - atlas_folder is a fixture
"""The atlas: the handlers, called as Gradio calls them, with a small atlas."""

import html
import json
import re
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest

from app.serving.dictionary_search import search
from app.serving.reference_map import UNKNOWN
from app.serving.shipped_assets import ShippedAssets
from app.settings import Settings
from app.ui.handlers import Updates
from app.ui.tabs.atlas.tab import AtlasTab
from tests.atlas_fixture import READER, atlas_folder  # noqa: F401
from training.common.depths import CHANNELS, LAYERS
from training.common.movements import MOVEMENTS
from training.common.shipped_files import TOP_PAINTINGS_FILE


class OpenTab:
    """The tab in a page, and what its components show."""

    def __init__(self, folder: Path, version: str = READER) -> None:
        card = SimpleNamespace(movements=MOVEMENTS, version=version)
        context = SimpleNamespace(
            assets=ShippedAssets(folder, "cpu"),
            classifier=SimpleNamespace(metadata=card),
            settings=Settings(),
        )
        with gr.Blocks() as self.page, gr.Tabs() as self.tabs:
            with gr.Tab("Atlas", id="Atlas") as tab:
                atlas_tab = AtlasTab(context)
            atlas_tab.entered(tab)
        self.browser, self.rendering = atlas_tab.browser, atlas_tab.rendering
        self.values: Updates = dict.fromkeys([*self.query, self.browser.channel], "")
        self.values[self.browser.order] = "by number"

    @property
    def query(self) -> list[Any]:
        return [self.browser.layer, self.browser.words, self.browser.order]

    @property
    def inputs(self) -> list[Any]:
        return [self.values[part] for part in (*self.query, self.browser.channel)]

    def show(self, updates: Updates) -> "OpenTab":
        self.values |= updates
        return self

    def enter(self, **query: str) -> "OpenTab":
        request = SimpleNamespace(query_params=query)
        return self.show(self.browser._enter(self.values[self.browser.layer], request))

    def press(self, handler: str, index: int) -> "OpenTab":
        event = SimpleNamespace(index=index)
        return self.show(getattr(self.browser, handler)(*self.inputs, event))

    def search(self, words: str, order: str = "by number") -> "OpenTab":
        self.values |= {self.browser.words: words, self.browser.order: order}
        return self.show(self.browser._search(*self.inputs))

    def open(self, number: int) -> "OpenTab":
        return self.show(self.browser._open_card(SimpleNamespace(index=number)))

    @property
    def tiles(self) -> list[int]:
        found = re.findall(r'data-index="(\d+)" class="s', self.values[self.browser.sheet])
        return [int(number) for number in found]

    def text(self, part: str) -> str:
        shown = re.sub(r"<[^>]+>", " ", self.values[getattr(self.browser, part)])
        return " ".join(html.unescape(shown).split())


@pytest.fixture
def tab(atlas_folder: Path) -> OpenTab:
    return OpenTab(atlas_folder).enter()


def test_the_atlas_is_sent_when_the_tab_is_opened(atlas_folder):
    config = str(OpenTab(atlas_folder).page.get_config_file())
    assert "atlas-sheet button" in config  # the script
    assert "data:image" not in config
    assert "Channel 17:" not in config


def test_opening_the_tab_shows_a_sheet_and_the_card_of_an_example(tab):
    assert tab.tiles == list(range(256, 512))
    assert tab.text("sheet").startswith("Channels 0 to 255 of the 512 in conv3_block12.")
    assert "generated from noise" in tab.text("sheet")
    card = tab.browser.index.dictionary.card(
        "conv3_block12", int(tab.values[tab.browser.channel].partition("/")[2])
    )
    assert card.responds
    assert f"Channel {card.channel}" in tab.text("card")
    assert tab.text("movements").startswith(" ".join(MOVEMENTS))
    assert tab.text("notice") == ""
    assert tab.values[tab.browser.npz]["value"].endswith("dictionary.npz")


def test_opening_the_tab_again_changes_nothing(tab):
    tab.search("vertical").enter()
    assert tab.values[tab.browser.words] == "vertical"
    again = tab.browser._enter("conv3_block12", SimpleNamespace(query_params={}))
    assert again == {tab.browser.layer: "conv3_block12"}


def test_a_link_opens_its_card_and_sheet(atlas_folder):
    tab = OpenTab(atlas_folder).enter(layer="conv4_block24", channel="300")
    assert "Channel 300" in tab.text("card")
    assert tab.tiles == list(range(768 + 256, 768 + 512))
    assert (
        'data-index="1068" class="s0" tabindex="-1" aria-pressed="true"'
        in tab.values[tab.browser.sheet]
    )


@pytest.mark.parametrize(
    ("layer", "channel", "reason"),
    [
        ("conv9", "3", "There is no layer 'conv9'"),
        ("conv2_block6", "256", "channels 0 to 255"),
        ("conv2_block6", "<b>", "by its layer and a number"),
        ("<script>", "1", "There is no layer '<script>'"),
    ],
)
def test_a_bad_link_is_explained_and_the_atlas_opens_all_the_same(
    atlas_folder,
    layer,
    channel,
    reason,
):
    tab = OpenTab(atlas_folder).enter(layer=layer, channel=channel)
    assert reason in tab.text("notice") or reason in html.unescape(tab.values[tab.browser.notice])
    assert "<script>" not in tab.values[tab.browser.notice]
    assert tab.tiles


def test_a_block_and_a_page_can_be_pressed(tab):
    tab.press("_show_layer", 3)
    assert tab.values[tab.browser.layer] == "conv5_block16"
    assert tab.tiles == list(range(1792, 2048))
    assert tab.values[tab.browser.pages].count("<button") == 4
    tab.press("_show_page", 3)
    assert tab.tiles == list(range(2560, 2816))
    assert tab.text("sheet").startswith("Channels 768 to 1023 of the 1024")
    assert 'data-index="3" aria-pressed="true"' in tab.values[tab.browser.pages]
    tab.press("_show_layer", 0)
    assert tab.tiles == list(range(256))
    assert tab.values[tab.browser.pages] == ""


def test_words_find_channels_in_all_blocks(tab):
    tab.search("fine votes for Cubism", "votes for Cubism")
    dictionary = tab.browser.index.dictionary
    expected = search(
        dictionary, "fine votes for Cubism", layer="conv3_block12", order="votes for Cubism"
    )
    assert tab.tiles == expected.tolist()
    assert f"{len(expected)} channels in conv3_block12 that fit your words" in tab.text("sheet")
    for layer in LAYERS:
        found = len(search(dictionary, "fine votes for Cubism", layer=layer))
        assert f"{found} of {dictionary.layers[layer]} channels fit" in tab.text("network")


def test_words_that_fit_only_another_block_show_that_block(tab):
    tab.search("conv5_block16 1000")
    assert tab.values[tab.browser.layer] == "conv5_block16"
    assert tab.tiles == [1792 + 1000]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("<i>baroque", "'i'; try horizontal"),
        ("vertical horizontal", "fits all of these words"),
    ],
)
def test_a_search_without_hits_shows_no_tiles_and_says_why(tab, words, reason):
    tab.search(words)
    assert reason in html.unescape(tab.values[tab.browser.notice])
    assert tab.tiles == []
    assert "No tile fits these words." in tab.text("sheet")
    assert "0 of 512 channels fit" in tab.text("network")
    tab.search("vertical")
    assert tab.text("notice") == ""
    assert tab.tiles


def test_a_movement_shows_what_votes_for_it_and_the_card_of_the_strongest(tab):
    tab.press("_search_movement", 1)
    layer, _, channel = tab.values[tab.browser.channel].partition("/")
    assert tab.browser.index.dictionary.number(layer, int(channel)) == tab.tiles[0]
    assert 'aria-pressed="true"' in tab.values[tab.browser.sheet].partition("</button>")[0]
    assert "votes for Cubism most" in tab.text("card")
    assert tab.values[tab.browser.words] == tab.values[tab.browser.order] == "votes for Cubism"
    votes = tab.browser.index.dictionary.columns["votes"][tab.tiles]
    assert (votes.argmax(1) == 1).all()


def test_every_suggestion_finds_something(tab):
    for index, words in enumerate(tab.browser.suggestions):
        tab.press("_search_suggestion", index)
        assert tab.values[tab.browser.words] == words
        assert tab.text("notice") == ""
        assert tab.tiles


def test_a_tile_opens_its_card(tab):
    tab.open(1068)
    assert "Channel 300" in tab.text("card")
    assert tab.values[tab.browser.channel] == "conv4_block24/300"
    assert tab.values[tab.browser.png]["value"].endswith("conv4_block24 channel 300.png")
    assert tab.values[tab.browser.larger]["interactive"]
    tab.press("_show_layer", 2).press("_show_page", 1)
    assert (
        'data-index="1068" class="s0" tabindex="-1" aria-pressed="true"'
        in tab.values[tab.browser.sheet]
    )


def test_the_channel_of_a_card_can_be_rendered_at_once(tab):
    channel = tab.open(1068).values[tab.browser.channel]
    chosen, form = tab.rendering._choose_channel(channel), tab.rendering.form
    assert chosen[form.expression] == "conv4_block24:300"
    assert (chosen[form.layer], chosen[form.channel]) == ("conv4_block24", 300)
    functions = tab.page.fns.values()
    (chooses,) = (fn for fn in functions if fn.name == "_choose_channel")
    assert "_render" in {fn.name for fn in functions if fn.trigger_after == chooses._id}


@pytest.mark.parametrize(("version", "shown"), [(READER, True), ("0.1", False)])
def test_paintings_that_excite_a_channel_are_named_where_they_are_known(
    atlas_folder, tmp_path, version, shown
):
    folder = shutil.copytree(atlas_folder, tmp_path / "library")
    facts = [["Guitar", "Juan Gris", 1913], [UNKNOWN, "Paul Klee", None]]
    channels = [[[0, 4.25], [1, 3.0]]] * sum(CHANNELS.values())
    content = {"reader": version, "paintings": 9, "layers": CHANNELS, "facts": facts}
    (folder / "atlas" / TOP_PAINTINGS_FILE).write_text(json.dumps(content | {"channels": channels}))
    tab = OpenTab(folder).enter().open(1068)
    assert ("Guitar , Juan Gris, 1913 (+4.2)." in tab.text("card")) == shown
    assert ("Paul Klee (+3.0)." in tab.text("card")) == shown
    assert ("search=Juan+Gris+Guitar&amp;" in tab.values[tab.browser.card]) == shown
    assert UNKNOWN not in tab.text("card")


def test_all_cards_can_be_saved_as_a_table(tab):
    path = Path(tab.browser._offer_table()["value"])
    assert len(path.read_text().splitlines()) == 2817


def test_a_missing_atlas_is_explained(tmp_path):
    tab = OpenTab(tmp_path).enter()
    assert "is missing; make it with" in tab.text("notice")
    tab.search("vertical")
    assert "missing" in tab.text("notice")
    tab.browser._offer_table()  # there is no table, and no second error


def test_an_atlas_of_another_classifier_has_a_notice(atlas_folder):
    tab = OpenTab(atlas_folder, version="0.9").enter()
    assert "version 0.9 reads your pictures" in tab.text("notice")
    assert tab.tiles


def test_the_address_opens_the_tab_only_if_it_names_a_card(atlas_folder):
    page = OpenTab(atlas_folder).page
    (opens,) = (fn.fn for fn in page.fns.values() if fn.name == "open_linked")
    asked = SimpleNamespace(query_params={"layer": "conv4_block24", "channel": "17"})
    assert opens(asked)["selected"] == "Atlas"
    for query in ({}, {"layer": "conv4_block24"}, {"__theme": "dark"}):
        assert "selected" not in opens(SimpleNamespace(query_params=query))
