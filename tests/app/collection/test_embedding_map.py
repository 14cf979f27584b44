import numpy as np
import pytest

from app.collection import embedding_map
from app.collection.embedding_map import group, make_embedding_map, words


def clouds(count: int, clusters: int = 2) -> np.ndarray:
    random = np.random.default_rng(0)
    middles = 5 * np.eye(8, dtype=np.float32)[np.arange(count) % clusters]
    return middles + 0.3 * random.standard_normal((count, 8)).astype(np.float32)


def test_regions_are_named_by_movement_and_by_words_in_names() -> None:
    kinds = (("Cubism", "braque guitar"), ("Realism", "IMG_harvest"), ("Abstract", "DSC"))
    count = 75
    groups = [kinds[index % 3][0] for index in range(count)]
    titles = [f"{kinds[index % 3][1]} {index}.jpg" for index in range(count)]
    found = make_embedding_map(clouds(count, 3), groups, titles)
    assert found.coordinates.shape == (count, 2)
    assert sorted(found.names) == ["Abstract", "Cubism: braque, guitar", "Realism: harvest"]
    for index in range(count):
        assert found.cluster(index).startswith(groups[index])


def test_regions_of_one_name_are_numbered() -> None:
    found = make_embedding_map(clouds(30), ["Cubism"] * 30, [str(index) for index in range(30)])
    assert sorted(found.names) == ["Cubism 1", "Cubism 2"]


@pytest.mark.parametrize("count", [1, 2, 3, 5, 13])
def test_few_pictures_have_a_map_too(count: int) -> None:
    found = make_embedding_map(clouds(count), ["Cubism"] * count, ["a.jpg"] * count)
    assert found.coordinates.shape == (count, 2)
    assert np.isfinite(found.coordinates).all()
    assert all(found.cluster(index) in (*found.names, "") for index in range(count))


def test_beyond_the_limit_pictures_are_placed_beside_those_laid_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(embedding_map, "LAID_OUT", 40)
    vectors = clouds(120)
    found = make_embedding_map(vectors, ["Cubism"] * 120, ["a"] * 120)
    even, odd = found.coordinates[::2], found.coordinates[1::2]
    middles = even.mean(0), odd.mean(0)
    for index, place in enumerate(found.coordinates):
        own, other = (np.linalg.norm(place - middles[side]) for side in (index % 2, 1 - index % 2))
        assert own < other
    again = make_embedding_map(vectors, ["Cubism"] * 120, ["a"] * 120)
    np.testing.assert_array_equal(found.coordinates, again.coordinates)


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("claude-monet--water-lilies_7654736a.jpg", ["claude", "monet", "water", "lilies"]),
        ("IMG_20240501_Venice (2).HEIC", ["venice"]),
        ("DSC01234.JPG", []),
        ("C:\\scans\\Gemälde für Ännchen.png", ["gemälde", "für", "ännchen"]),
        ("folder/rot rot blau.webp", ["rot", "blau"]),
        ("", []),
    ],
)
def test_words_of_a_file_name(title: str, expected: list[str]) -> None:
    assert words(title) == expected


def test_pictures_of_no_movement_are_counted_by_kind() -> None:
    assert group("photograph", "Cubism") == "Photographs"
    assert group("another movement", "Cubism") == "Other art"
    assert group("one of the movements", "Cubism") == "Cubism"
