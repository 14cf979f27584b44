import csv
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from app.optimize.features import FeatureNetwork, load_network
from app.optimize.objective import fit_style
from app.optimize.tensors import to_tensor
from export.assets import style_presets, swatches
from training.common.movements import MOVEMENTS
from training.common.shipped_files import ENCODER_FILE, TEXTURE_FILE, VECTORS_FILE
from training.data import Record, scan, split
from training.style.losses import gram_matrix

CPU = torch.device("cpu")
QUICK = replace(swatches.RECIPE, steps=60)


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    """Half the size, a quarter of the time."""
    for name in ("SIDE", "PAINTED", "EDGE"):
        monkeypatch.setattr(swatches, name, getattr(swatches, name) // 2)


@pytest.fixture(scope="module")
def network(texture_folder: Path) -> FeatureNetwork:
    return load_network("texture", CPU, folder=texture_folder)


def gram(network: FeatureNetwork, picture: np.ndarray) -> torch.Tensor:
    return gram_matrix(network(to_tensor(picture, CPU), ["relu2_1"])["relu2_1"])


def test_a_swatch_has_the_texture_of_its_painting_but_is_not_the_painting(network, painting):
    swatch = swatches.synthesise([painting], network, CPU, QUICK)
    assert swatch.shape == (swatches.SIDE, swatches.SIDE, 3)
    assert swatch.dtype == np.uint8
    seen = fit_style(painting, swatches.PAINTED**2, QUICK)
    noise = np.random.default_rng(0).normal(128, 38, swatch.shape).clip(0, 255).astype(np.uint8)
    wanted = gram(network, seen)
    ours, theirs = ((gram(network, each) - wanted).square().sum() for each in (swatch, noise))
    assert ours < theirs / 4
    corner = seen[: swatches.SIDE, : swatches.SIDE]
    assert abs(np.corrcoef(corner.ravel(), swatch.ravel())[0, 1]) < 0.7


def test_a_swatch_is_the_same_every_time(network, painting):
    few = replace(QUICK, steps=6)
    once, again = (swatches.synthesise([painting], network, CPU, few) for _ in range(2))
    np.testing.assert_array_equal(once, again)


def test_several_paintings_count_alike(network, painting):
    few = replace(QUICK, steps=6)
    first, other = painting, 255 - painting
    alone, one_way, other_way = (
        swatches.synthesise(paintings, network, CPU, few).astype(int)
        for paintings in ([first], [first, other], [other, first])
    )
    assert np.abs(one_way - other_way).mean() < 1
    assert np.abs(one_way - alone).mean() > 5


def test_only_training_paintings_are_taken(folders):
    chosen = swatches.candidates(folders[1])
    wanted = [record for record in split(scan(folders[1]), []) if record.split == "train"]
    assert chosen == wanted


def test_a_list_of_splits_overrides_others(folders, tmp_path):
    names = [Path(record.path).name for record in scan(folders[1])]
    rows = [f"{name},{'train' if i < 10 else 'test'}" for i, name in enumerate(names[:-1])]
    (tmp_path / "splits.csv").write_text("\n".join(["file,split", *rows]))
    chosen = swatches.candidates(folders[1], tmp_path / "splits.csv")
    assert [Path(record.path).name for record in chosen] == names[:10]


def test_paintings_that_may_be_protected_are_left_out(folders, tmp_path):
    with (folders[1] / "index.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    with (tmp_path / "index.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, [*rows[0], "artist_died_by_1955"])
        writer.writeheader()
        writer.writerows(row | {"artist_died_by_1955": i % 2} for i, row in enumerate(rows))
    (tmp_path / "all.csv").write_text(
        "\n".join(["file,split", *(f"{i}.png,train" for i in range(40))])
    )
    chosen = swatches.candidates(tmp_path, tmp_path / "all.csv")
    assert {Path(record.path).name for record in chosen} == {f"{i}.png" for i in range(1, 40, 2)}


def test_a_movement_without_a_painting_is_named(folders, tmp_path):
    held_out = "".join(f"{i}.png,test\n" for i in range(1, 40))
    (tmp_path / "splits.csv").write_text(f"file,split\n0.png,train\n{held_out}")
    with pytest.raises(ValueError, match=MOVEMENTS[1]):
        swatches.candidates(folders[1], tmp_path / "splits.csv")


def test_typical_paintings_are_the_nearest_by_different_artists():
    rng = np.random.default_rng(0)
    records = [
        Record(f"{m} {i}", m, artist=f"artist {i // 2}") for m in MOVEMENTS for i in range(10)
    ]
    vectors = rng.standard_normal((50, 8)).astype(np.float32)
    found = swatches.typical(records, vectors, count=3)
    presets = style_presets.emphasised(list(vectors.reshape(5, 10, 8)))
    for m, (movement, preset) in enumerate(zip(MOVEMENTS, presets, strict=True)):
        distances = np.linalg.norm(vectors[10 * m : 10 * m + 10] - preset, axis=1)
        of_artists = np.sort(distances.reshape(5, 2).min(1))
        chosen = [int(record.path.split()[1]) for record in found[movement]]
        np.testing.assert_array_equal(distances[chosen], of_artists[:3])


def test_the_script_writes_swatches_and_leaves_vectors_alone(
    random_networks, texture_folder, folders, painting, tmp_path, monkeypatch
):
    for source, name in ((random_networks, ENCODER_FILE), (texture_folder, TEXTURE_FILE)):
        (tmp_path / name).write_bytes((source / name).read_bytes())
    (tmp_path / VECTORS_FILE).write_bytes(b"as it was")
    Image.fromarray(painting).save(tmp_path / "one_of_them.jpg")
    (tmp_path / "style_presets.csv").write_text(
        "file,title,artist,year\none_of_them.jpg,One,Ann,1900\n"
    )
    monkeypatch.setattr(style_presets, "FACTS", tmp_path / "style_presets.csv")
    monkeypatch.setattr(swatches, "synthesise", lambda pictures, *_: pictures[0][:50, :50])
    arguments = ["swatches", str(tmp_path), "--paintings", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", [*arguments, "--collection", str(folders[1])])
    swatches.main()
    names = {"one-of-them", *(movement.lower() for movement in MOVEMENTS)}
    assert {path.stem for path in (tmp_path / "styles").iterdir()} == names
    with Image.open(tmp_path / style_presets.thumbnail("one-of-them")) as image:
        assert image.format == "WEBP"
        assert np.abs(np.asarray(image, int) - painting[:50, :50]).mean() < 8
    assert (tmp_path / VECTORS_FILE).read_bytes() == b"as it was"


def test_a_preset_that_does_not_exist_is_named(random_networks, folders, monkeypatch, capsys):
    arguments = [str(random_networks), "--paintings", ".", "--collection", str(folders[1])]
    monkeypatch.setattr(sys, "argv", ["swatches", *arguments, "--only", "nothing"])
    with pytest.raises(SystemExit):
        swatches.main()
    assert "no preset nothing" in capsys.readouterr().err
