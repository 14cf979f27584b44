"""Of one picture every part of the app says the same, whatever the six views say alone."""

import re
from html import unescape

import numpy as np
import pytest
from skimage import data

from app.collection.embed import Embedder, Projection
from app.examples import EXAMPLES
from app.serving.classifier import Classifier, Reading
from app.ui.tabs.read.verdict import verdict_html
from app.ui.wording import compared, in_a_sentence, in_short, percent, verdict


def pictures() -> list[np.ndarray]:
    """Our examples, photographs, and parts of both: many that the network is not sure of."""
    whole = [example.read() for example in EXAMPLES] + [data.coffee(), data.rocket()]
    halves = [part for each in whole for part in np.array_split(each, 2, axis=1)]
    turned = [np.ascontiguousarray(each[::-1, :, ::-1]) for each in whole]
    return [*whole, *halves, *turned]


@pytest.fixture(scope="module")
def readings(classifier: Classifier) -> list[Reading]:
    return [classifier.read(picture) for picture in pictures()]


def test_the_views_alone_would_often_say_something_else(readings):
    """Else these tests would show nothing."""
    alone = [reading.movements[reading.view_probabilities[0].argmax()] for reading in readings]
    assert any(said != each.movement for said, each in zip(alone, readings, strict=True))


def test_headline_bars_and_sentences_agree(readings):
    for reading in readings:
        html = unescape(verdict_html(reading, reading.best, {}))
        bars = re.findall(r'class="name">(\w+)<.*?class="number">([^<]+)<', html)
        first, second = reading.ranking[:2]
        assert [name for name, _ in bars[:2]] == [reading.movements[i] for i in (first, second)]
        assert dict(bars) == {
            name: percent(float(chance))
            for name, chance in zip(reading.movements, reading.probabilities, strict=True)
        }
        headline, sure, _ = verdict(reading)
        for index in reading.named:
            name, chance = reading.movements[index], dict(bars)[reading.movements[index]]
            assert name in headline
            assert name in in_short(reading)
            assert name in in_a_sentence(reading)
            assert chance in sure
            assert chance in in_short(reading)


def test_the_ratio_is_that_of_the_bars(readings):
    for reading in readings:
        first, second = reading.ranking[:2]
        ratio = reading.probabilities[first] / reading.probabilities[second]
        said = compared(reading, second, first)
        if ratio < 1.1:
            assert "as likely as each other" in said
        elif ratio <= 100:
            name, times = re.match(r"(\w+) is (\S+) times as likely", said).groups()
            assert name == reading.movement
            assert float(times) == pytest.approx(ratio, rel=0.06)


def test_a_collection_says_the_same(classifier, readings):
    projection = Projection(np.zeros(1024, np.float32), np.eye(8, 1024, dtype=np.float32))
    embedder = Embedder(classifier, projection, view_count=6)
    for picture, reading in list(zip(pictures(), readings, strict=True))[::4]:
        entry = embedder.embed_picture(picture)
        assert entry.movement == reading.movement
        assert entry.confidence == pytest.approx(reading.confidence, abs=1e-4)
        assert bool(entry.between) == reading.close
