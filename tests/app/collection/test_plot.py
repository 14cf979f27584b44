"""The chart: all pictures once, nothing from the net, and colours for all eyes on both walls."""

import io
import itertools
import json

import numpy as np
import pytest
from PIL import Image
from skimage.color import deltaE_ciede2000, rgb2lab

from app.collection.labels import Label, apart
from app.collection.plot import COLOURS, FOUND, PRESSED, SYMBOLS, Point, figure
from app.collection.thumbnails import Thumbnails
from app.palette import DARK, LIGHT, MOVEMENT_COLOURS
from app.ui.tabs.map.plot import as_plot
from training.common.movements import MOVEMENTS

EYES = {
    "usual": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
"""What eyes see, in linear RGB; Machado, Oliveira and Fernandes (2009), severity 1."""


@pytest.fixture
def points() -> list[Point]:
    return [
        Point(-1, 0, "Water Lilies", "Claude Monet", 1906, "Impressionism"),
        Point(1, 0.5, "Guitar", "Juan Gris", None, "Cubism", "Cubo-Futurism"),
        Point(0, -0.5, "<b>mine</b> & yours", group="Other movements"),
        Point(0.5, 0.5, "The Houses", "Georges Braque", 1908, "Cubism"),
    ]


def linear(colour: str) -> np.ndarray:
    """A colour like #a0b1c2 in linear RGB, float64 [3]."""
    values = np.array([int(colour[index : index + 2], 16) for index in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """As WCAG 2 defines it."""
    dark, light = sorted(linear(colour) @ [0.2126, 0.7152, 0.0722] for colour in (one, other))
    return float((light + 0.05) / (dark + 0.05))


@pytest.mark.parametrize("wall", [LIGHT.background, DARK.background])
@pytest.mark.parametrize("colour", COLOURS)
def test_every_dot_can_be_seen_on_both_walls(colour, wall):
    assert contrast(colour, wall) >= 2.99


@pytest.mark.parametrize("eye", EYES)
def test_no_two_groups_look_the_same_to_anyone(eye):
    seen = [np.clip(np.array(EYES[eye]) @ linear(colour), 0, 1) for colour in COLOURS]
    display = [np.where(c <= 0.0031308, c * 12.92, 1.055 * c ** (1 / 2.4) - 0.055) for c in seen]
    labs = [rgb2lab(colour[None, None])[0, 0] for colour in display]
    assert min(deltaE_ciede2000(*pair) for pair in itertools.combinations(labs, 2)) > 16
    assert len(set(SYMBOLS)) == len(COLOURS)


def test_every_picture_is_one_dot_of_its_group(points):
    chart = figure(points)
    dots = [trace for trace in chart.data if trace.type == "scattergl"]
    assert {trace.name: len(trace.x) for trace in dots} == {
        "Impressionism": 1,
        "Cubism": 2,
        "Other movements": 1,
    }
    assert chart.layout.showlegend
    indices = sorted(said[2] for trace in dots for said in trace.customdata)
    assert indices == [0, 1, 2, 3]  # What a press asks for.
    assert {trace.name: len(trace.x) for trace in chart.data if trace not in dots} == {
        FOUND: 0,
        PRESSED: 0,
    }


def test_a_movement_has_the_same_colour_on_every_map(points):
    colours = {trace.name: trace.marker.color for trace in figure(points).data}
    alone = figure(points[1:2]).data[0]
    assert colours["Cubism"] == alone.marker.color
    assert len({colours[point.group] for point in points}) == 3


def test_one_group_needs_no_legend(points):
    assert not figure(points[1:2]).layout.showlegend


def test_groups_that_are_no_movements_differ_too():
    chart = figure([Point(0, index, "a", group=f"Region {index}") for index in range(6)])
    dots = [trace.marker for trace in chart.data if trace.type == "scattergl"]
    assert len({(marker.color, marker.symbol) for marker in dots}) == 6


def test_hovering_says_title_artist_year_and_movement(points):
    said = {trace.name: trace.customdata for trace in figure(points).data}
    assert tuple(said["Impressionism"][0][:2]) == (
        "Water Lilies",
        "Claude Monet, 1906<br>Impressionism",
    )
    assert tuple(said["Cubism"][0][:2]) == ("Guitar", "Juan Gris<br>Cubo-Futurism")


def test_names_are_no_html(points):
    evil = Point(0, 0, "<img src=x>", "<a href='x'>", None, "<i>group</i>")
    content = figure([*points, evil], you=evil, labels=[Label(0, 0, "<u>area</u>")]).to_json()
    for tag in ("<img", "<a ", "<i>", "<u>", "\\u003cimg"):
        assert tag not in content


def test_your_picture_and_its_neighbours_stand_out(points):
    chart = figure(points, you=Point(3, 0.1, "Mine"), near=[1, 3])
    usual, _, nearest, *yours, _ = chart.data[0], *chart.data[3:]
    assert list(nearest.x) == [0.5, 1]  # The nearest is drawn last, over the others.
    for notes in (chart.layout.annotations, chart.layout.meta["narrow"]):
        numbers = [(note["text"], note["x"], note["bordercolor"]) for note in notes]
        cubism = MOVEMENT_COLOURS["Cubism"]
        assert numbers == [("<b>1</b>", 1, cubism), ("<b>2</b>", 0.5, cubism)]
    assert nearest.marker.size > usual.marker.size
    assert all(list(mark.x) == [3] for mark in yours)
    assert len({mark.marker.line.color for mark in yours}) == 2  # light and dark
    assert chart.layout.xaxis.range[1] > 3  # It is in sight, however far away.


def test_there_is_one_table_of_colours_for_movements():
    assert tuple(MOVEMENT_COLOURS) == MOVEMENTS
    assert tuple(MOVEMENT_COLOURS.values()) == COLOURS[:5]


def test_names_are_shorter_on_narrow_screens(points):
    labels = [Label(0, 0.01 * i, f"Cubism {i}\nGris, Braque", f"Cubism {i}") for i in range(4)]
    layout = figure(points, labels=labels).layout
    assert [note["text"] for note in layout.meta["narrow"]] == [f"Cubism {i}" for i in range(4)]
    heights = sorted(note["y"] for note in layout.meta["narrow"])
    assert min(np.diff(heights)) > 0.07  # 13 pixels of a map that is 390 wide.
    assert layout.annotations[0].text == "Cubism 0<br>Gris, Braque"


def webp(colour: str, size: tuple[int, int]) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "WEBP", lossless=True)
    return file.getvalue()


def test_thumbnails_lie_in_one_sprite_and_hang_at_their_places(points):
    found = Thumbnails.gather(
        [webp("#ff0000", (96, 48)), webp("#00ff00", (40, 80)), webp("#0000ff", (96, 96))]
    )
    assert found.sizes == ((96, 48), (40, 80), (96, 96))
    assert found.sprite.shape == (192, 192, 3)
    corners = [
        found.sprite[row, column].tolist() for row, column in ((40, 90), (70, 130), (190, 5))
    ]
    assert corners == [[255, 0, 0], [0, 255, 0], [0, 0, 255]]
    drawn = figure(points[:3], thumbnails=found)
    pictures = drawn.layout.meta["pictures"]
    assert [(shown["x"], shown["y"]) for shown in pictures["shown"]] == [
        (-1, 0),
        (1, 0.5),
        (0, -0.5),
    ]
    assert pictures["shown"][1]["colour"] == MOVEMENT_COLOURS["Cubism"]
    assert pictures["source"].startswith("data:image/webp;base64,")
    side = 96 * pictures["unit"]
    assert 0.1 < side < 0.5
    low, high = drawn.layout.xaxis.range
    assert low < -1 - side / 2
    assert high > 1 + side / 2


def test_many_thumbnails_are_smaller():
    found = Thumbnails.gather([webp("#ff0000", (96, 48))] * 101)
    assert found.sizes[100] == (64, 32)
    assert found.sprite.shape == (10 * 64, 11 * 64, 3)


def test_an_empty_map_can_be_drawn():
    assert {len(trace.x) for trace in figure([]).data} == {0}


def test_the_page_gets_the_chart_without_anything_from_the_net(points):
    plot = as_plot(figure(points, you=points[0]), "my map")
    content = json.loads(plot.plot)
    assert plot.type == "plotly"
    assert content["config"]["toImageButtonOptions"]["filename"] == "my map"
    assert not content["config"]["displaylogo"]
    assert content["config"]["scrollZoom"]
    assert "http" not in plot.plot


def test_labels_are_moved_until_all_can_be_read():
    labels = [Label(0.01 * i, 0, f"Expressionism {i}\nMunch, Kirchner") for i in range(4)]
    moved = apart([*labels, Label(0.9, 0, "far")])
    heights = sorted(label.y for label in moved[:4])
    assert min(np.diff(heights)) > 0.09
    assert [label.x for label in moved] == [*(label.x for label in labels), 0.9]
    assert moved[-1].y == 0


def test_no_label_covers_your_picture():
    for height in (-0.03, 0, 0.03):
        (label,) = apart([Label(0.1, height, "Expressionism\nMunch")], mark=(0, 0))
        assert abs(label.y) > 0.09
        assert label.x == 0.1
