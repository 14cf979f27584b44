import shutil
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from training.common.errors import UserError
from training.common.movements import MOVEMENTS
from training.data import PHOTOGRAPH, Record, read_splits, scan, scan_photographs, share, split
from training.data.scanning import examine
from training.data.splits import (
    contradictions,
    count_seen,
    leaked_artists,
    leaked_paintings,
    leave_out,
    read_seen,
)


def many_records(paintings=2000, artists=200):
    return [
        Record(f"{i}.jpg", "Cubism", f"artist {i % artists}", f"painting {i}")
        for i in range(paintings)
    ]


def test_artists_of_the_artist_split_are_in_no_other():
    splits = defaultdict(set)
    for record in split(many_records(), []):
        splits[record.artist].add(record.split == "test_artists")
    assert all(len(places) == 1 for places in splits.values())
    assert {True} in splits.values()


def test_shares_are_near_what_was_asked_for():
    names = [record.split for record in split(many_records(), [])]
    assert 0.07 < names.count("test_artists") / len(names) < 0.20
    assert 0.07 < names.count("test") / len(names) < 0.18
    assert names.count("train") / len(names) > 0.6


def test_near_duplicates_and_equal_titles_share_a_split():
    records = many_records()
    records[7] = replace(records[7], artist=records[8].artist, title=records[8].title)
    pairs = [(1, 900), (900, 1700)]
    names = [record.split for record in split(records, pairs)]
    assert names[1] == names[900] == names[1700]
    assert names[7] == names[8]


def test_a_picture_stays_in_its_split_when_others_are_added():
    before = split(many_records(500), [])
    after = split(many_records(2000), [])[:500]
    assert before == after


def test_splits_do_not_change():
    assert share("0 artist x") == 0.12343493151876643
    assert share("3 painting y") == 0.454581183497278
    assert share("photo 1.png") == 0.11151879220191059
    records = split(many_records(100, 40), [])
    test = [i for i, record in enumerate(records) if record.split == "test"]
    assert test == [12, 13, 19, 21, 25, 29, 43, 69, 72, 97]


def test_pictures_without_artist_are_their_own_group():
    records = [Record(f"photo {i}.jpg", "photograph", content=f"{i}") for i in range(500)]
    assert len({record.split for record in split(records, [])}) == 4


@pytest.fixture
def untitled(tmp_path):
    """A folder of paintings and one of photographs, forty each, that only their contents name."""
    rng = np.random.default_rng(0)
    for kind in ("art/Cubism", "photos"):
        (tmp_path / kind).mkdir(parents=True)
        for i in range(40):
            pixels = rng.integers(0, 256, (9, 9, 3), np.uint8)
            Image.fromarray(pixels).save(tmp_path / kind / f"{i}.png")
    return tmp_path


@pytest.mark.parametrize("examined", [True, False])
def test_a_split_does_not_depend_on_where_files_lie(untitled, tmp_path, monkeypatch, examined):
    def places(folder):
        records = scan(folder / "art") + scan_photographs(folder / "photos")
        return [r.split for r in split(examine(records).records if examined else records, [])]

    monkeypatch.chdir(untitled)
    relative = places(Path())
    shutil.copytree(untitled, tmp_path / "a copy")
    assert set(relative) == {"train", "validation", "test", "test_artists"}
    assert places(untitled) == places(tmp_path / "a copy") == relative


def test_equal_contents_share_a_split_whatever_they_are_called(untitled):
    for i in range(40):
        shutil.copy(untitled / f"photos/{i}.png", untitled / f"photos/copy {i}.png")
    records = split(examine(scan_photographs(untitled / "photos")).records, [])
    names = {Path(record.path).name: record.split for record in records}
    assert all(names[f"{i}.png"] == names[f"copy {i}.png"] for i in range(40))
    titled = [replace(r, title=r.path, split="") for r in records]
    shared = defaultdict(set)
    for record in split(titled, []):
        shared[record.content].add(record.split)
    assert all(len(places) == 1 for places in shared.values())


def test_a_missing_file_is_named_when_its_content_is_needed():
    with pytest.raises(UserError, match=r"^gone\.jpg: "):
        split([Record("gone.jpg", "Cubism")], [])


