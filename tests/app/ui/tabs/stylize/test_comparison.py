"""What the classifier says of a painting: both readings, and the curve between them."""

import re

import numpy as np
import pytest
from skimage import data

from app.serving.stylizer_bundle import STRENGTHS
from app.ui.tabs.stylize.comparison import before_after_html
from app.ui.wording import in_short
from training.common.preprocessing import fit

CUBISM = (0.1, 0.6, 0.05, 0.05, 0.2)
BETWEEN = (0.02, 0.44, 0.02, 0.1, 0.42)
CURVE = np.tile(np.array([0.5, 0.1, 0.1, 0.2, 0.1], np.float32), (5, 1))


def test_both_readings_are_shown_in_short(make_reading):
    before, after = make_reading(*CUBISM), make_reading(*BETWEEN)
    html = before_after_html(before, after, CURVE)
    assert in_short(before) in html
    assert in_short(after) in html
    assert "from Cubism to a place between Cubism and Realism" in html


def test_the_chart_shows_the_movement_of_the_headline(make_reading):
    """Though the small copies, of which the curve is, may be likelier of another."""
    for chances in np.random.default_rng(0).dirichlet(np.ones(5), 50):
        after = make_reading(*chances)
        html = before_after_html(make_reading(), after, CURVE)
        drawn = re.findall(r'<text class="series-\d"[^>]*>(\w+)<', html)
        assert drawn[-1] == after.movement
        assert {after.movements[index] for index in after.named} <= set(drawn)


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        (None, "outside", "may change its mind"),
        ("photograph", None, "refused to judge before"),
        (None, None, "next to nothing"),
    ],
)
def test_the_sentence_names_refusals(make_reading, before, after, sentence):
    readings = (make_reading(refusal=refusal) for refusal in (before, after))
    assert sentence in before_after_html(*readings, CURVE)


def test_the_curve_begins_with_the_reading_of_the_picture(bundle, classifier):
    """At strength 0 nothing is painted, so the curve begins with the reading of the small copy."""
    picture = data.coffee()
    own = bundle.stylizer.encode(picture)
    curve = bundle.curve(classifier, picture, own, next(iter(bundle.presets)).vector)
    expected = classifier.read(fit(picture, 384)).probabilities
    np.testing.assert_allclose(curve.probabilities[0], expected, atol=1e-4)
    assert curve.probabilities.shape == (len(STRENGTHS), 5)
