from pathlib import Path

import torch

from training.run.resident import ResidentPictures
from training.style.pairs import Collection, Pairs, resident_batches, square


def test_held_out_pictures_are_never_trained_with(folders):
    collection = Collection.read(*folders)
    assert collection.photographs
    assert collection.unseen_photographs
    assert collection.styles
    assert collection.unseen_styles
    seen = {record.artist for record in collection.styles}
    assert seen.isdisjoint(record.artist for record in collection.unseen_styles)
    paths = {record.path for record in collection.photographs}
    assert paths.isdisjoint(record.path for record in collection.unseen_photographs)


def test_a_pair_depends_on_its_number_alone(folders):
    pairs = Pairs(Collection.read(*folders), 32, 10)
    again = Pairs(Collection.read(*folders), 32, 10)
    for i in (7, 3, 3):
        for ours, theirs in zip(pairs[i][:2], again[i][:2], strict=True):
            assert ours.shape == (32, 32, 3)
            assert torch.equal(ours, theirs)
    assert not torch.equal(pairs[0][0], pairs[1][0])


def test_some_pairs_are_one_picture_twice(folders):
    pairs = Pairs(Collection.read(*folders), 16, 200)
    same = [pair for pair in (pairs[i] for i in range(200)) if pair[2]]
    assert 4 < len(same) < 25
    assert all(torch.equal(photograph, style) for photograph, style, _ in same)


def test_neighbours_have_one_photograph_in_two_styles(folders):
    pairs = Pairs(Collection.read(*folders), 32, 10, together=2)
    plans = [pairs.plan(i) for i in range(10)]
    for first, second in zip(plans[::2], plans[1::2], strict=True):
        assert first.photograph == second.photograph
        assert first.style != second.style
    assert plans[0].photograph != plans[2].photograph


def test_presets_have_the_given_share(folders):
    photographs, paintings = folders
    collection = Collection.read(photographs, paintings, presets=photographs)
    presets = {record.path for record in collection.presets}
    plans = [Pairs(collection, 32, 400, preset_share=0.25).plan(i) for i in range(400)]
    styles = [plan.style.record.path for plan in plans if not plan.same]
    assert 0.17 < sum(path in presets for path in styles) / len(styles) < 0.33


def test_grey_pairs_are_grey(folders):
    pairs = Pairs(Collection.read(*folders), 16, 400)
    grey = next(i for i in range(400) if pairs.plan(i).grey)
    for picture in pairs[grey][:2]:
        assert (picture == picture[..., :1]).all()


def test_a_published_split_is_respected(folders, tmp_path):
    photographs, paintings = folders
    names = [path.name for path in sorted(paintings.glob("*.png"))]
    rows = [
        f"some/folder/{name},{'test_artists' if i < 3 else 'train'}" for i, name in enumerate(names)
    ]
    (tmp_path / "splits.csv").write_text("\n".join(["file,split", *rows]))
    collection = Collection.read(photographs, paintings, tmp_path / "splits.csv")
    unseen = {Path(record.path).name for record in collection.unseen_styles}
    assert unseen == set(names[:3])
    assert len(collection.styles) == len(names) - 3


def test_square_is_the_middle(painting):
    cut = square(painting, 50)
    assert cut.shape == (50, 50, 3)
    left = (painting.shape[1] - painting.shape[0]) // 2
    middle = painting[:, left : left + painting.shape[0]]
    assert abs(cut.mean() - middle.mean()) < 1


def test_crops_on_a_device_are_those_of_the_files(folders):
    collection = Collection.read(*folders)
    pairs = Pairs(collection, 48, 8, together=2)
    records = [*collection.photographs, *collection.styles]
    pictures = ResidentPictures(records, torch.device("cpu"), 2)
    batches = list(resident_batches(pairs, pictures, [range(0, 4), range(4, 8)]))
    assert len(batches) == 2
    for index in range(8):
        ours = [part[index % 4] for part in batches[index // 4]]
        expected = pairs[index]
        for crop, wanted in zip(ours[:2], expected[:2], strict=True):
            assert crop.dtype == torch.uint8
            assert crop.shape == wanted.shape
            # Pillow rounds after each of the two directions.
            assert (crop.int() - wanted.int()).abs().max() <= 2
        assert ours[2].item() == expected[2]
