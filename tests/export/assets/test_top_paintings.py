"""The paintings that excite each channel most: who is chosen, and what the app reads of it."""

import json

import numpy as np
import pytest

from app.errors import UserError
from app.serving.reference_map import UNKNOWN
from app.serving.top_paintings import TopPainting, TopPaintings
from export.assets.top_paintings import describe, top
from training.common.depths import CHANNELS
from training.common.shipped_files import TOP_PAINTINGS_FILE
from training.data import Record

TOTAL = sum(CHANNELS.values())


def test_of_each_artist_only_the_painting_with_the_highest_activation_is_listed():
    responses = np.array([[5.0, 0], [4, 1], [3, 2], [2, 9], [1, 3]])
    artists = ["gris", "gris", "klee", "", ""]
    assert top(responses, artists, 3) == [[0, 2, 3], [3, 4, 2]]
    assert top(responses[:2], artists[:2], 3) == [[0], [1]]


@pytest.fixture
def facts():
    records = [
        Record("a.png", "Cubism", artist="juan-gris", title="guitar-1913"),
        Record("b--the-traveller_3a053f2d.webp", "Realism", artist="james-tissot"),
        Record("c.png", "Abstract", artist="paul-klee", title="not_detected_1"),
    ]
    responses = np.zeros((3, TOTAL), np.float32)
    responses[np.arange(TOTAL) % 3, np.arange(TOTAL)] = 6
    return describe(records, responses, "7")


def test_the_app_reads_what_is_written(facts, tmp_path):
    (tmp_path / TOP_PAINTINGS_FILE).write_text(json.dumps(facts))
    read = TopPaintings.read(tmp_path)
    assert (read.classifier_version, read.paintings, len(read.channels)) == ("7", 3, TOTAL)
    above = round(4 / np.sqrt(8), 1)  # Of one 6 beside two zeros.
    assert read.channels[0][0] == TopPainting("Guitar", "Juan Gris", 1913, above)
    assert read.channels[1][0] == TopPainting("The Traveller", "James Tissot", None, above)
    assert read.channels[2][0].title == UNKNOWN
    assert [len(some) for some in read.channels] == [3] * TOTAL


def test_a_missing_file_is_empty_and_a_damaged_one_is_an_error(facts, tmp_path):
    assert TopPaintings.read(tmp_path) is None
    for text in ("no json", "[]", json.dumps(facts | {"layers": {"conv2_block6": 3}})):
        (tmp_path / TOP_PAINTINGS_FILE).write_text(text)
        with pytest.raises(UserError, match="cannot be read; make it with"):
            TopPaintings.read(tmp_path)
