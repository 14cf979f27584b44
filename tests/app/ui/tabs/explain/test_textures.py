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
from app.settings import Settings
from app.ui.context import AppContext, UploadedPicture
from app.ui.tabs.explain.palette_chart import hexadecimal, name_of, swatches_html
from app.ui.tabs.explain.texture_charts import rose, sentence, strips, way
from app.ui.tabs.explain.textures import EACH, TEXTURE_LAYERS, Textures, table
from tests.app.ui.tabs.explain.test_feature_maps import LIBRARY, Known, Missing, Tab, press
from training.common.movements import MOVEMENTS
from training.common.texture_features.measures import MEASURES, measure
from training.common.texture_features.palette import Swatch


@pytest.fixture(scope="module")
def averages() -> Averages:
    return LIBRARY.averages


class Shipped(Known):
    @property
    def averages(self) -> Averages:
        return LIBRARY.averages


def lay_out(reading: Any, assets: Any) -> tuple[Textures, AppContext]:
    class Reader:
        @staticmethod
        def read(picture: np.ndarray) -> Any:
            return reading

    context = AppContext(Reader(), Settings(), None, assets)
    with gr.Blocks():
        texture = Textures(Tab(context))
        texture.connect()
    return texture, context


@pytest.fixture
def texture(make_reading) -> Textures:
    return lay_out(make_reading(), Shipped())[0]


@pytest.fixture
def uploaded(texture: Textures, painting: np.ndarray) -> UploadedPicture:
    return texture.tab.context.receive("<b>my</b> painting.jpg", painting)


def test_a_new_picture_fills_every_output(texture, uploaded):
    shown = texture.show(uploaded, {})
    assert set(shown) == set(texture.outputs)
    assert shown[texture.strokes]["picture"] != shown[texture.strokes]["overlay"]
    assert shown[texture.strips].count('class="measure"') == len(MEASURES)
    assert "Cubist paintings" in shown[texture.strips]
    assert "<b>my" not in shown[texture.strokes]["caption"]


def test_the_textures_found_are_of_both_layers(texture, uploaded):
    cards = texture.show(uploaded, {})[texture.cards]
    layers = re.findall(r'aria-label="Channel \d+ of (\w+),', cards)
    assert layers == [layer for layer in TEXTURE_LAYERS for _ in range(EACH)]


def test_a_pressed_texture_comes_onto_the_easel(texture, uploaded):
    shown = texture._press_channel({texture.tab.state: uploaded}, press(EACH))
    assert set(shown) == {texture.notice, texture.compare_slider, texture.details, texture.cards}
    assert TEXTURE_LAYERS[1] in shown[texture.compare_slider]["caption"]


def test_without_averages_the_numbers_still_stand(make_reading, painting):
    texture, context = lay_out(make_reading(), Missing())
    shown = texture.show(context.receive("a.jpg", painting), {})
    assert shown[texture.strips].count('class="measure"') == len(MEASURES)
    assert "paintings" not in shown[texture.strips]
    assert "Impressionism" not in shown[texture.palette]


def test_a_picture_outside_of_all_movements_is_likened_but_not_placed(make_reading, painting):
    texture, context = lay_out(make_reading(refusal="outside"), Shipped())
    strips = texture.show(context.receive("a.jpg", painting), {})[texture.strips]
    assert "Most like the middle of" in strips
    assert "than four of five" not in strips
    assert 'class="likely"' not in strips


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (300, 40)])
def test_every_picture_has_textures(make_reading, size):
    texture, context = lay_out(make_reading(), Shipped())
    shown = texture.show(context.receive("flat", np.full((*size, 3), 200, np.uint8)), {})
    assert set(shown) == set(texture.outputs)
    assert "nan" not in shown[texture.strips]
    assert "nothing of the kind" in shown[texture.strips]
    assert "nothing to see" in shown[texture.rose]


def test_the_files_hold_what_was_shown(texture, uploaded):
    page = {texture.tab.state: uploaded}
    png, _ = texture._png(page)
    assert read_picture(png).shape == uploaded.picture.shape
    field = np.load(io.BytesIO(texture._npy(page)[0]))
    assert field.shape[2] == 2
    rows = list(csv.DictReader(io.StringIO(texture._csv(page)[0].decode())))
    numbers = {row["name"]: float(row["value"]) for row in rows if row["kind"] == "measure"}
    assert numbers == pytest.approx(measure(uploaded.picture), rel=1e-4)
    assert all(0 <= float(row["share below in Cubism"]) <= 1 for row in rows[: len(MEASURES)])
    shares = [float(row["value"]) for row in rows if row["kind"] == "colour"]
    assert sum(shares) == pytest.approx(1, abs=0.01)


def test_a_table_without_averages_has_fewer_columns(painting):
    assert [row[0] for row in table(painting, None)].count("measure") == len(MEASURES)


@pytest.mark.parametrize("movement", [*MOVEMENTS, None])
def test_sentences_begin_large_and_end(averages, movement):
    for each in MEASURES:
        for value in (-9.0, 0.5, 20.0, 999.0, float("nan")):
            words = sentence(each, value, averages, movement)
            assert words[0].isupper()
            assert words.endswith(".")


def test_strips_say_their_numbers_to_screen_readers(averages, painting):
    html = strips(measure(painting), averages, "Realism")
    assert html.count('role="img" aria-label="Realism: eight of ten of') == len(MEASURES)
    assert html.count('<span class="likely">Realism</span>') == len(MEASURES)
    places = [float(place) for place in re.findall(r"left: ([-\d.]+)%", html)]
    assert 0 <= min(places) <= max(places) <= 100


@pytest.mark.parametrize(
    ("bin_", "words"), [(0, "level"), (6, "upright"), (3, "rising"), (9, "falling"), (5, "upright")]
)
def test_the_way_in_words(bin_, words):
    shares = np.full(12, 0.05, np.float32)
    shares[bin_] = 0.45
    assert words in way(shares)
    assert "in all directions" in way(np.full(12, 1 / 12, np.float32))


def test_a_rose_without_directions_is_empty_but_whole():
    svg = rose(np.zeros(12, np.float32), np.full(12, 1 / 12, np.float32), "Cubism")
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


def test_swatches_say_name_share_and_number():
    html = swatches_html([Swatch((210, 40, 40), 0.7), Swatch((0, 0, 0), 0.3)], {}, "Cubism")
    assert hexadecimal((210, 40, 40)) == "#d22828"
    assert 'aria-label="red 70\N{NO-BREAK SPACE}%, black 30\N{NO-BREAK SPACE}%"' in html
    assert "movements" not in html
