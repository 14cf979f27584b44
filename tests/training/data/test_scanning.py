import hashlib
import os

import numpy as np
import pytest
from PIL import Image

from training.common.errors import UserError
from training.data import Record, difference_hash, load_picture, scan, scan_photographs
from training.data.scanning import examine


def draw(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(0).integers(0, 256, (9, 9, 3), np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def movements(folder):
    return [record.movement for record in scan(folder)]


def test_a_folder_per_movement_is_read(tmp_path):
    for name in ("Baroque", "Cubism", "Realism"):
        draw(tmp_path / name / "deeper" / "é.png")
    assert movements(tmp_path) == ["other", "Cubism", "Realism"]


def test_movements_may_be_spelt_in_any_case(tmp_path, caplog):
    for name in ("abstract ", "CUBISM", "realism"):
        draw(tmp_path / "folders" / name / "a.png")
    assert movements(tmp_path / "folders") == ["Cubism", "Abstract", "Realism"]
    (tmp_path / "index.csv").write_text("file,movement\na.png, cubism\nb.png,REALISM\nc.png,\n")
    assert movements(tmp_path) == ["Cubism", "Realism", "other"]
    assert not caplog.records


def test_names_that_are_no_movements_are_warned_of(tmp_path, caplog):
    draw(tmp_path / "Cubism" / "a.png")
    for name in "bc":
        draw(tmp_path / "Cubsim" / f"{name}.png")
    assert movements(tmp_path) == ["Cubism", "other", "other"]
    assert f"{tmp_path}: taken as 'other'" in caplog.text
    assert "'Cubsim' (2)" in caplog.text
    caplog.clear()
    (tmp_path / "index.csv").write_text("file,movement\na.png,Impresionism\n")
    assert movements(tmp_path) == ["other"]
    assert "'Impresionism' (1)" in caplog.text


def test_an_index_may_come_from_any_program(tmp_path):
    (tmp_path / "index.csv").write_text(
        "\ufefffile,movement,artist,title,split\r\nCubism\\a.png,Cubism,Gris,Guitar,test\r\nb.png\r\n",
        "utf-8",
    )
    assert scan(tmp_path) == [
        Record(str(tmp_path / "Cubism" / "a.png"), "Cubism", "Gris", "Guitar", split="test"),
        Record(str(tmp_path / "b.png"), "other"),
    ]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"name,movement\na.png,Cubism\n", "lacks the column 'file'"),
        (b"file,style\na.png,Cubism\n", "lacks the column 'movement'"),
        (b"file,movement\n,Cubism\n", "line 2: the column 'file' is empty"),
        (b"file,movement,split\na.png,Cubism,tset\n", "line 2: there is no split 'tset'"),
        (b"file,movement\n\xe9.png,Cubism\n", "is not text in UTF-8"),
    ],
)
def test_faults_of_an_index_are_named(tmp_path, content, sentence):
    (tmp_path / "index.csv").write_bytes(content)
    with pytest.raises(UserError, match=rf"index\.csv.*{sentence}"):
        scan(tmp_path)


@pytest.mark.parametrize("search", [scan, scan_photographs])
def test_a_folder_without_pictures_is_refused(tmp_path, search):
    with pytest.raises(UserError, match="holds no pictures"):
        search(tmp_path)
    with pytest.raises(UserError, match=r"There is no folder .*nowhere"):
        search(tmp_path / "nowhere")


def test_hidden_files_and_pipes_are_passed_over(tmp_path):
    seen = draw(tmp_path / "Cubism" / "a.png")
    os.mkfifo(tmp_path / "Cubism" / "pipe.png")
    for name in ("Cubism/._a.png", "Cubism/.b.png", ".thumbnails/c.png", "__MACOSX/._a.png"):
        draw(tmp_path / name)
    assert [record.path for record in scan(tmp_path)] == [str(seen)]


def test_files_that_cannot_be_read_are_skipped_with_a_reason(tmp_path):
    good = draw(tmp_path / "good.png")
    content = good.read_bytes()
    contents = {
        "empty.jpg": b"",
        "text.jpg": b"no picture\n",
        "cut.png": content[: len(content) // 2],
        "noise.jpg": np.random.default_rng(0).bytes(300),
    }
    for name, data in contents.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "folder.jpg").mkdir()
    names = ["good.png", *contents, "folder.jpg", "missing.jpg"]
    found = examine([Record(str(tmp_path / name), "Cubism") for name in names])
    assert [record.path for record in found.records] == [str(good)]
    assert found.records[0].content == hashlib.sha256(content).hexdigest()
    assert found.hashes == [difference_hash(load_picture(good))]
    assert [(os.path.basename(s.path), s.reason.split("; ")[0]) for s in found.skipped] == [
        ("empty.jpg", "This file is empty"),
        ("text.jpg", "This is a text file"),
        ("cut.png", "This PNG file is damaged, incomplete or of an unusual variety"),
        ("noise.jpg", "This is a file of an unknown kind"),
        ("folder.jpg", "This file could not be opened (is a directory)."),
        ("missing.jpg", "This file could not be opened (no such file or directory)."),
    ]


def test_a_name_that_no_manifest_can_hold_is_skipped(tmp_path):
    path = tmp_path / os.fsdecode(b"\xff.png")
    draw(tmp_path / "a.png").rename(path)
    found = examine([Record(str(path), "Cubism")])
    assert not found.records
    assert "not valid text" in found.skipped[0].reason
