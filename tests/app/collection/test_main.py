"""The command line, as a person types it."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

import app.collection.__main__ as command
from app.collection.embed import Embedder
from export.benchmarks.app_start import MAIN


@pytest.fixture(autouse=True)
def _quick_embedder(quick: Embedder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "Embedder", lambda **_: quick)


def run(*arguments: object) -> None:
    command.main([str(argument) for argument in arguments])


def sentence(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """The error message of a command that fails."""
    with pytest.raises(SystemExit) as caught:
        run(*arguments)
    assert caught.value.code == 1
    message = capsys.readouterr().err.strip()
    assert "\n" not in message
    assert message.endswith(".")
    return message


@pytest.fixture
def store(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    run("index", folder, "--store", tmp_path / "store")
    capsys.readouterr()
    return tmp_path / "store"


def test_a_folder_is_indexed_and_a_bad_file_reported(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("index", folder, "--store", tmp_path / "store")
    output = capsys.readouterr()
    assert "14 pictures were read, 0 were known already, 1 could not be read" in output.out
    assert f"{folder / 'letter.jpg'}: This is a text file" in output.err
    run("index", folder, "--store", tmp_path / "store")
    assert "0 pictures were read, 14 were known already" in capsys.readouterr().out


def test_the_most_similar_pictures_are_found(
    folder: Path, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("search", store, folder / "2 Räume" / "cat_3.png", "-k", 3)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("1.000 ")
    assert lines[0].endswith(str(folder / "2 Räume" / "cat_3.png"))


def test_several_stores_are_searched_as_one(
    folder: Path, store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "more").mkdir()
    picture = folder / "2 Räume" / "cat_3.png"
    copy = picture.rename(tmp_path / "more" / "copy.png")
    run("index", tmp_path / "more", "--store", tmp_path / "second")
    run("index", folder, "--store", store)
    capsys.readouterr()
    run("search", store, tmp_path / "second", copy, "-k", 4)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert lines[0].endswith(str(copy))
    assert all(str(folder) in line for line in lines[1:])
    assert sorted(lines, reverse=True) == lines


def test_a_map_is_a_page_and_a_table(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, table = tmp_path / "map.html", tmp_path / "map.csv"
    run("map", store, "--out", out, "--csv", table)
    assert "pictures" not in capsys.readouterr().err
    assert out.stat().st_size > 10**6
    with table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 14
    assert [Path(row["file"]).name for row in rows if row["duplicate_group"]] == [
        "it's an astronaut.jpg",
        "small.webp",
    ]
    assert "already; please name another file" in sentence(capsys, "map", store, "--out", out)
    run("map", store, "--csv", table, "--overwrite")


def test_near_duplicates_are_listed(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("duplicates", store)
    output = capsys.readouterr()
    names = [Path(line).name for line in output.out.splitlines() if line]
    assert names == ["it's an astronaut.jpg", "small.webp"]
    assert "1 group of near-duplicates in 14 pictures." in output.err


def test_errors_are_one_sentence(
    folder: Path, store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere, picture = tmp_path / "nowhere", folder / "small.webp"
    assert "There is no folder" in sentence(capsys, "index", nowhere, "--store", store)
    assert "holds other things" in sentence(capsys, "index", folder, "--store", folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "ray", None)
        small = folder / "2 Räume"
        message = sentence(capsys, "index", small, "--store", tmp_path / "new", "--ray", "local")
        assert "pip install -r requirements/ray.txt" in message
    assert "There is no store" in sentence(capsys, "search", nowhere, picture)
    assert "There is no store" in sentence(capsys, "duplicates", nowhere)
    assert "could not be opened" in sentence(capsys, "search", store, nowhere)
    assert "text file" in sentence(capsys, "search", store, folder / "letter.jpg")
    assert "must end in .html" in sentence(capsys, "map", store, "--out", tmp_path / "map.png")
    elsewhere = nowhere / "map.html"
    assert "Nothing can be saved in" in sentence(capsys, "map", store, "--out", elsewhere)


def test_a_store_of_one_picture_has_a_map(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "one").mkdir()
    Image.new("RGB", (40, 30), "red").save(tmp_path / "one" / "a.png")
    run("index", tmp_path / "one", "--store", tmp_path / "store")
    run("map", tmp_path / "store", "--csv", tmp_path / "map.csv")
    run("duplicates", tmp_path / "store")
    assert "0 groups" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", [[], ["index", "a"], ["search", "a", "b", "-k", "0"], ["fly"]])
def test_a_wrong_command_line_shows_the_usage(wrong: list[str], capsys) -> None:
    with pytest.raises(SystemExit) as caught:
        run(*wrong)
    assert caught.value.code == 2
    assert "usage: python -m app.collection" in capsys.readouterr().err


def test_help_needs_neither_torch_nor_gradio() -> None:
    code = (
        "import sys, app.collection.__main__, app.collection.in_memory;"
        " sys.exit(any(name in sys.modules for name in ('torch', 'gradio', 'plotly')))"
    )
    commands = [sys.executable, "-c", code], [sys.executable, "-m", "app.collection", "index", "-h"]
    for arguments in commands:
        result = subprocess.run(arguments, cwd=MAIN.parents[1], capture_output=True, text=True)
        assert result.returncode == 0
    assert "Ctrl-C stops" in " ".join(result.stdout.split())
