import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from training.data import read_manifest
from training.data.__main__ import main

ROOT = Path(__file__).parents[3]


def draw(path, seed):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (9, 9, 3), np.uint8)
    Image.fromarray(pixels).save(path)


@pytest.fixture
def folders(tmp_path):
    """Ten paintings by folder, two by index, three photographs."""
    for i in range(10):
        draw(tmp_path / "art" / ("Cubism", "realism")[i % 2] / f"{i}.png", i)
    for i in range(2):
        draw(tmp_path / "more" / f"m{i}.png", 10 + i)
    for i in range(3):
        draw(tmp_path / "photos" / f"p{i}.png", 20 + i)
    (tmp_path / "more" / "index.csv").write_text(
        "file,movement,split\nm0.png,Abstract,train\nm1.png,,train\n"
    )
    return tmp_path


def run(folder, *arguments):
    out = folder / "runs" / "manifest.csv"
    main([*map(str, arguments), "--out", str(out)])
    return {Path(record.path).name: record for record in read_manifest(out)}


def fails(capsys, folder, *arguments):
    """What a run that stops prints to standard error."""
    with pytest.raises(SystemExit) as caught:
        run(folder, *arguments)
    assert caught.value.code == 1
    assert not (folder / "runs" / "manifest.csv").exists()
    return capsys.readouterr().err


def test_several_folders_make_one_manifest(folders, capsys):
    (folders / "splits.csv").write_text("file,split\n0.png,test_artists\np1.png,validation\n")
    paintings = folders / "art", folders / "more"
    options = "--photographs", folders / "photos", "--splits", folders / "splits.csv"
    found = run(folders, *paintings, *options)
    assert len(found) == 15
    assert found["1.png"].movement == "Realism"
    assert [found[name].split for name in ("0.png", "p1.png", "m0.png", "m1.png")] == [
        "test_artists",
        "validation",
        "train",
        "train",
    ]
    assert found["m1.png"].movement == "other"
    assert found["p2.png"].movement == "photograph"
    assert all(record.content for record in found.values())
    output = capsys.readouterr()
    assert "15 pictures, 0 near-duplicate pairs, 0 files skipped" in output.out
    assert output.err == ""


def test_unreadable_files_are_reported_and_counted(folders, capsys):
    for i in range(12):
        (folders / "art" / "Cubism" / f"broken {i:02}.jpg").write_bytes(b"words\n")
    (folders / "art" / "Cubism" / "._0.jpg").write_bytes(b"\0\5\x16\7")
    assert len(run(folders, folders / "art")) == 10
    output = capsys.readouterr()
    assert "12 files skipped" in output.out
    lines = output.err.splitlines()
    assert lines[0] == "Files skipped: 12"
    assert "broken 00.jpg: This is a text file" in lines[1]
    assert lines[-1].strip() == "and 2 more"
    assert len(lines) == 12
    assert "._0" not in output.err


def test_near_duplicates_with_different_labels_are_reported(folders, capsys):
    draw(folders / "art" / "Abstract" / "copy.png", 0)
    found = run(folders, folders / "art")
    assert found["copy.png"].split == found["0.png"].split
    output = capsys.readouterr().err
    assert "Near-duplicates with different labels: 1\n" in output
    assert "copy.png is Abstract" in output
    assert "0.png Cubism" in output


def test_a_held_out_painting_among_those_to_learn_from_is_reported(folders, capsys):
    draw(folders / "more" / "m0.png", 0)
    (folders / "splits.csv").write_text("file,split\n0.png,test\nabsent.png,test\n")
    run(folders, folders / "art", folders / "more", "--splits", folders / "splits.csv")
    output = capsys.readouterr().err
    assert "Pictures in train that show or resemble a held-out one, by the splits that" in output
    assert "m0.png is in train" in output
    assert "0.png in test" in output
    assert "names and that are not here: 1\n  absent.png" in output


def test_an_unseen_artist_with_paintings_in_other_splits_is_reported(folders, capsys):
    (folders / "more" / "index.csv").write_text(
        "file,movement,artist,split\nm0.png,Abstract,Braque,train\nm1.png,,Braque,test_artists\n"
    )
    run(folders, folders / "more")
    output = capsys.readouterr().err
    assert "Pictures in other splits than test_artists by its artists" in output
    assert "m0.png is in train" in output


def test_a_folder_without_labels_is_refused(folders, capsys):
    output = fails(capsys, folders, folders / "photos")
    assert "photos holds no index.csv and no subfolder that is named after a movement" in output
    assert output.count("\n") == 1
    (folders / "photos" / "index.csv").write_text("file,movement\np0.png,\np1.png,Baroque\n")
    assert "none is of a movement" in fails(capsys, folders, folders / "photos")


def test_a_folder_without_paintings_of_a_movement_is_an_error(folders, capsys):
    for path in (folders / "more").glob("*.png"):
        path.write_bytes(b"")
    output = fails(capsys, folders, folders / "more")
    assert "Files skipped: 2" in output
    assert "Of 2 pictures none is of a movement" in output


def test_the_program_ends_with_a_sentence(tmp_path):
    command = [sys.executable, "-m", "training.data", str(tmp_path / "nowhere")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == f"There is no folder {tmp_path}/nowhere; please name another one.\n"
