import json
from pathlib import Path

import numpy as np
import pytest

from app.errors import UserError
from app.serving.averages import ADJECTIVES, Averages
from training.common.movements import MOVEMENTS
from training.common.texture_features.measures import MEASURES, Measure
from training.common.texture_features.working_picture import WORKING_SIDE

SHIPPED = Path(__file__).parents[3] / "onnx_models" / "brushwork.json"
COARSENESS = next(measure for measure in MEASURES if measure.name == "coarseness")


def content(side: int = WORKING_SIDE) -> dict[str, object]:
    """Every number of the first movement is spread evenly over 0..10, of the next over 10..20."""
    spreads = {
        movement: {
            "count": 9,
            "mean": 5 + 10 * index,
            "deviation": 3,
            "quantiles": [10 * index, 10 * index + 5, 10 * index + 10],
        }
        for index, movement in enumerate(MOVEMENTS)
    }
    return {
        "side": side,
        "data": "Paintings",
        "movements": MOVEMENTS,
        "counts": dict.fromkeys(MOVEMENTS, 9),
        "levels": [0, 0.5, 1],
        "measures": {measure.name: spreads for measure in MEASURES},
        "directions": {movement: [1 / 12] * 12 for movement in MOVEMENTS},
        "palettes": {movement: [[[1, 2, 3], 1.0]] for movement in MOVEMENTS},
    }


def read(tmp_path: Path, written: object) -> Averages:
    path = tmp_path / "brushwork.json"
    path.write_text(json.dumps(written))
    return Averages.read(path)


@pytest.fixture
def averages(tmp_path: Path) -> Averages:
    return read(tmp_path, content())


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (99, "coarser than nearly all abstract paintings"),
        (9.1, "coarser than nine of ten abstract paintings"),
        (8, "coarser than four of five abstract paintings"),
        (7.4, "coarser than three of four abstract paintings"),
        (6.6, "coarser than two of three abstract paintings"),
        (5, "in the middle of abstract paintings"),
        (2, "finer than four of five abstract paintings"),
        (-5, "finer than nearly all abstract paintings"),
        (float("nan"), ""),
    ],
)
def test_a_place_among_paintings_in_words(averages, value, words):
    assert averages.compare(COARSENESS, "Abstract", value) == words


def test_the_nearest_movement_is_the_one_with_the_nearest_middle(averages):
    assert averages.nearest("coarseness", 14) == "Cubism"
    assert averages.nearest("coarseness", 99) == "Realism"


def test_a_missing_file_is_one_sentence(tmp_path):
    with pytest.raises(UserError, match=r"export\.assets\.texture_averages"):
        Averages.read(tmp_path / "none.json")


@pytest.mark.parametrize("spoil", ["side", "measures", "text"])
def test_averages_of_other_measures_are_refused(tmp_path, spoil):
    written: object = content(side=999) if spoil == "side" else content()
    if spoil == "measures":
        written["measures"].pop("warmth")
    with pytest.raises(UserError, match=r"export\.assets\.texture_averages"):
        read(tmp_path, "nonsense" if spoil == "text" else written)


def test_the_shipped_file_knows_every_measure_of_every_movement():
    averages = Averages.read(SHIPPED)
    assert averages.movements == MOVEMENTS
    assert set(ADJECTIVES) == set(MOVEMENTS)
    assert min(averages.counts.values()) > 100
    for measure in MEASURES:
        assert isinstance(measure, Measure)
        for movement in MOVEMENTS:
            spread = averages.spreads[measure.name][movement]
            assert (np.diff(spread.quantiles) >= 0).all()
            assert spread.quantiles[0] <= spread.mean <= spread.quantiles[-1]
    for movement in MOVEMENTS:
        assert averages.directions[movement].sum() == pytest.approx(1, abs=0.01)
        assert sum(share for _, share in averages.palettes[movement]) == pytest.approx(1, abs=0.01)


def test_impressionists_paint_softer_edges_than_cubists():
    averages = Averages.read(SHIPPED)
    soft = averages.spreads["softness"]
    assert soft["Impressionism"].mean > soft["Cubism"].mean
    combed = averages.spreads["coherence"]
    assert combed["Cubism"].mean > combed["Impressionism"].mean
