"""The section's handlers, called as Gradio calls them, on the shipped network."""

import csv
import io
import re
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import gradio as gr
import numpy as np
import pytest

from app.errors import UserError
from app.imaging import read_picture
from app.serving.channels import LayerActivations, new_channels
from app.serving.shipped_assets import ShippedAssets
from app.settings import Settings
from app.ui.context import SESSION_EXPIRED, AppContext, UploadedPicture
from app.ui.handlers import ComponentValues
from app.ui.tabs.explain.channel_panel import compared_pictures, details_html, strength, table
from app.ui.tabs.explain.feature_maps import COUNTS, FIRST_DEPTH, FeatureMaps
from app.ui.tabs.explain.network_diagram import diagram_html, receptive_field
from app.ui.tabs.explain.sections import ExplainSession
from training.common.depths import CHANNELS, DEPTHS
from training.common.movements import MOVEMENTS
from training.common.preprocessing import letterbox_box

SHIPPED = ShippedAssets()


class Missing:
    """Assets of which nothing but the network is there."""

    @property
    def features(self) -> Any:
        return SHIPPED.features

    def __getattr__(self, name: str) -> Any:
        raise UserError(f"{name} is missing")


class WithDictionary(Missing):
    """Every channel has mean 0 and deviation 1 in paintings, and votes for Cubism."""

    class _Dictionary:
        @staticmethod
        def statistics(layer: str) -> tuple[np.ndarray, np.ndarray]:
            return np.zeros(CHANNELS[layer], np.float32), np.ones(CHANNELS[layer], np.float32)

        @staticmethod
        def votes(layer: str) -> np.ndarray:
            return np.tile(np.float32([-0.5, 0.25, 0, 0, 0]), (CHANNELS[layer], 1))

    class _Atlas:
        @staticmethod
        def tile(layer: str, channel: int) -> np.ndarray:
            return np.full((96, 96, 3), 7, np.uint8)

    dictionary, atlas = _Dictionary(), _Atlas()


def make_session(reading: Any, assets: Any) -> ExplainSession:
    classifier = SimpleNamespace(read=lambda _: reading)
    context = AppContext(classifier, Settings(), None, assets)
    return ExplainSession(context, gr.State(), gr.Textbox())


def lay_out(reading: Any, assets: Any) -> FeatureMaps:
    with gr.Blocks():
        maps = FeatureMaps(make_session(reading, assets))
        maps.connect()
    return maps


@pytest.fixture
def maps(make_reading) -> FeatureMaps:
    return lay_out(make_reading(), Missing())


@pytest.fixture
def with_dictionary(make_reading) -> FeatureMaps:
    return lay_out(make_reading(), WithDictionary())


@pytest.fixture
def uploaded(maps: FeatureMaps, painting: np.ndarray) -> UploadedPicture:
    return maps.session.context.receive("<b>my</b> painting.jpg", painting)


def page_values(maps: FeatureMaps, uploaded: UploadedPicture, **more: Any) -> ComponentValues:
    chosen = {"depth": FIRST_DEPTH, "channel": 200, "count": COUNTS[0], "inherited": False} | more
    session = maps.session
    values: ComponentValues = {session.state: uploaded, session.token: uploaded.token}
    return values | {getattr(maps, name): value for name, value in chosen.items()}


def press(index: int) -> Any:
    return SimpleNamespace(index=index, value=None)


def shown_channels(html: str) -> list[int]:
    return [int(number) for number in re.findall(r'aria-label="Channel (\d+) of', html)]


def test_a_new_picture_fills_every_output(maps, uploaded):
    shown = maps.show(uploaded, page_values(maps, uploaded))
    assert set(shown) == set(maps.outputs)
    assert len(shown_channels(shown[maps.panel.cards])) == COUNTS[0]
    assert shown[maps.channel] == shown_channels(shown[maps.panel.cards])[0]
    assert shown[maps.panel.compare_slider]["ratio"] == 1.5
    assert "<b>my" not in shown[maps.panel.compare_slider]["caption"]


def test_choices_are_kept_for_the_next_picture(maps, uploaded):
    shown = maps.show(uploaded, page_values(maps, uploaded, depth=5, count=24, inherited=True))
    assert (shown[maps.depth], shown[maps.count], shown[maps.inherited]) == (5, 24, True)
    assert f"{DEPTHS[4].name}: {DEPTHS[4].channels} maps" in shown[maps.network]
    assert len(shown_channels(shown[maps.panel.cards])) == 24


@pytest.mark.parametrize("depth", DEPTHS[::4], ids=lambda depth: depth.name)
def test_a_depth_can_be_pressed(maps, uploaded, depth):
    shown = maps._show_depth(page_values(maps, uploaded), press(depth.number))
    assert shown[maps.depth] == depth.number
    assert f"{depth.name}: {depth.channels} maps" in shown[maps.network]
    found = shown_channels(shown[maps.panel.cards])
    assert set(found) <= set(new_channels(depth.number))
    assert len(set(found)) == COUNTS[0]


def test_channels_of_earlier_layers_can_be_shown(with_dictionary, uploaded):
    more = page_values(with_dictionary, uploaded, depth=4, count=48, inherited=True)
    found = shown_channels(with_dictionary._show_choices(more)[with_dictionary.panel.cards])
    assert len(found) == 48
    assert min(found) < new_channels(4).start


def test_a_pressed_channel_is_shown_large(maps, uploaded):
    page = page_values(maps, uploaded)
    second = shown_channels(maps.show(uploaded, page_values(maps, uploaded))[maps.panel.cards])[1]
    shown = maps._show_channel(page, press(1))
    assert shown[maps.channel] == second
    assert f"channel {second}" in shown[maps.panel.compare_slider]["caption"]
    assert f"Channel {second}" in shown[maps.panel.details]
    pressed = re.findall(r'aria-pressed="true" aria-label="Channel (\d+)', shown[maps.panel.cards])
    assert pressed == [str(second)]


