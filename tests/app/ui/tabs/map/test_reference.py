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
from app.errors import UserError
from app.serving.reference_map import UNKNOWN, Cluster, Neighbour, ReferenceMap
from app.serving.shipped_assets import ShippedAssets
from app.settings import Settings
from app.ui.context import AppContext, UploadedPicture
from app.ui.tabs.map import reference_text as words
from app.ui.tabs.map.reference import ReferenceMapSection
from app.ui.wording import in_short

MARK = {"_type": "gradio.FileData"}
LIBRARY = ShippedAssets()


class StandIn:
    """Says the same of every picture."""

    def __init__(self, reading: Any) -> None:
        self.reading = reading

    def read(self, picture: np.ndarray) -> Any:
        return self.reading


@pytest.fixture(autouse=True)
def uploads(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "gradio"))


@pytest.fixture
def destination(make_reading) -> ReferenceMapSection:
    with gr.Blocks():
        return ReferenceMapSection(AppContext(StandIn(make_reading()), Settings(), None, LIBRARY))


@pytest.fixture
def uploaded(destination, painting) -> UploadedPicture:
    return destination.context.receive("my painting.jpg", painting)


def content(update: dict[str, Any]) -> bytes:
    """What a button gives to take home."""
    return Path(update["value"]).read_bytes()


def drawn(destination, shown):
    """The map that follows what was shown first."""
    return destination._draw({destination.state: shown[destination.state], destination.drawn: ""})[
        destination.chart
    ]


def test_a_map_that_hangs_there_already_is_not_drawn_again(destination, uploaded):
    assert destination._draw({destination.state: uploaded, destination.drawn: uploaded.token}) == {
        destination.drawn: uploaded.token
    }
    assert destination._draw({destination.state: None, destination.drawn: ""}) == {
        destination.drawn: ""
    }


def test_the_map_is_drawn_when_the_room_is_entered_and_not_before(destination):
    assert destination.chart.value is None
    shown = destination._enter({destination.state: None})
    assert set(shown) == set(destination.results)
    assert "Harbour at dawn" in shown[destination.where]
    chart = json.loads(drawn(destination, shown).plot)
    groups = [trace["name"] for trace in chart["data"] if trace["type"] == "scattergl"]
    assert groups == [
        *("Abstract", "Cubism", "Expressionism", "Impressionism", "Realism", "Other movements")
    ]


def test_what_was_carried_here_is_not_replaced_on_entering(destination, uploaded):
    assert destination._enter({destination.state: uploaded}) == {destination.state: uploaded}


def test_the_page_does_not_carry_the_map(destination):
    assert len(json.dumps(destination.chart.get_config(), default=str)) < 2000


def test_an_upload_is_placed_with_its_ten_neighbours(destination, painting, tmp_path):
    Image.fromarray(painting).save(tmp_path / "a.png")
    upload = {"path": str(tmp_path / "a.png"), "orig_name": "holiday.png", "meta": MARK}
    shown = destination.image_input._receive_upload({destination.image_input.uploaded_file: upload})
    assert set(shown) == set(destination.results)
    assert shown[destination.state].title == "holiday.png"
    assert shown[destination.near].count("<li>") == 10
    marks = json.loads(drawn(destination, shown).plot)["data"][6:]
    yours = ["Your picture", "Your picture"]
    assert [trace["name"] for trace in marks] == ["Found", "Nearest", *yours, "Pressed"]
    listed = re.findall(r'data-index="(\d+)"><b class="rank">(\d+)<', shown[destination.near])
    assert [number for _, number in listed] == [str(number) for number in range(1, 11)]
    assert [said[2] for said in marks[1]["customdata"]][::-1] == [int(i) for i, _ in listed]


def press(
    destination: ReferenceMapSection, index: int, uploaded: UploadedPicture | None = None
) -> dict[Any, Any]:
    return destination._open(
        {destination.state: uploaded}, SimpleNamespace(index=index, value=None)
    )


