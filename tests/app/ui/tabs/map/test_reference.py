"""The section's handlers, called as Gradio calls them, with a stand-in for the network."""

import csv
import dataclasses
import io
import json
import re
from html import escape
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from app import MODELS
from app.collection.plot import Point, figure
from app.errors import UserError
from app.serving.reference_map import UNKNOWN, Cluster, Neighbour, ReferenceMap
from app.serving.shipped_assets import ShippedAssets
from app.settings import Settings
from app.ui.context import AppContext, UploadedPicture
from app.ui.tabs.map import reference_html
from app.ui.tabs.map.plot import as_plot
from app.ui.tabs.map.reference import ReferenceMapSection
from app.ui.wording import in_short

FILE_DATA = {"_type": "gradio.FileData"}
ASSETS = ShippedAssets()


class StandIn:
    """A classifier with the same reading of every picture."""

    def __init__(self, reading: Any) -> None:
        self.reading = reading

    def read(self, picture: np.ndarray) -> Any:
        return self.reading


@pytest.fixture(autouse=True)
def uploads(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "gradio"))


@pytest.fixture
def section(make_reading) -> ReferenceMapSection:
    with gr.Blocks():
        return ReferenceMapSection(AppContext(StandIn(make_reading()), Settings(), None, ASSETS))


@pytest.fixture
def uploaded(section, painting) -> UploadedPicture:
    return section.context.receive("my painting.jpg", painting)


def content(update: dict[str, Any]) -> bytes:
    """What a download button offers."""
    return Path(update["value"]).read_bytes()


def drawn(section, shown):
    """The map that is drawn after `shown`."""
    return section._draw(shown[section.state], "")[section.plot]


def test_a_map_that_is_shown_already_is_not_drawn_again(section, uploaded):
    assert section._draw(uploaded, uploaded.token) == {section.drawn: uploaded.token}
    assert section._draw(None, "") == {section.drawn: ""}


def test_the_map_is_drawn_when_the_tab_is_opened_and_not_before(section):
    assert section.plot.value is None
    shown = section._show_first(None)
    assert set(shown) == set(section.results)
    assert "Harbour at dawn" in shown[section.where]
    chart = json.loads(drawn(section, shown).plot)
    groups = [trace["name"] for trace in chart["data"] if trace["type"] == "scattergl"]
    assert groups == [
        *("Abstract", "Cubism", "Expressionism", "Impressionism", "Realism", "Other movements")
    ]


def test_a_picture_from_another_tab_is_not_replaced_by_the_example(section, uploaded):
    assert section._show_first(uploaded) == {section.state: uploaded}


def test_the_page_is_sent_without_the_map(section):
    assert len(json.dumps(section.plot.get_config(), default=str)) < 2000


def test_an_upload_is_placed_with_its_ten_neighbours(section, painting, tmp_path):
    Image.fromarray(painting).save(tmp_path / "a.png")
    upload = {"path": str(tmp_path / "a.png"), "orig_name": "holiday.png", "meta": FILE_DATA}
    shown = section.image_input._receive_upload({section.image_input.uploaded_file: upload})
    assert set(shown) == set(section.results)
    assert shown[section.state].title == "holiday.png"
    assert shown[section.nearest].count("<li>") == 10
    marks = json.loads(drawn(section, shown).plot)["data"][6:]
    yours = ["Your picture", "Your picture"]
    assert [trace["name"] for trace in marks] == ["Found", "Nearest", *yours, "Pressed"]
    listed = re.findall(r'data-index="(\d+)"><b class="rank">(\d+)<', shown[section.nearest])
    assert [number for _, number in listed] == [str(number) for number in range(1, 11)]
    assert [data[2] for data in marks[1]["customdata"]][::-1] == [int(i) for i, _ in listed]


def press(
    section: ReferenceMapSection, index: int, uploaded: UploadedPicture | None = None
) -> dict[Any, Any]:
    return section._open_card(uploaded, SimpleNamespace(index=index, value=None))


def test_a_pressed_dot_opens_the_card_of_its_painting(section, uploaded):
    (near, *_) = ASSETS.reference_map.neighbours(uploaded.reading.embedding)
    painting, card = near.painting, press(section, near.index, uploaded)[section.card]
    for fact in (painting.title, painting.artist, painting.style):
        assert escape(fact) in card
    assert f'data-number="{near.index}"' in card
    assert f'data-places="[[{painting.x}, {painting.y}]]"' in card
    assert reference_html.likeness(near.similarity, ASSETS.reference_map.similarity) in card
    assert "number 1 of its nearest" in card
    assert "Compared with" not in press(section, near.index)[section.card]
    assert press(section, -1, uploaded) == {section.card: ""}


