import torch

from training.style.pairs import Collection, Pairs, square


def test_what_is_held_out_is_never_trained_with(folders):
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
    assert 10 < len(same) < 45
    assert all(torch.equal(photograph, style) for photograph, style, _ in same)


def test_square_is_the_middle(painting):
    cut = square(painting, 50)
    assert cut.shape == (50, 50, 3)
    left = (painting.shape[1] - painting.shape[0]) // 2
    middle = painting[:, left : left + painting.shape[0]]
    assert abs(cut.mean() - middle.mean()) < 1