def test_a_pressed_dot_opens_a_card_that_says_where_its_painting_is(destination, uploaded):
    (near, *_) = LIBRARY.reference_map.neighbours(uploaded.reading.embedding)
    painting, card = near.painting, press(destination, near.index, uploaded)[destination.card]
    for fact in (painting.title, painting.artist, painting.style):
        assert escape(fact) in card
    assert f'data-number="{near.index}"' in card
    assert f'data-places="[[{painting.x}, {painting.y}]]"' in card
    assert words.likeness(near.similarity, LIBRARY.reference_map.similarity) in card
    assert "number 1 of its nearest" in card
    assert "Compared with" not in press(destination, near.index)[destination.card]
    assert press(destination, -1, uploaded) == {destination.card: ""}


def test_a_card_links_to_elsewhere_and_loads_nothing_from_there(destination):
    found = LIBRARY.reference_map.search("wheat field van gogh")
    card = press(destination, found[0])[destination.card]
    links = re.findall(r"<a ([^>]+)>", card)
    assert [re.search("//(.*?)/w/", link)[1] for link in links] == [
        "en.wikipedia.org",
        "commons.wikimedia.org",
    ]
    for link in links:
        assert 'rel="noopener noreferrer"' in link
        assert "search=Vincent+van+Gogh+" in link
    assert "src=" not in card


def test_what_is_not_on_the_map_cannot_be_pressed(destination):
    for index in (-2, len(LIBRARY.reference_map.paintings)):
        assert "no such painting" in press(destination, index)[destination.notice]


def test_title_unknown_is_only_said_where_nothing_is_known():
    titled = LIBRARY.reference_map.paintings[0]
    untitled = dataclasses.replace(titled, title=UNKNOWN, artist="Paul Klee")
    assert words.name(titled) == titled.title
    assert words.name(untitled) == "A painting by Paul Klee"
    assert words.name(dataclasses.replace(untitled, artist="")) == UNKNOWN
    card = words.card_html(3, untitled, "")
    assert UNKNOWN not in card
    assert "search=Paul+Klee&amp;" in card


def test_artists_and_titles_are_found_and_marked(destination):
    said = destination._search({destination.words: "CEZANNE"})[destination.found]
    all_of_his = [p for p in LIBRARY.reference_map.paintings if p.artist == "Paul Cézanne"]
    assert f"{len(all_of_his)} paintings are marked on the map" in said
    places = json.loads(re.search('data-places="([^"]+)"', said)[1])
    assert places == [[each.x, each.y] for each in all_of_his]
    assert said.count("data-index=") == words.LISTED
    nothing = destination._search({destination.words: "<b>nobody"})[destination.found]
    assert "No painting on the map has" in nothing
    assert "<b>" not in nothing
    assert destination._search({destination.words: " "})[destination.found] == ""


def test_an_example_is_placed_like_an_upload(destination):
    shown = destination.image_input._receive_example(
        {destination.state: None}, SimpleNamespace(index=1, value=None)
    )
    assert "Night over the hill" in shown[destination.where]


def test_a_bad_upload_says_why_and_touches_nothing_else(destination, tmp_path):
    (tmp_path / "bad.png").write_text("no picture")
    upload = {"path": str(tmp_path / "bad.png"), "orig_name": "bad.png", "meta": MARK}
    shown = destination.image_input._receive_upload({destination.image_input.uploaded_file: upload})
    assert set(shown) == {destination.notice}
    assert "text file" in shown[destination.notice]


def test_a_missing_map_is_said_in_the_page(make_reading, tmp_path):
    with gr.Blocks():
        reader = StandIn(make_reading())
        destination = ReferenceMapSection(
            AppContext(reader, Settings(), None, ShippedAssets(folder=tmp_path))
        )
    shown = destination._enter({destination.state: None})
    assert set(shown) == {destination.notice}
    assert "cannot be read" in shown[destination.notice]


def test_a_visitor_s_file_name_is_no_html(destination, painting):
    shown = destination.receive(
        destination.context.receive("<img src=x onerror=alert(1)>", painting)
    )
    assert "<img" not in shown[destination.where] + shown[destination.near]
    assert "<img" not in drawn(destination, shown).plot


def test_everything_can_be_taken_home(destination, uploaded):
    shown = destination.receive(uploaded)
    paintings = list(csv.DictReader(io.StringIO(content(shown[destination.table]).decode())))
    assert len(paintings) == len(LIBRARY.reference_map.paintings)
    nearest = list(csv.DictReader(io.StringIO(content(shown[destination.near_table]).decode())))
    assert len(nearest) == 10
    cosines = [float(row["similarity"]) for row in nearest]
    assert cosines == sorted(cosines, reverse=True)
    embedding = np.load(io.BytesIO(content(shown[destination.embedding])))
    np.testing.assert_array_equal(embedding, uploaded.reading.embedding)


