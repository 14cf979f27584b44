import csv
from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from training.data import (
    Record,
    difference_hash,
    main,
    near_duplicates,
    read_manifest,
    scan,
    share,
    split,
    write_manifest,
)


def many_records(paintings=2000, artists=200):
    return [
        Record(f"{i}.jpg", "Cubism", f"artist {i % artists}", f"painting {i}")
        for i in range(paintings)
    ]


def test_no_artist_of_the_artist_split_is_anywhere_else():
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


def test_splits_never_move():
    assert share("0 artist x") == 0.12343493151876643
    assert share("3 painting y") == 0.454581183497278
    assert share("photo 1.png") == 0.11151879220191059
    records = split(many_records(100, 40), [])
    test = [i for i, record in enumerate(records) if record.split == "test"]
    assert test == [12, 13, 19, 21, 25, 29, 43, 69, 72, 97]


def test_pictures_without_artist_are_their_own_group():
    records = [Record(f"photo {i}.jpg", "photograph") for i in range(500)]
    assert len({record.split for record in split(records, [])}) == 4


def test_difference_hash_survives_resizing_and_compression(tmp_path):
    rng = np.random.default_rng(1)
    small = rng.integers(0, 256, (6, 8, 3), np.uint8)
    pictures = [Image.fromarray(p).resize((320, 240), Image.Resampling.BICUBIC)
                for p in (small, 255 - small)]  # fmt: skip
    pictures[0].resize((200, 150)).save(tmp_path / "copy.jpg", quality=60)
    copy = np.asarray(Image.open(tmp_path / "copy.jpg"))
    hashes = [difference_hash(np.asarray(p)) for p in (*pictures, copy)]
    assert near_duplicates(hashes) == [(0, 2)]


def test_folder_per_movement_is_read_and_written(tmp_path):
    for name in ("Cubism", "Realism", "Baroque"):
        (tmp_path / name).mkdir()
        Image.new("RGB", (20, 10)).save(tmp_path / name / "é.png")
    records = scan(tmp_path)
    assert [record.movement for record in records] == ["other", "Cubism", "Realism"]
    written = [replace(record, split="train") for record in records]
    write_manifest(tmp_path / "manifest.csv", written)
    assert read_manifest(tmp_path / "manifest.csv") == written


def test_command_line_writes_a_complete_manifest(tmp_path, monkeypatch, capsys):
    rng = np.random.default_rng(0)
    for movement in ("Cubism", "Realism"):
        (tmp_path / "art" / movement).mkdir(parents=True)
        for i in range(5):
            pixels = rng.integers(0, 256, (9, 9, 3), np.uint8)
            Image.fromarray(pixels).save(tmp_path / "art" / movement / f"{i}.png")
    out = tmp_path / "manifest.csv"
    monkeypatch.setattr("sys.argv", ["data", str(tmp_path / "art"), "--out", str(out)])
    main()
    assert len(read_manifest(out)) == 10
    assert "10 pictures" in capsys.readouterr().out


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="holds no pictures"):
        scan(tmp_path)


def test_an_unknown_movement_is_refused(tmp_path):
    path = tmp_path / "manifest.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([["path", "movement", "split"], ["a.png", "Dadaism", "train"]])
    with pytest.raises(ValueError, match="Dadaism"):
        read_manifest(path)
