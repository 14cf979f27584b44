import json
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from app.explain.cams import heat_maps
from app.serving.faithfulness import faithfulness
from export.assets import explanations
from export.assets.explanations import ModelUnderTest
from tests.export.conftest import SHIPPED, untrained
from training.common.movements import MOVEMENTS
from training.data import Record, write_manifest
from training.networks import NETWORKS, build


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> list[Record]:
    """Two small paintings of each movement in each split, and a photograph."""
    folder, found = tmp_path_factory.mktemp("paintings"), []
    pictures = data.coffee(), data.astronaut(), data.chelsea()
    for i, split in enumerate(("train", "validation", "test", "test_artists")):
        for label, movement in enumerate(MOVEMENTS):
            for number in range(2):
                path = folder / f"{split}-{movement}-{number}.png"
                left = 20 * label + 60 * number
                Image.fromarray(pictures[i % 3][:80, left : left + 96]).save(path)
                found.append(Record(str(path), movement, split=split))
    return [*found, Record(found[0].path, "photograph", split="test")]


@pytest.fixture(scope="module")
def comparison(run: Path, exported: Path, records: list[Record], tmp_path_factory) -> dict:
    """The very same network before and after its export, compared by the command line."""
    folder = tmp_path_factory.mktemp("comparison")
    write_manifest(folder / "manifest.csv", records)
    options = ["--out", str(folder / "out.json"), "--pictures", "3", "--workers", "0"]
    with pytest.MonkeyPatch.context() as patch:
        arguments = [str(folder / "manifest.csv"), str(run), str(exported), *options]
        patch.setattr(sys, "argv", ["explanations", *arguments])
        patch.setattr(explanations, "RUNS", 2)
        explanations.main()
    return json.loads((folder / "out.json").read_text())


def test_one_network_in_two_files_measures_the_same(comparison: dict) -> None:
    one, other = comparison["networks"]
    for key in ("network", "parameters", "accuracy", "macro_recall", "training", "card"):
        assert one[key] == other[key]
    for ours, theirs in zip(one["explanations"], other["explanations"], strict=True):
        assert ours["method"] == theirs["method"]
        numbers = [{key: each[key] for key in each if key != "method"} for each in (ours, theirs)]
        assert numbers[0] == pytest.approx(numbers[1], rel=1e-3, abs=1e-4)


def test_rows_of_other_networks_are_kept_if_the_tests_are_the_same(
    comparison: dict, tmp_path: Path
) -> None:
    path = tmp_path / "earlier.json"
    own, other = comparison["networks"][0], {"network": "vit_tiny", "milliseconds": 3}
    assert explanations.kept(path, comparison) == []
    path.write_text(json.dumps(comparison | {"networks": [own, other]}))
    assert explanations.kept(path, comparison) == [other]
    assert explanations.kept(path, comparison | {"pictures": 7}) == []


def test_architecture_parameters_size_and_time_are_reported(
    comparison: dict, exported: Path
) -> None:
    one, other = comparison["networks"]
    network = untrained("small_cnn")
    assert one["parameters"] == sum(weight.numel() for weight in network.parameters())
    assert other["megabytes"] == exported.stat().st_size / 1e6
    assert one["megabytes"] == pytest.approx(other["megabytes"], rel=0.02)
    assert one["milliseconds"] > 0
    assert comparison["engine"].startswith("ONNX Runtime")
    assert comparison["tests"] == {"test": 10, "test_artists": 10}


def test_accuracy_is_of_whole_paintings_of_movements(
    comparison: dict, exported: Path, records: list[Record]
) -> None:
    model = ModelUnderTest.load(exported, threads=1)
    tests = [record for record in records if record.split == "test_artists"]
    (logits,) = explanations.read_all([model], tests, workers=0)
    right = [r.label == predicted for r, predicted in zip(tests, logits.argmax(1), strict=True)]
    assert comparison["networks"][0]["accuracy"]["test_artists"] == pytest.approx(np.mean(right))


def test_macro_recall_counts_a_rare_movement_as_much_as_a_common_one() -> None:
    labels, predicted = [0, 0, 0, 1], [0, 0, 0, 0]
    records = [
        Record(f"{split}{i}", MOVEMENTS[label], split=split)
        for split in ("test", "test_artists")
        for i, label in enumerate(labels)
    ]
    found = explanations.macro_recalls(np.eye(5, dtype=np.float32)[predicted * 2], records)
    assert found == {"test": 0.5, "test_artists": 0.5}


def test_every_explanation_is_measured_with_a_random_baseline(comparison: dict) -> None:
    found = comparison["networks"][0]["explanations"]
    assert [(one["method"], one["cells"]) for one in found] == [("cam", 6), ("grad-cam", 12)]
    for one in found:
        deletion = one["random_deletion"] - one["deletion"]
        insertion = one["insertion"] - one["random_insertion"]
        assert one["gain"] == pytest.approx(deletion + insertion, abs=1e-6)
        assert one["error"] > 0
        assert -1 <= one["control"] <= 1


@pytest.mark.parametrize("name", ["small_cnn", "vit_tiny"])
def test_the_class_map_is_grad_cam_but_for_a_factor(name: str) -> None:
    network = untrained(name)
    view, last = data.coffee()[:96, :96], explanations.last_place(network)
    weights = [0.0, 1.0, 0.0, 0.0, 0.0]
    maps = [
        heat_maps(network, view, weights, method, [last])[last] for method in ("cam", "grad-cam")
    ]
    np.testing.assert_allclose(maps[0] / maps[0].size, maps[1], rtol=1e-3, atol=1e-6)


def test_a_transformer_is_explained_by_rollout_too() -> None:
    network, view = untrained("vit_tiny"), data.coffee()[:192, :192]
    found = explanations.explanations("vit_tiny")
    assert list(found) == ["cam", "grad-cam", "rollout"]
    for explain in found.values():
        assert explain(network, view, 2).shape == (12, 12)


@pytest.mark.parametrize("name", NETWORKS)
def test_every_architecture_has_an_inner_place_of_cells_of_16_pixels(name: str) -> None:
    network, place = build(name), explanations.INNER[name]
    view = data.coffee()[:96, :96]
    heat = heat_maps(network, view, [1.0, 0.0, 0.0, 0.0, 0.0], "grad-cam", [place])[place]
    assert heat.shape == (6, 6)


def test_paintings_are_chosen_evenly_and_always_the_same(records: list[Record]) -> None:
    chosen = explanations.choose(records, 10)
    assert sorted(record.label for record in chosen) == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert {record.split for record in chosen} <= {"test", "test_artists"}
    assert explanations.choose(records[::-1], 10) == chosen
    assert explanations.choose(records, 99)[:10] == chosen


def test_the_shipped_networks_class_map_beats_chance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explanations, "faithfulness", partial(faithfulness, steps=5))
    path = tmp_path / "coffee.png"
    Image.fromarray(data.coffee()).save(path)
    model = ModelUnderTest.load(SHIPPED, threads=0)
    explain = explanations.explanations(model.name)["cam"]
    found = explanations.explained(model, "cam", explain, [Record(str(path), "Realism")] * 2, 1.0)
    assert found.cells == 6
    assert found.gain > 0