def test_a_card_links_to_other_sites_and_loads_nothing_from_them(section):
    found = ASSETS.reference_map.search("wheat field van gogh")
    card = press(section, found[0])[section.card]
    links = re.findall(r"<a ([^>]+)>", card)
    assert [re.search("//(.*?)/w/", link)[1] for link in links] == [
        "en.wikipedia.org",
        "commons.wikimedia.org",
    ]
    for link in links:
        assert 'rel="noopener noreferrer"' in link
        assert "search=Vincent+van+Gogh+" in link
    assert "src=" not in card


def test_an_index_that_is_not_on_the_map_is_refused(section):
    for index in (-2, len(ASSETS.reference_map.paintings)):
        assert "no such painting" in press(section, index)[section.notice]


def test_title_unknown_is_only_shown_where_the_artist_is_unknown_too():
    titled = ASSETS.reference_map.paintings[0]
    untitled = dataclasses.replace(titled, title=UNKNOWN, artist="Paul Klee")
    assert reference_html.name(titled) == titled.title
    assert reference_html.name(untitled) == "A painting by Paul Klee"
    assert reference_html.name(dataclasses.replace(untitled, artist="")) == UNKNOWN
    card = reference_html.card_html(3, untitled, "")
    assert UNKNOWN not in card
    assert "search=Paul+Klee&amp;" in card


def test_artists_and_titles_are_found_and_marked(section):
    found = section._search("CEZANNE")[section.found]
    by_cezanne = [p for p in ASSETS.reference_map.paintings if p.artist == "Paul Cézanne"]
    assert f"{len(by_cezanne)} paintings are marked on the map" in found
    places = json.loads(re.search('data-places="([^"]+)"', found)[1])
    assert places == [[each.x, each.y] for each in by_cezanne]
    assert found.count("data-index=") == reference_html.LISTED
    nothing = section._search("<b>nobody")[section.found]
    assert "No painting on the map has" in nothing
    assert "<b>" not in nothing
    assert section._search(" ")[section.found] == ""


def test_an_example_is_placed_like_an_upload(section):
    shown = section.image_input._receive_example(
        {section.state: None}, SimpleNamespace(index=1, value=None)
    )
    assert "Night over the hill" in shown[section.where]


def test_a_bad_upload_changes_only_the_notice(section, tmp_path):
    (tmp_path / "bad.png").write_text("no picture")
    upload = {"path": str(tmp_path / "bad.png"), "orig_name": "bad.png", "meta": FILE_DATA}
    shown = section.image_input._receive_upload({section.image_input.uploaded_file: upload})
    assert set(shown) == {section.notice}
    assert "text file" in shown[section.notice]


def test_a_missing_map_is_reported_in_the_page(make_reading, tmp_path):
    with gr.Blocks():
        classifier = StandIn(make_reading())
        section = ReferenceMapSection(
            AppContext(classifier, Settings(), None, ShippedAssets(folder=tmp_path))
        )
    shown = section._show_first(None)
    assert set(shown) == {section.notice}
    assert "cannot be read" in shown[section.notice]


def test_file_names_are_escaped(section, painting):
    shown = section.receive(section.context.receive("<img src=x onerror=alert(1)>", painting))
    assert "<img" not in shown[section.where] + shown[section.nearest]
    assert "<img" not in drawn(section, shown).plot


def test_map_neighbours_and_embedding_can_be_downloaded(section, uploaded):
    shown = section.receive(uploaded)
    paintings = list(csv.DictReader(io.StringIO(content(shown[section.table]).decode())))
    assert len(paintings) == len(ASSETS.reference_map.paintings)
    nearest = list(csv.DictReader(io.StringIO(content(shown[section.nearest_table]).decode())))
    assert len(nearest) == 10
    cosines = [float(row["similarity"]) for row in nearest]
    assert cosines == sorted(cosines, reverse=True)
    embedding = np.load(io.BytesIO(content(shown[section.embedding])))
    np.testing.assert_array_equal(embedding, uploaded.reading.embedding)


@pytest.fixture
def neighbours() -> list[Neighbour]:
    return list(ASSETS.reference_map.neighbours(np.zeros(1024, np.float32), 10))


def of(neighbours: list[Neighbour], *movements: str) -> list[Neighbour]:
    """The same, but of other movements, each by a painter of its own."""
    return [
        dataclasses.replace(
            found,
            painting=dataclasses.replace(
                found.painting,
                movement=movement,
                style="Baroque" if movement == "other" else movement,
                artist=f"Painter of {movement}",
            ),
        )
        for found, movement in zip(neighbours, movements, strict=False)
    ]


