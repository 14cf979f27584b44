"""The atlas' renderer: what it writes can be read, and a run that was ended goes on."""

import json
from concurrent.futures import ThreadPoolExecutor as Threads
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from app.explain.classifier import load_classifier
from app.explain.feature_visualization.rendering_config import RenderingConfig
from app.serving.atlas import Atlas
from export.assets import atlas
from export.assets.atlas import Batch, plan, render_all, sheet, tiles, write
from tests.export.conftest import SHIPPED
from training.common.depths import CHANNELS, LAYERS
from training.common.movements import MOVEMENTS

QUICK = RenderingConfig(size=32, steps=2)


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    return tmp_path / "scratch"


def fill(scratch: Path, batches: list[Batch]) -> None:
    """Write batches as if they were rendered; the grey of each picture is its number."""
    scratch.mkdir()
    for batch in batches:
        greys = np.array([number % 256 for number in batch.numbers], np.uint8)
        pictures = np.broadcast_to(greys[:, None, None, None], (batch.count, 8, 8, 3))
        np.save(batch.file(scratch, "1"), pictures)


def test_every_channel_and_movement_is_rendered_once():
    found: dict[str, list[int]] = {}
    for batch in plan(MOVEMENTS):
        found.setdefault(batch.layer, []).extend(batch.numbers)
    assert {layer: sorted(numbers) for layer, numbers in found.items()} == {
        "movements": list(range(5)),
        **{layer: list(range(count)) for layer, count in CHANNELS.items()},
    }


def test_a_file_is_named_by_all_that_it_depends_on(tmp_path):
    batch = Batch("conv2_block6", 32, 32, QUICK, 0)
    others = [
        replace(batch, recipe=replace(QUICK, learning_rate=0.1)),
        replace(batch, seed=1),
        replace(batch, first=0),
        replace(batch, count=16),
        replace(batch, layer="conv3_block12"),
    ]
    names = {each.file(tmp_path, "1") for each in (batch, *others)} | {batch.file(tmp_path, "2")}
    assert len(names) == 7
    assert batch.file(tmp_path, "1") == replace(batch).file(tmp_path, "1")


def test_a_channel_looks_the_same_in_any_batch_and_by_the_seed():
    network = load_classifier(torch.device("cpu"))
    both = Batch("conv2_block6", 4, 2, QUICK, 0).render(network)
    alone = Batch("conv2_block6", 5, 1, QUICK, 0).render(network)
    assert both.shape == (2, 32, 32, 3)
    assert np.abs(both[1].astype(int) - alone[0]).mean() < 2
    other = Batch("conv2_block6", 5, 1, QUICK, 1).render(network)
    assert np.abs(other[0].astype(int) - alone[0]).mean() > 2
    movement = Batch("movements", 3, 1, QUICK, 0).render(network)
    assert movement.shape == (1, 32, 32, 3)


def test_a_run_that_was_ended_renders_only_what_is_missing(scratch, monkeypatch):
    batches = [Batch("conv2_block6", first, 2, QUICK, 0) for first in (0, 2, 4)]
    ready = render_all(batches[:2], SHIPPED, "1", scratch, 1)
    first = next(ready)
    ready.close()
    done = set(scratch.iterdir())
    assert first.file(scratch, "1") in done
    before = first.file(scratch, "1").stat().st_mtime_ns
    monkeypatch.setattr(atlas, "ProcessPoolExecutor", lambda workers, *_, **__: Threads(workers))
    assert {b.first for b in render_all(batches, SHIPPED, "1", scratch, 1)} == {0, 2, 4}
    assert first.file(scratch, "1").stat().st_mtime_ns == before
    # With everything there no process is started.
    monkeypatch.setattr(atlas, "ProcessPoolExecutor", None)
    assert len(list(render_all(batches, SHIPPED, "1", scratch, 1))) == 3


def test_tiles_have_the_places_that_the_app_reads(scratch, tmp_path):
    batches = plan(MOVEMENTS)
    fill(scratch, batches)
    folder = tmp_path / "atlas"
    size = write(folder, batches, scratch, "1", MOVEMENTS)
    assert size == sum(file.stat().st_size for file in folder.glob("*.webp"))
    read = Atlas.read(folder)
    assert read.layers == CHANNELS
    assert (read.movements, read.classifier_version) == (MOVEMENTS, "1")
    for layer, channel in ((LAYERS[0], 17), (LAYERS[1], 300), (LAYERS[3], 1023)):
        tile = read.tile(layer, channel)
        assert tile.shape == (96, 96, 3)
        assert abs(int(tile.mean()) - channel % 256) <= 1
    assert read.movement("Realism").shape == (192, 192, 3)
    assert abs(int(read.movement("Realism").mean()) - 4) <= 1
    facts = json.loads((folder / "atlas.json").read_text())
    assert facts["settings"]["conv4_block24"]["steps"] > 0
    assert len(list(folder.iterdir())) == 13


def test_an_unfinished_sheet_is_black_where_there_is_no_tile():
    shown = sheet(np.full((3, 4, 4, 3), 200, np.uint8), 2)
    assert shown.shape == (8, 8, 3)
    assert shown[:4].min() == 200
    assert shown[4:, :4].min() == 200
    assert shown[4:, 4:].max() == 0


def test_tiles_are_shrunk_or_enlarged():
    pictures = np.random.default_rng(0).integers(0, 256, (2, 40, 40, 3), np.uint8)
    assert tiles(pictures, 96).shape == (2, 96, 96, 3)
    assert np.array_equal(tiles(pictures, 40), pictures)
