import csv
import io

import numpy as np

from app.collection.embedding_map import EmbeddingMap
from app.collection.outputs import COLUMNS, OUTSIDE, Facts, as_csv, as_figure, as_page

FACTS = [
    Facts('a "quoted", name\n.png', "one of the movements", "Cubism", 0.8125, 640, 480),
    Facts("<b>bold</b>.png", "photograph", "Realism", 0.5, 30, 40),
    Facts("ü.png", "one of the movements", "Cubism", 0.25, 640, 480),
    Facts("d.png", "another movement", "Abstract", 0.25, 640, 480, "Cubism"),
]
PLACES = np.array([[-1, 0.5], [1, 0], [0, 0], [0.25, 0.25]], np.float32)
MAP = EmbeddingMap(PLACES, np.array([0, 0, 0, 1]), ("Cubism", "Other art"))


def test_the_table_has_a_line_for_each_picture() -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(FACTS, MAP, [np.array([0, 2])]), newline="")))
    assert tuple(rows[0]) == COLUMNS
    assert [row["file"] for row in rows] == [fact.name for fact in FACTS]
    assert rows[0] == {
        "file": FACTS[0].name,
        "kind": "one of the movements",
        "movement": "Cubism",
        "confidence": "0.812",
        "x": "-1.0000",
        "y": "0.5000",
        "cluster": "0",
        "cluster_name": "Cubism",
        "duplicate_group": "1",
        "width": "640",
        "height": "480",
        "between": "",
    }
    assert [row["duplicate_group"] for row in rows] == ["1", "", "1", ""]
    assert rows[3]["cluster_name"] == "Other art"
    assert rows[3]["between"] == "Cubism"


def test_the_figure_shows_every_picture_and_the_query() -> None:
    chart = as_figure(FACTS, MAP, query=("mine", PLACES[1]), neighbours=[1])
    dots = {trace.name: len(trace.x) for trace in chart.data if trace.name in ("Cubism", OUTSIDE)}
    assert dots == {"Cubism": 2, OUTSIDE: 2}
    assert [note.text for note in chart.layout.annotations] == [*MAP.names, "<b>1</b>"]
    assert "Your picture" in [trace.name for trace in chart.data]


def test_the_page_loads_nothing_and_escapes_names() -> None:
    page = as_page(as_figure(FACTS, MAP))
    assert "<title>A map of pictures</title>" in page
    assert "<script src" not in page
    assert "<b>bold" not in page.rpartition("Plotly.newPlot")[2]
