import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from export.benchmarks import collection
from training.common.embedding_map import unit


def test_made_up_embeddings_are_as_near_as_real_neighbours() -> None:
    vectors = collection.synthetic_embeddings(300)
    known = np.load(collection.MODELS / "map" / "embeddings.npy").astype(np.float32)
    nearest = np.sort(unit(vectors) @ unit(known).T, axis=1)[:, -1]
    assert 0.85 < np.median(nearest) < 0.99


def test_all_parts_are_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(3):
        Image.fromarray(data.coffee()[: 90 + number, :120]).save(tmp_path / f"{number}.png")
    options = ["--pictures", str(tmp_path), "--size", "400", "--runs", "2", "--map"]
    monkeypatch.setattr(collection, "READ", 20)
    monkeypatch.setattr(sys, "argv", ["benchmark_collection", *options])
    collection.main()
    output = capsys.readouterr().out
    for words in ("read ", "write", "on the disk", "search", "lay out"):
        assert words in output
