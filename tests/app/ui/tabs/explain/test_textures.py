"""The section's handlers, called as Gradio calls them, on the shipped network."""

import csv
import io
import re
from typing import Any

import gradio as gr
import numpy as np
import pytest

from app.imaging import read_picture
from app.serving.averages import Averages
from app.ui.context import UploadedPicture
from app.ui.tabs.explain.texture_charts import (
    direction_words,
    hexadecimal,
    name_of,
    rose_html,
    sentence,
    strips_html,
    swatches_html,
)
from app.ui.tabs.explain.textures import CHANNELS_PER_LAYER, TEXTURE_LAYERS, Textures, table
from tests.app.ui.tabs.explain.test_feature_maps import (
    SHIPPED,
    Missing,
    WithDictionary,
    make_session,
    press,
)
from training.common.movements import MOVEMENTS
from training.common.texture_features.measures import MEASURES, measure
from training.common.texture_features.palette import Swatch


@pytest.fixture(scope="module")
def averages() -> Averages:
    return SHIPPED.averages


class WithAverages(WithDictionary):
    @property
    def averages(self) -> Averages:
        return SHIPPED.averages


def lay_out(reading: Any, assets: Any) -> Textures:
    with gr.Blocks():
        textures = Textures(make_session(reading, assets))
        textures.connect()
    return textures


@pytest.fixture
def textures(make_reading) -> Textures:
    return lay_out(make_reading(), WithAverages())


@pytest.fixture
def uploaded(textures: Textures, painting: np.ndarray) -> UploadedPicture:
    return textures.session.context.receive("<b>my</b> painting.jpg", painting)


def test_a_new_picture_fills_every_output(textures, uploaded):
    shown = textures.show(uploaded, {})
    assert set(shown) == set(textures.outputs)
    assert shown[textures.strokes]["picture"] != shown[textures.strokes]["overlay"]
    assert shown[textures.strips].count('class="measure"') == len(MEASURES)
    assert "Cubist paintings" in shown[textures.strips]
    assert "<b>my" not in shown[textures.strokes]["caption"]


def test_the_channels_are_of_both_layers(textures, uploaded):
    cards = textures.show(uploaded, {})[textures.panel.cards]
    layers = re.findall(r'aria-label="Channel \d+ of (\w+),', cards)
    assert layers == [layer for layer in TEXTURE_LAYERS for _ in range(CHANNELS_PER_LAYER)]


def test_a_pressed_channel_is_shown_large(textures, uploaded):
    shown = textures._show_channel(uploaded, uploaded.token, press(CHANNELS_PER_LAYER))
    assert set(shown) == {textures.notice, *textures.panel.outputs}
    assert TEXTURE_LAYERS[1] in shown[textures.panel.compare_slider]["caption"]


def test_without_averages_the_numbers_are_still_shown(make_reading, painting):
    textures = lay_out(make_reading(), Missing())
    shown = textures.show(textures.session.context.receive("a.jpg", painting), {})
    assert shown[textures.strips].count('class="measure"') == len(MEASURES)
    assert "paintings" not in shown[textures.strips]
    assert "Impressionism" not in shown[textures.palette]


def test_a_picture_outside_of_all_movements_is_compared_but_not_placed(make_reading, painting):
    textures = lay_out(make_reading(refusal="outside"), WithAverages())
    strips = textures.show(textures.session.context.receive("a.jpg", painting), {})[textures.strips]
    assert "Most like the middle of" in strips
    assert "than four of five" not in strips
    assert 'class="likely"' not in strips


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (300, 40)])
def test_every_picture_has_textures(make_reading, size):
    textures = lay_out(make_reading(), WithAverages())
    shown = textures.show(
        textures.session.context.receive("flat", np.full((*size, 3), 200, np.uint8)), {}
    )
    assert set(shown) == set(textures.outputs)
    assert "nan" not in shown[textures.strips]
    assert "nothing of the kind" in shown[textures.strips]
    assert "nothing to see" in shown[textures.rose]


def test_the_files_hold_what_was_shown(textures, uploaded):
    session = textures.session
    page = {session.state: uploaded, session.token: uploaded.token}
    png, _ = textures._png(page)
    assert read_picture(png).shape == uploaded.picture.shape
    field = np.load(io.BytesIO(textures._npy(page)[0]))
    assert field.shape[2] == 2
    rows = list(csv.DictReader(io.StringIO(textures._csv(page)[0].decode())))
    numbers = {row["name"]: float(row["value"]) for row in rows if row["kind"] == "measure"}
    assert numbers == pytest.approx(measure(uploaded.picture), rel=1e-4)
    assert all(0 <= float(row["share below in Cubism"]) <= 1 for row in rows[: len(MEASURES)])
    shares = [float(row["value"]) for row in rows if row["kind"] == "colour"]
    assert sum(shares) == pytest.approx(1, abs=0.01)


def test_a_table_without_averages_has_fewer_columns(painting):
    assert [row[0] for row in table(painting, None)].count("measure") == len(MEASURES)


@pytest.mark.parametrize("movement", [*MOVEMENTS, None])
def test_sentences_begin_with_a_capital_and_end_with_a_full_stop(averages, movement):
    for each in MEASURES:
        for value in (-9.0, 0.5, 20.0, 999.0, float("nan")):
            words = sentence(each, value, averages, movement)
            assert words[0].isupper()
            assert words.endswith(".")


def test_strips_have_labels_for_screen_readers(averages, painting):
    html = strips_html(measure(painting), averages, "Realism")
    assert html.count('role="img" aria-label="Realism: eight of ten of') == len(MEASURES)
    assert html.count('<span class="likely">Realism</span>') == len(MEASURES)
    places = [float(place) for place in re.findall(r"left: ([-\d.]+)%", html)]
    assert 0 <= min(places) <= max(places) <= 100


@pytest.mark.parametrize(
    ("bin_", "words"), [(0, "level"), (6, "upright"), (3, "rising"), (9, "falling"), (5, "upright")]
)
def test_the_direction_in_words(bin_, words):
    shares = np.full(12, 0.05, np.float32)
    shares[bin_] = 0.45
    assert words in direction_words(shares)
    assert "in all directions" in direction_words(np.full(12, 1 / 12, np.float32))


def test_a_rose_without_directions_is_empty_but_valid():
    svg = rose_html(np.zeros(12, np.float32), np.full(12, 1 / 12, np.float32), "Cubism")
    assert "nan" not in svg
    assert "Cubist" in svg


@pytest.mark.parametrize(
    ("colour", "name"),
    [
        ((0, 0, 0), "black"),
        ((255, 255, 255), "white"),
        ((128, 128, 128), "grey"),
        ((30, 50, 170), "ultramarine"),
        ((200, 140, 45), "ochre"),
        ((210, 40, 40), "red"),
    ],
)
def test_colours_have_the_names_that_people_use(colour, name):
    assert name_of(colour) == name


def test_swatches_have_name_share_and_hexadecimal_number():
    html = swatches_html([Swatch((210, 40, 40), 0.7), Swatch((0, 0, 0), 0.3)], {}, "Cubism")
    assert hexadecimal((210, 40, 40)) == "#d22828"
    assert 'aria-label="red 70\N{NO-BREAK SPACE}%, black 30\N{NO-BREAK SPACE}%"' in html
    assert "movements" not in html
