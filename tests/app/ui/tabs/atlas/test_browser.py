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

from app.serving.reference_map import UNKNOWN
from app.serving.shipped_assets import ShippedAssets
from app.settings import Settings
from app.ui.tabs.atlas.browser import AtlasBrowser
from app.ui.tabs.atlas.rendering import FeatureVisualization
from tests.atlas_fixture import READER, atlas_folder  # noqa: F401
from training.common.atlas_files import TOP_PAINTINGS_FILE
from training.common.depths import CHANNELS, LAYERS
from training.common.movements import MOVEMENTS

Said = dict[Any, Any]


class Room:
    """The section in a page, and what its components show."""

    def __init__(self, folder: Path, version: str = READER) -> None:
        card = SimpleNamespace(movements=MOVEMENTS, version=version)
        context = SimpleNamespace(
            assets=ShippedAssets(folder, "cpu"),
            classifier=SimpleNamespace(metadata=card),
            settings=Settings(),
        )
        with gr.Blocks() as self.page, gr.Tabs() as self.tabs:
            with gr.Tab("Atlas", id="Atlas") as tab:
                self.browse = AtlasBrowser(context)
                self.rendering = FeatureVisualization(context)
                self.browse.lead_to(self.rendering)
            self.browse.entered(tab)
        browse = self.browse
        self.said: Said = {browse.layer: "", browse.words: "", browse.order: "by number"}
        self.said[browse.channel] = ""

    def take(self, answer: Said) -> "Room":
        self.said |= answer
        return self

    def enter(self, **query: str) -> "Room":
        return self.take(self.browse._enter(self.said, SimpleNamespace(query_params=query)))

    def press(self, handler: str, index: int) -> "Room":
        event = SimpleNamespace(index=index)
        return self.take(getattr(self.browse, handler)(self.said, event))

    def look_for(self, words: str, order: str = "by number") -> "Room":
        self.said |= {self.browse.words: words, self.browse.order: order}
        return self.take(self.browse._search(self.said))

    def open(self, number: int) -> "Room":
        return self.take(self.browse._open(SimpleNamespace(index=number)))

    @property
    def tiles(self) -> list[int]:
        found = re.findall(r'data-index="(\d+)" class="s', self.said[self.browse.sheet])
        return [int(number) for number in found]

    def text(self, part: str) -> str:
        shown = re.sub(r"<[^>]+>", " ", self.said[getattr(self.browse, part)])
        return " ".join(html.unescape(shown).split())


@pytest.fixture
def destination(atlas_folder: Path) -> Room:
    return Room(atlas_folder).enter()


def test_the_page_carries_nothing_of_the_atlas_until_the_tab_is_opened(atlas_folder):
    config = str(Room(atlas_folder).page.get_config_file())
    assert "atlas-sheet button" in config  # the script
    assert "data:image" not in config
    assert "Channel 17:" not in config


def test_on_entering_a_sheet_and_an_example_s_card_are_seen(destination):
    assert destination.tiles == list(range(256, 512))
    assert destination.text("sheet").startswith("Channels 0 to 255 of the 512 in conv3_block12.")
    assert "made up" in destination.text("sheet")
    card = destination.browse.atlas_index.dictionary.card(
        "conv3_block12", int(destination.said[destination.browse.channel].partition("/")[2])
    )
    assert card.answers
    assert f"Channel {card.channel}" in destination.text("card")
    assert destination.text("movements").startswith(" ".join(MOVEMENTS))
    assert destination.text("notice") == ""
    assert destination.said[destination.browse.raw]["value"].endswith("dictionary.npz")


def test_entering_again_changes_nothing(destination):
    destination.look_for("vertical").enter()
    assert destination.said[destination.browse.words] == "vertical"
    again = destination.browse._enter(destination.said, SimpleNamespace(query_params={}))
    assert again == {destination.browse.layer: "conv3_block12"}


def test_a_link_leads_to_its_card_and_sheet(atlas_folder):
    destination = Room(atlas_folder).enter(layer="conv4_block24", channel="300")
    assert "Channel 300" in destination.text("card")
    assert destination.tiles == list(range(768 + 256, 768 + 512))
    assert (
        'data-index="1068" class="s0" tabindex="-1" aria-pressed="true"'
        in destination.said[destination.browse.sheet]
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
    destination = Room(atlas_folder).enter(layer=layer, channel=channel)
    assert reason in destination.text("notice") or reason in html.unescape(
        destination.said[destination.browse.notice]
    )
    assert "<script>" not in destination.said[destination.browse.notice]
    assert destination.tiles


def test_a_block_and_a_page_can_be_pressed(destination):
    destination.press("_to_layer", 3)
    assert destination.said[destination.browse.layer] == "conv5_block16"
    assert destination.tiles == list(range(1792, 2048))
    assert destination.said[destination.browse.pages].count("<button") == 4
    destination.press("_to_page", 3)
    assert destination.tiles == list(range(2560, 2816))
    assert destination.text("sheet").startswith("Channels 768 to 1023 of the 1024")
    assert 'data-index="3" aria-pressed="true"' in destination.said[destination.browse.pages]
    destination.press("_to_layer", 0)
    assert destination.tiles == list(range(256))
    assert destination.said[destination.browse.pages] == ""


def test_words_find_channels_in_all_blocks(destination):
    destination.look_for("fine votes for Cubism", "votes for Cubism")
    dictionary = destination.browse.atlas_index.dictionary
    expected = dictionary.search(
        "fine votes for Cubism", layer="conv3_block12", order="votes for Cubism"
    )
    assert destination.tiles == expected.tolist()
    assert f"{len(expected)} channels in conv3_block12 that fit your words" in destination.text(
        "sheet"
    )
    for layer in LAYERS:
        found = len(dictionary.search("fine votes for Cubism", layer=layer))
        assert f"{found} of {dictionary.layers[layer]} channels fit" in destination.text("network")


def test_words_that_fit_only_another_block_lead_there(destination):
    destination.look_for("conv5_block16 1000")
    assert destination.said[destination.browse.layer] == "conv5_block16"
    assert destination.tiles == [1792 + 1000]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("<i>baroque", "'i'; try horizontal"),
        ("vertical horizontal", "fits all of these words"),
    ],
)
def test_what_finds_nothing_shows_nothing_and_says_why(destination, words, reason):
    destination.look_for(words)
    assert reason in html.unescape(destination.said[destination.browse.notice])
    assert destination.tiles == []
    assert "No tile fits these words." in destination.text("sheet")
    assert "0 of 512 channels fit" in destination.text("network")
    destination.look_for("vertical")
    assert destination.text("notice") == ""
    assert destination.tiles