@pytest.fixture
def neighbours() -> list[Neighbour]:
    return list(LIBRARY.reference_map.neighbours(np.zeros(1024, np.float32), 10))


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


def test_what_is_around_is_said_in_words(uploaded, neighbours):
    def said(*movements: str) -> str:
        region = Cluster("Realism and Fauvism: Gris, Braque", 0, 0, 9)
        return words.whereabouts(
            LIBRARY.reference_map, uploaded, region, of(neighbours, *movements)
        )

    assert "All of its 3 nearest paintings are Cubism." in said(*["Cubism"] * 3)
    assert "All of its 2 nearest paintings are of other movements." in said("other", "other")
    assert "<h2>Baroque</h2>" in said("other", "other")
    mixed = said("Cubism", "other", "Cubism", "Realism", "Cubism")
    assert "Of its 5 nearest paintings, 3 are Cubism, 1 of other movements and 1 Realism." in mixed
    assert "<h2>Cubism</h2>" in mixed
    assert "near Painter of Cubism, Painter of other and Painter of Realism" in mixed
    region = "Typical of that region of the map: Realism and Fauvism, such as Gris and Braque."
    assert region in mixed


def test_what_is_like_nothing_is_said_to_be_alone(uploaded, neighbours):
    region = LIBRARY.reference_map.clusters[0]
    for similarity, alone in ((0.1, True), (0.9, False)):
        near = [dataclasses.replace(n, similarity=similarity) for n in neighbours]
        said = words.whereabouts(LIBRARY.reference_map, uploaded, region, near)
        assert (words.LONELY in said) == alone


def test_a_photograph_is_told_that_it_is_among_paintings(make_reading, uploaded, neighbours):
    photograph = make_reading(refusal="photograph", kinds=(0.1, 0.85, 0.05))
    other = dataclasses.replace(uploaded, reading=photograph)
    region = LIBRARY.reference_map.clusters[0]
    assert "a photograph" in words.whereabouts(LIBRARY.reference_map, other, region, neighbours)


def test_the_map_repeats_the_verdict_of_the_read_tab(make_reading, uploaded, neighbours):
    between = make_reading(0.02, 0.44, 0.02, 0.1, 0.42)
    other = dataclasses.replace(uploaded, reading=between)
    said = words.whereabouts(
        LIBRARY.reference_map, other, LIBRARY.reference_map.clusters[0], neighbours
    )
    assert escape(in_short(between)) in said


@pytest.mark.parametrize(
    ("similarity", "said"),
    [
        (0.99, "nearly the same to the classifier (0.99)"),
        (0.87, "very similar (0.87)"),
        (0.79, "similar (0.79)"),
        (0.62, "somewhat similar (0.62)"),
        (0.2, "hardly similar (0.20)"),
    ],
)
def test_cosines_wear_words(similarity, said):
    usual = {"stranger": 0.55, "tenth": 0.78, "first": 0.86, "twin": 0.94}
    assert words.likeness(similarity, usual) == said
    assert "somewhat similar: more than 19 of 20 pairs" in words.likeness_explained(usual)
    assert LIBRARY.reference_map.similarity.keys() == usual.keys()


def test_long_names_of_regions_are_broken():
    assert words.label(Cluster("Cubism: Gris", 0, 0, 1)) == "Cubism\nGris"
    assert words.label(Cluster("Abstract Expressionism and Cubism: Léger", 0, 0, 1)) == (
        "Abstract Expressionism\nand Cubism\nLéger"
    )
    assert words.label(Cluster("Realism", 0, 0, 1)) == "Realism"
    mixed = Cluster("other and Impressionism: Raphael, John", 0, 0, 1)
    assert words.label(mixed) == "Other art\nand Impressionism\nRaphael, John"
    assert words.short_label(mixed) == "Other art\nand Impressionism"


def test_the_shipped_map_is_the_library_s():
    assert LIBRARY.reference_map.table == MODELS / "map" / "paintings.csv"
    with pytest.raises(UserError):
        ReferenceMap.read(MODELS / "nowhere")
