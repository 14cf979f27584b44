from pathlib import Path

from app.serving.shipped_assets import ShippedAssets
from app.ui.tabs.read.glossary import ENTRIES, glossary_html, superlatives
from training.common.movements import MOVEMENTS
from training.common.texture_features.measures import MEASURES


def test_every_movement_has_text_a_swatch_and_colours():
    html = glossary_html(ShippedAssets())
    assert set(ENTRIES) == set(MOVEMENTS)
    assert html.count("<img") == html.count("bar-of-colours") == len(MOVEMENTS)
    for name in MOVEMENTS:
        assert f"<h3>{name}</h3>" in html


def test_the_text_is_there_without_swatches(tmp_path: Path):
    html = glossary_html(ShippedAssets(tmp_path))
    assert "<img" not in html
    assert html.count("<article>") == len(MOVEMENTS)


def test_each_measure_is_named_for_its_first_and_last_movement():
    averages = ShippedAssets().averages
    words = [word for name in MOVEMENTS for word in superlatives(name, averages)]
    assert sorted(words) == sorted(word for each in MEASURES for word in (each.more, each.less))
