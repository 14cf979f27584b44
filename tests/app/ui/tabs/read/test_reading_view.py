"""The verdict, its bars and the views; and that all parts of the app agree on a picture."""

import re
from html import unescape

import numpy as np
import pytest
from skimage import data

from app.collection.embed import Embedder, Projection
from app.examples import EXAMPLES
from app.serving.classifier import Classifier, Reading
from app.ui.tabs.read.reading_view import verdict_html, views_html
from app.ui.wording import compared, in_a_sentence, in_short, percent, verdict

TRUST = {"Cubism": "Cubism: it finds 4 of 5.", "Realism": "Realism: it finds 1 of 3."}


def test_there_is_a_bar_for_each_movement_likeliest_first(make_reading):
    html = verdict_html(make_reading(0.1, 0.6, 0.05, 0.05, 0.2), 1, TRUST)
    names = re.findall(r'class="name">(\w+)<', html)
    assert names[:3] == ["Cubism", "Realism", "Abstract"]
    assert len(names) == 5


def test_only_the_chosen_movement_is_pressed(make_reading):
    html = verdict_html(make_reading(), 4, TRUST)
    (pressed,) = re.findall(r'data-index="(\d)" aria-pressed="true"', html)
    assert pressed == "4"


def test_bars_have_labels_for_screen_readers(make_reading):
    html = verdict_html(make_reading(0.1, 0.6, 0.05, 0.05, 0.2), 1, TRUST)
    assert re.search(r'aria-label="Cubism: 60.%, fairly sure', html)


def test_a_refusal_is_grey_but_still_shows_the_numbers(make_reading):
    html = verdict_html(make_reading(refusal="outside"), 1, TRUST)
    assert 'class="verdict outside"' in html
    assert html.count("data-index") == 5
    assert 'class="views outside"' in views_html(make_reading(refusal="outside"))


def test_each_of_six_views_has_its_own_verdict(make_reading):
    html = views_html(make_reading())
    assert html.count("<figure>") == 6
    assert html.count("<b>Cubism</b>") == 6
    assert "whole picture" in html


def test_the_reliability_of_the_named_movements_is_given(make_reading):
    def trust(*probabilities: float) -> list[str]:
        html = verdict_html(make_reading(*probabilities), 1, TRUST)
        return re.findall(r'class="small trust">([^<]+)<', html)

    assert trust(0.1, 0.6, 0.05, 0.05, 0.2) == [TRUST["Cubism"]]
    assert trust(0.1, 0.43, 0.05, 0.05, 0.37) == list(TRUST.values())
    assert trust(0.7, 0.1, 0.05, 0.05, 0.1) == []


def test_each_bar_has_the_reliability_as_its_title(make_reading):
    html = verdict_html(make_reading(), 1, TRUST)
    for words in TRUST.values():
        assert f'title="{words}"' in html


@pytest.mark.parametrize("reason", ["small", "plain", "noise"])
def test_a_nearly_empty_picture_has_no_movement(make_reading, reason):
    blank = make_reading(refusal=reason)
    html = verdict_html(blank, 1, TRUST) + views_html(blank)
    assert "nearly nothing in this picture" in html
    assert not any(movement in html for movement in blank.movements)


def test_the_longest_bar_is_that_of_the_headline(make_reading):
    rng = np.random.default_rng(0)
    for chances in rng.dirichlet(np.ones(5), 200):
        reading = make_reading(*chances)
        html = verdict_html(reading, reading.best, TRUST)
        headline = re.search("<h2>(.+?)</h2>", html)[1]
        names = re.findall(r'class="name">(\w+)<', html)
        widths = [float(width) for width in re.findall(r"width: ([\d.]+)%", html)]
        assert names[0] in headline
        assert widths == sorted(widths, reverse=True)
        assert sum(widths) == pytest.approx(100, abs=0.3)


# One picture, everywhere the same.


def pictures() -> list[np.ndarray]:
    """Examples, photographs, and parts of both: many that the network is not sure of."""
    whole = [example.read() for example in EXAMPLES] + [data.coffee(), data.rocket()]
    halves = [part for each in whole for part in np.array_split(each, 2, axis=1)]
    turned = [np.ascontiguousarray(each[::-1, :, ::-1]) for each in whole]
    return [*whole, *halves, *turned]


@pytest.fixture(scope="module")
def readings(classifier: Classifier) -> list[Reading]:
    return [classifier.read(picture) for picture in pictures()]


def test_single_views_differ_from_the_verdict(readings):
    """Otherwise these tests would prove nothing."""
    alone = [reading.movements[reading.view_probabilities[0].argmax()] for reading in readings]
    assert any(name != each.movement for name, each in zip(alone, readings, strict=True))


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


def test_the_ratio_of_two_movements_is_that_of_their_bars(readings):
    for reading in readings:
        first, second = reading.ranking[:2]
        ratio = reading.probabilities[first] / reading.probabilities[second]
        sentence = compared(reading, second, first)
        if ratio < 1.1:
            assert "as likely as each other" in sentence
        elif ratio <= 100:
            name, times = re.match(r"(\w+) is (\S+) times as likely", sentence).groups()
            assert name == reading.movement
            assert float(times) == pytest.approx(ratio, rel=0.06)


def test_a_collection_gives_the_same_verdict(classifier, readings):
    projection = Projection(np.zeros(1024, np.float32), np.eye(8, 1024, dtype=np.float32))
    embedder = Embedder(classifier, projection, view_count=6)
    for picture, reading in list(zip(pictures(), readings, strict=True))[::4]:
        entry = embedder.embed_picture(picture)
        assert entry.movement == reading.movement
        assert entry.confidence == pytest.approx(reading.confidence, abs=1e-4)
        assert bool(entry.between) == reading.close
