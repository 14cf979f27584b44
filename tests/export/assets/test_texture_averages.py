import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.serving.averages import Averages
from export.assets import texture_averages
from training.common.movements import MOVEMENTS
from training.common.texture_features.measures import MEASURES, measure
from training.data import Record, load_picture, write_manifest


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """Three pictures of each movement; one of them is not for training."""
    rng, records = np.random.default_rng(0), []
    for label, movement in enumerate(MOVEMENTS):
        for index, split in enumerate(("train", "train", "test")):
            blocks = rng.integers(0, 40 * (label + index) + 90, (6, 8, 3)).astype(np.uint8)
            picture = blocks.repeat(8, 0).repeat(8, 1)
            path = tmp_path / f"{movement}{index}.png"
            Image.fromarray(picture).save(path)
            records.append(Record(str(path), movement, source="Noise", split=split))
    write_manifest(tmp_path / "manifest.csv", records)
    return tmp_path / "manifest.csv"


def export(manifest: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = manifest.parent / "out"
    monkeypatch.setattr(sys, "argv", ["brushwork", str(folder), "--manifest", str(manifest)])
    texture_averages.main()
    return folder / texture_averages.FILE


def test_the_app_reads_what_is_written(manifest, monkeypatch):
    averages = Averages.read(export(manifest, monkeypatch))
    assert averages.counts == dict.fromkeys(MOVEMENTS, 2)
    assert "Noise" in averages.data
    numbers = [measure(load_picture(manifest.parent / f"Cubism{i}.png")) for i in range(2)]
    for each in MEASURES:
        values = np.array([number[each.name] for number in numbers])
        values = values[np.isfinite(values)]
        spread = averages.spreads[each.name]["Cubism"]
        assert spread.count == len(values)
        assert spread.mean == pytest.approx(values.mean(), rel=1e-3)
        assert spread.quantiles[-1] == pytest.approx(values.max(), rel=1e-3)


def test_it_holds_statistics_and_no_painting(manifest, monkeypatch):
    path = export(manifest, monkeypatch)
    assert path.stat().st_size < 20_000
    assert ".png" not in path.read_text()
    assert set(json.loads(path.read_text())["palettes"]) == set(MOVEMENTS)


def test_a_movement_without_paintings_is_refused(manifest):
    few = [Record(str(manifest.parent / "Cubism0.png"), "Cubism", split="train")]
    with pytest.raises(ValueError, match="Realism"):
        texture_averages.measure_all(few)


def test_missing_measures_do_not_count():
    spread = texture_averages._spread(np.array([np.nan, 3.0]))
    assert (spread["count"], spread["mean"]) == (1, 3.0)
    with pytest.raises(ValueError, match="not one"):
        texture_averages._spread(np.array([np.nan]))