def test_a_movement_shows_what_votes_for_it_and_the_strongest_s_card(destination):
    destination.press("_votes_for", 1)
    assert (
        destination.browse.atlas_index.dictionary.number(
            *destination.browse._chosen(destination.said)
        )
        == destination.tiles[0]
    )
    assert (
        'aria-pressed="true"'
        in destination.said[destination.browse.sheet].partition("</button>")[0]
    )
    assert "votes for Cubism most" in destination.text("card")
    assert (
        destination.said[destination.browse.words]
        == destination.said[destination.browse.order]
        == "votes for Cubism"
    )
    votes = destination.browse.atlas_index.dictionary.columns["votes"][destination.tiles]
    assert (votes.argmax(1) == 1).all()


def test_every_suggestion_finds_something(destination):
    for index, words in enumerate(destination.browse.chips):
        destination.press("_try", index)
        assert destination.said[destination.browse.words] == words
        assert destination.text("notice") == ""
        assert destination.tiles


def test_a_tile_opens_its_card(destination):
    destination.open(1068)
    assert "Channel 300" in destination.text("card")
    assert destination.said[destination.browse.channel] == "conv4_block24/300"
    assert destination.said[destination.browse.png]["value"].endswith(
        "conv4_block24 channel 300.png"
    )
    assert destination.said[destination.browse.larger]["interactive"]
    destination.press("_to_layer", 2).press("_to_page", 1)
    assert (
        'data-index="1068" class="s0" tabindex="-1" aria-pressed="true"'
        in destination.said[destination.browse.sheet]
    )


def test_a_card_is_handed_on_and_rendered_at_once(destination):
    handed = destination.open(1068).browse._hand_over(destination.said)
    form = destination.rendering.form
    assert handed[form.expression] == "conv4_block24:300"
    assert (handed[form.layer], handed[form.channel]) == ("conv4_block24", 300)
    functions = destination.page.fns.values()
    (hands_over,) = (fn for fn in functions if fn.name == "_hand_over")
    assert "_begin" in {fn.name for fn in functions if fn.trigger_after == hands_over._id}


@pytest.mark.parametrize(("reader", "seen"), [(READER, True), ("0.1", False)])
def test_paintings_that_excite_a_channel_are_named_where_they_are_known(
    atlas_folder, tmp_path, reader, seen
):
    folder = shutil.copytree(atlas_folder, tmp_path / "library")
    facts = [["Guitar", "Juan Gris", 1913], [UNKNOWN, "Paul Klee", None]]
    channels = [[[0, 4.25], [1, 3.0]]] * sum(CHANNELS.values())
    said = {"reader": reader, "paintings": 9, "layers": CHANNELS, "facts": facts}
    (folder / "atlas" / TOP_PAINTINGS_FILE).write_text(json.dumps(said | {"channels": channels}))
    destination = Room(folder).enter().open(1068)
    assert ("Guitar , Juan Gris, 1913 (+4.2)." in destination.text("card")) == seen
    assert ("Paul Klee (+3.0)." in destination.text("card")) == seen
    assert ("search=Juan+Gris+Guitar&amp;" in destination.said[destination.browse.card]) == seen
    assert UNKNOWN not in destination.text("card")


def test_all_cards_can_be_taken_home_as_a_table(destination):
    path = Path(destination.browse._offer_table()["value"])
    assert len(path.read_text().splitlines()) == 2817


def test_a_missing_atlas_is_said(tmp_path):
    destination = Room(tmp_path).enter()
    assert "is missing; make it with" in destination.text("notice")
    destination.look_for("vertical")
    assert "missing" in destination.text("notice")
    destination.browse._offer_table()  # has nothing to offer, and complains no more


def test_an_atlas_of_another_reader_is_pointed_out(atlas_folder):
    destination = Room(atlas_folder, version="0.9").enter()
    assert "version 0.9 reads your pictures" in destination.text("notice")
    assert destination.tiles


def test_the_address_opens_the_tab_only_if_it_names_a_card(atlas_folder):
    page = Room(atlas_folder).page
    (opens,) = (fn.fn for fn in page.fns.values() if fn.name == "open_linked")
    asked = SimpleNamespace(query_params={"layer": "conv4_block24", "channel": "17"})
    assert opens(asked)["selected"] == "Atlas"
    for query in ({}, {"layer": "conv4_block24"}, {"__theme": "dark"}):
        assert "selected" not in opens(SimpleNamespace(query_params=query))
