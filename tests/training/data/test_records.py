import pytest

from training.common.errors import UserError
from training.data import Record, read_manifest, write_manifest

HEAD = "path,movement,split\n"


def manifest(folder, content, encoding="utf-8"):
    path = folder / "manifest.csv"
    path.write_text(content, encoding)
    return path


def test_a_manifest_holds_all_fields_of_a_record(tmp_path):
    records = [
        Record("é, ü.png", "Cubism", 'Juan "J" Gris', "Nature\nmorte", "museum", "train", "ab12"),
        Record("b.png", "other", split="test"),
    ]
    write_manifest(tmp_path / "new" / "manifest.csv", records)
    assert read_manifest(tmp_path / "new" / "manifest.csv") == records


def test_files_of_other_programs_are_read(tmp_path):
    path = manifest(tmp_path, f"{HEAD[:-1]},note\na.png,cubism ,train,x\n", "utf-8-sig")
    assert read_manifest(path) == [Record("a.png", "Cubism", split="train")]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (HEAD + "a.png,Cubism,test\nb.png,Dadaism,train\n", "line 3: there is no movement 'Dada"),
        (HEAD + "a.png,Cubism,tset\n", "line 2: there is no split 'tset'"),
        (HEAD + "a.png,Cubism\n", "line 2: there is no split ''"),
        (HEAD + ",Cubism,train\n", "line 2: the column 'path' is empty"),
        ("path;movement;split\na.png;Cubism;train\n", r"lacks the column 'path' .*path;movement"),
        ("path,movement\na.png,Cubism\n", "lacks the column 'split'"),
        ("", "lacks the column 'path'"),
        (HEAD, "lists no picture"),
    ],
)
def test_faults_are_named_by_file_and_line(tmp_path, content, sentence):
    with pytest.raises(UserError, match=rf"manifest\.csv.*{sentence}"):
        read_manifest(manifest(tmp_path, content))


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_another_encoding_is_named(tmp_path, encoding):
    path = manifest(tmp_path, HEAD + "é.png,Cubism,train\n", encoding)
    with pytest.raises(UserError, match=r"manifest\.csv is not text in UTF-8"):
        read_manifest(path)


def test_a_cell_without_an_end_is_named(tmp_path):
    path = manifest(tmp_path, HEAD + '"' + "x" * 200_000)
    with pytest.raises(UserError, match=r"manifest\.csv is damaged at line \d"):
        read_manifest(path)