def test_given_splits_stay_and_what_shows_the_same_follows_them():
    records = many_records(400, 400)
    names = {record.path: record.split for record in split(records, [])}
    given = [replace(record, split="test") for record in records[:100]]
    free = [replace(r, path=f"again {r.path}") for r in records[:100]]
    close = records[100:200]
    pairs = [(i, 200 + i) for i in range(100)]
    result = split(given + free + close, pairs)
    assert {record.split for record in result} == {"test"}
    assert len({names[record.path] for record in close}) == 4  # Else they would be anywhere.
    by_name = split(given + free, [], named=dict.fromkeys((r.path for r in free), "train"))
    assert [r.split for r in by_name] == ["test"] * 100 + ["train"] * 100
    assert leaked_paintings(by_name, []) == [(100 + i, i) for i in range(100)]


def test_given_unseen_artists_stay_unseen_and_others_seen():
    records = many_records(400, 20)
    for where, elsewhere in (("test_artists", set()), ("train", {"train", "validation", "test"})):
        given = [replace(r, split=where) if i < 20 else r for i, r in enumerate(records)]
        result = split(given, [])
        assert {r.split for r in result} == (elsewhere or {where})
        assert leaked_artists(result) == []


def test_given_splits_with_held_out_paintings_in_training_are_reported():
    records = [
        Record("a.jpg", "Cubism", "one", "first", split="train", content="a"),
        Record("b.jpg", "Cubism", "one", "second", split="test_artists", content="b"),
        Record("c.jpg", "photograph", split="train", content="c"),
        Record("d.jpg", "photograph", split="test_artists", content="d"),
    ]
    assert leaked_artists(records) == [(0, 1)]
    assert leaked_paintings(records, []) == []
    assert leaked_paintings(records, [(2, 3)]) == leaked_paintings(records, [(3, 2)]) == [(2, 3)]
    same = [replace(record, content="x") for record in records]
    assert [i for i, _ in leaked_paintings(same, [])] == [0, 2]


def test_published_splits_are_read_by_the_files_names(tmp_path):
    path = tmp_path / "splits.csv"
    path.write_text("\ufefffile,split\nCubism\\a.jpg,test\nb.jpg,train\n", "utf-8")
    assert read_splits(path) == {"a.jpg": "test", "b.jpg": "train"}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("file,split\na.jpg,tset\n", r"splits\.csv, line 2: there is no split 'tset'"),
        ("file,split\na.jpg,test\nx/a.jpg,train\n", r"line 3: a\.jpg is in test already"),
        ("name,split\na.jpg,test\n", r"lacks the column 'file' \(its columns: name, split\)"),
    ],
)
def test_faults_of_published_splits_are_named(tmp_path, content, sentence):
    (tmp_path / "splits.csv").write_text(content)
    with pytest.raises(UserError, match=sentence):
        read_splits(tmp_path / "splits.csv")


def test_near_duplicates_of_different_movements_contradict_each_other():
    records = [Record("a", "Cubism"), Record("b", "Realism"), Record("c", "Cubism")]
    assert contradictions(records, [(0, 1), (0, 2), (1, 2)]) == [(0, 1), (1, 2)]


def test_paintings_that_may_have_been_learned_from_are_left_out():
    def record(name: str, movement: str, split: str = "test") -> Record:
        return Record(f"folder/{name}", movement, split=split)

    new, known = record("new.jpg", "Cubism"), record("known.jpg", "Cubism")
    photographs = [record(f"{i}.jpg", PHOTOGRAPH) for i in range(4)]
    seen = {"known.jpg", "0.jpg", "1.jpg", "2.jpg"}
    kept, facts = leave_out([new, known, *photographs], seen)
    assert kept == [new, *photographs]
    assert facts == {"paintings": 1, "photographs": 0.75}


def test_pictures_that_may_have_been_learned_from_are_counted(tmp_path):
    path = tmp_path / "seen.csv"
    path.write_text("file\ntest-Cubism-0.png\nold/test-Cubism-1.png\ntrain-Cubism-0.png\n")
    records = [
        Record(f"folder/{split}-{movement}-{number}.png", movement, split=split)
        for split in ("train", "validation", "test", "test_artists")
        for movement in MOVEMENTS
        for number in range(2)
    ]
    assert count_seen(records, read_seen(path)) == {"test": 2, "test_artists": 0}