def test_without_a_dictionary_nothing_is_said_of_paintings(maps, uploaded):
    shown = maps.show(uploaded, page_values(maps, uploaded))
    words = (
        shown[maps.panel.cards]
        + shown[maps.panel.details]
        + shown[maps.panel.compare_slider]["legend"]
    )
    assert "Votes" not in words
    assert "usual" not in words
    assert "than elsewhere in the picture" in shown[maps.panel.cards]


def test_with_a_dictionary_it_says_how_unusual_and_for_which_movement(with_dictionary, uploaded):
    shown = with_dictionary.show(uploaded, page_values(with_dictionary, uploaded))
    assert (
        "for Cubism (+0.25), against Abstract (\N{MINUS SIGN}0.50)"
        in shown[with_dictionary.panel.details]
    )
    assert "than it usually does in paintings" in shown[with_dictionary.panel.cards]
    assert (
        f"?layer=conv3_block12&amp;channel={shown[with_dictionary.channel]}"
        in shown[with_dictionary.panel.details]
    )
    assert shown[with_dictionary.panel.cards].count("<img") == 2 * COUNTS[0]


def test_an_expired_session_is_explained(maps, uploaded):
    values = page_values(maps, replace(uploaded, is_example=True)) | {maps.session.token: "another"}
    shown = maps._show_depth(values, press(1))
    assert set(shown) == {maps.notice}
    assert SESSION_EXPIRED in shown[maps.notice]


def test_the_files_hold_what_was_shown(maps, uploaded):
    page = page_values(maps, uploaded)
    png, name = maps._png(page)
    assert read_picture(png).shape == uploaded.picture.shape
    assert name == "conv3_block12 channel 200.png"
    content, _ = maps._npy(page)
    assert np.load(io.BytesIO(content)).shape == (256, 24, 24)
    text, _ = maps._csv(page)
    rows = list(csv.DictReader(io.StringIO(text.decode())))
    assert [int(row["channel"]) for row in rows] == list(range(256))


def test_a_file_is_ready_when_its_button_was_pressed(maps, uploaded, tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    shown = maps.save._make("Raw maps, .npy", page_values(maps, uploaded))
    assert shown[maps.save.link]["value"].endswith(".npy")
    assert shown[maps.save.link]["visible"]


def test_a_flat_map_is_active_nowhere(maps):
    flat = np.ones((512, 24, 24), np.float32)
    view = LayerActivations("conv3_block12", flat, letterbox_box(40, 30), 192)
    uploaded = SimpleNamespace(picture=np.zeros((30, 40, 3), np.uint8), title="flat", size=(40, 30))
    comparison = compared_pictures(uploaded, view, 3)
    assert comparison.picture == comparison.overlay
    assert "nowhere" in comparison.legend
    assert "nan" not in details_html(maps.session.context, view, 3)


def test_strength_in_words():
    statistics = np.zeros(3, np.float32), np.ones(3, np.float32)
    maps = np.array([5, 0, -3], np.float32)[:, None, None] * np.ones((3, 24, 24), np.float32)
    view = LayerActivations("conv3_block12", maps, letterbox_box(1, 1), 192, statistics)
    words = [strength(view, channel) for channel in range(3)]
    assert words == [
        "far stronger than in nearly all paintings",
        "about as strong as usual",
        "weaker than usual",
    ]


def test_the_table_has_a_vote_for_each_movement():
    votes = np.zeros((3, 5), np.float32)
    view = LayerActivations(
        "conv3_block12", np.zeros((3, 24, 24), np.float32), letterbox_box(1, 1), 192, None, votes
    )
    head, *rows = table(view, range(3))
    assert head[-5:] == [f"vote_{movement}" for movement in MOVEMENTS]
    assert {len(row) for row in rows} == {len(head)}


def test_the_diagram_has_nine_buttons_of_which_one_is_pressed(painting):
    html = diagram_html(4, painting, [0.2] * 5)
    assert re.findall(r'data-index="(\d)"', html) == [str(number) for number in range(1, 10)]
    assert re.findall(r'data-index="(\d)" aria-pressed="true"', html) == ["4"]
    assert html.count('class="plate') == 58 + 2
    assert html.count('class="plate chosen"') == 1


def test_receptive_fields_equal_the_extent_of_gradients():
    """With positive weights and inputs nothing cancels, so that the edge is found."""
    import torch

    from training.networks.densenet import densenet121_trunk

    trunk = densenet121_trunk()[:7].eval()  # Up to the second block.
    for parameter in trunk.parameters():
        parameter.requires_grad_(False).abs_().clamp_(min=1e-3)
    outputs = {}
    for depth in DEPTHS[:3]:
        layer = trunk.get_submodule(f"denseblock{depth.block}.denselayer{depth.layer}")
        layer.register_forward_hook(lambda _m, _i, out, n=depth.number: outputs.__setitem__(n, out))
    picture = torch.rand(1, 3, 192, 192, requires_grad=True)
    trunk(picture)
    for depth in DEPTHS[:3]:
        middle = outputs[depth.number].shape[-1] // 2
        (slope,) = torch.autograd.grad(
            outputs[depth.number][0, -32:, middle, middle].sum(), picture, retain_graph=True
        )
        columns = slope.abs().sum((0, 1, 2)).nonzero().flatten()
        assert int(columns[-1] - columns[0] + 1) == receptive_field(depth), depth.name