def test_the_sentences_count_the_movements_around_a_picture(uploaded, neighbours):
    def shown(*movements: str) -> str:
        region = Cluster("Realism and Fauvism: Gris, Braque", 0, 0, 9)
        return reference_html.place_html(
            ASSETS.reference_map, uploaded, region, of(neighbours, *movements)
        )

    assert "All of its 3 nearest paintings are Cubism." in shown(*["Cubism"] * 3)
    assert "All of its 2 nearest paintings are of other movements." in shown("other", "other")
    assert "<h2>Baroque</h2>" in shown("other", "other")
    mixed = shown("Cubism", "other", "Cubism", "Realism", "Cubism")
    assert "Of its 5 nearest paintings, 3 are Cubism, 1 of other movements and 1 Realism." in mixed
    assert "<h2>Cubism</h2>" in mixed
    assert "near Painter of Cubism, Painter of other and Painter of Realism" in mixed
    region = "Typical of that region of the map: Realism and Fauvism, such as Gris and Braque."
    assert region in mixed


def test_a_picture_unlike_all_others_is_reported(uploaded, neighbours):
    region = ASSETS.reference_map.clusters[0]
    for similarity, is_unlike in ((0.1, True), (0.9, False)):
        near = [dataclasses.replace(n, similarity=similarity) for n in neighbours]
        shown = reference_html.place_html(ASSETS.reference_map, uploaded, region, near)
        assert (reference_html.UNLIKE_ALL in shown) == is_unlike


def test_a_photograph_is_called_one(make_reading, uploaded, neighbours):
    photograph = make_reading(refusal="photograph", kinds=(0.1, 0.85, 0.05))
    other = dataclasses.replace(uploaded, reading=photograph)
    region = ASSETS.reference_map.clusters[0]
    assert "a photograph" in reference_html.place_html(
        ASSETS.reference_map, other, region, neighbours
    )


def test_the_map_repeats_the_verdict_of_the_read_tab(make_reading, uploaded, neighbours):
    between = make_reading(0.02, 0.44, 0.02, 0.1, 0.42)
    other = dataclasses.replace(uploaded, reading=between)
    shown = reference_html.place_html(
        ASSETS.reference_map, other, ASSETS.reference_map.clusters[0], neighbours
    )
    assert escape(in_short(between)) in shown


@pytest.mark.parametrize(
    ("similarity", "words"),
    [
        (0.99, "nearly the same to the classifier (0.99)"),
        (0.87, "very similar (0.87)"),
        (0.79, "similar (0.79)"),
        (0.62, "somewhat similar (0.62)"),
        (0.2, "hardly similar (0.20)"),
    ],
)
def test_cosines_are_put_in_words(similarity, words):
    usual = {"stranger": 0.55, "tenth": 0.78, "first": 0.86, "twin": 0.94}
    assert reference_html.likeness(similarity, usual) == words
    assert "somewhat similar: more than 19 of 20 pairs" in reference_html.likeness_explained(usual)
    assert ASSETS.reference_map.similarity.keys() == usual.keys()


def test_long_names_of_regions_have_several_lines():
    assert reference_html.label(Cluster("Cubism: Gris", 0, 0, 1)) == "Cubism\nGris"
    assert reference_html.label(Cluster("Abstract Expressionism and Cubism: Léger", 0, 0, 1)) == (
        "Abstract Expressionism\nand Cubism\nLéger"
    )
    assert reference_html.label(Cluster("Realism", 0, 0, 1)) == "Realism"
    mixed = Cluster("other and Impressionism: Raphael, John", 0, 0, 1)
    assert reference_html.label(mixed) == "Other art\nand Impressionism\nRaphael, John"
    assert reference_html.short_label(mixed) == "Other art\nand Impressionism"


def test_the_shipped_map_is_the_default():
    assert ASSETS.reference_map.table == MODELS / "map" / "paintings.csv"
    with pytest.raises(UserError):
        ReferenceMap.read(MODELS / "nowhere")


def test_the_plot_loads_nothing_and_has_a_camera_button():
    point = Point(0, 0, "Guitar", group="Cubism")
    plot = as_plot(figure([point], picture=point), "my map")
    content = json.loads(plot.plot)
    assert plot.type == "plotly"
    assert content["config"]["toImageButtonOptions"]["filename"] == "my map"
    assert not content["config"]["displaylogo"]
    assert content["config"]["scrollZoom"]
    assert "http" not in plot.plot
