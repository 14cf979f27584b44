"""The map as the app reads it, and the one that ships."""

from pathlib import Path

import numpy as np
import pytest

from app import MODELS
from app.errors import UserError
from app.serving.reference_map import Projection, ReferenceMap
from export.assets import reference_map as maker
from training.common.movements import MOVEMENTS

FACTS = {
    "reader": "0.1",
    "clusters": [
        {"name": "Cubism: Gris", "x": -1, "y": 0, "paintings": 20},
        {"name": "Realism", "x": 1, "y": 0, "paintings": 20},
    ],
    "similarity": {"stranger": 0.3, "tenth": 0.6, "first": 0.8, "twin": 0.9},
    "measured": {"unseen_movement_on_map": 0.6, "commonest_movement": 0.2},
}


def embedding(group: int, number: int) -> np.ndarray:
    """Ten numbers that differ most between groups, then between paintings."""
    values = np.ones(10, np.float32)
    values[group] += 2
    values[2 + number % 8] += 0.02 * number
    return values


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A map of forty paintings in two groups."""
    rows = [(group, number) for group in (0, 1) for number in range(20)]
    paintings = [
        maker.Painting(
            f"Picture {number}",
            "Juan Gris",
            None if number else 1913,
            MOVEMENTS[group],
            "Cubo-Futurism",
            2 * group - 1,
            number / 100,
            group,
        )
        for group, number in rows
    ]
    projection = Projection(np.ones(10, np.float32), np.eye(10, dtype=np.float32))
    embeddings = projection(np.stack([embedding(*row) for row in rows]))
    maker.write(tmp_path, paintings, embeddings, projection, FACTS)
    return tmp_path


@pytest.fixture(scope="module")
def shipped() -> ReferenceMap:
    return ReferenceMap.read(MODELS / "map")


def test_a_written_map_can_be_read(folder):
    reference_map = ReferenceMap.read(folder)
    assert len(reference_map.paintings) == 40
    first, second = reference_map.paintings[:2]
    assert (first.title, first.artist, first.year) == ("Picture 0", "Juan Gris", 1913)
    assert (second.year, second.movement, second.style) == (None, "Abstract", "Cubo-Futurism")
    assert reference_map.clusters[0].name == "Cubism: Gris"
    assert reference_map.version == "0.1"
    assert reference_map.table.read_text(encoding="utf-8").startswith("title,artist,year,movement")


def test_a_picture_is_placed_among_similar_ones(folder):
    reference_map = ReferenceMap.read(folder)
    for group in (0, 1):
        x, y = reference_map.place(embedding(group, 7))
        assert x == 2 * group - 1
        assert reference_map.cluster_at(x, y) == group


def test_neighbours_come_nearest_first(folder):
    reference_map = ReferenceMap.read(folder)
    found = reference_map.neighbours(embedding(1, 13), 25)
    assert found[0].index == 33
    assert found[0].painting is reference_map.paintings[33]
    assert found[0].similarity == pytest.approx(1, abs=1e-3)
    cosines = [neighbour.similarity for neighbour in found]
    assert cosines == sorted(cosines, reverse=True)
    assert len(found) == 25
    assert {neighbour.painting.movement for neighbour in found[:20]} == {"Cubism"}


def test_similarity_is_the_cosine_of_the_short_embeddings(folder):
    reference_map = ReferenceMap.read(folder)
    query, known = embedding(0, 3) - 1, embedding(0, 5) - 1
    expected = query @ known / np.linalg.norm(query) / np.linalg.norm(known)
    by_index = {n.index: n.similarity for n in reference_map.neighbours(embedding(0, 3), 40)}
    assert by_index[5] == pytest.approx(float(expected), abs=1e-3)


def test_similarity_to_a_painting_is_that_of_the_neighbours(folder):
    reference_map = ReferenceMap.read(folder)
    for found in reference_map.neighbours(embedding(0, 3), 5):
        similarity = reference_map.similarity_to(found.index, embedding(0, 3))
        assert similarity == pytest.approx(found.similarity, abs=1e-6)


def test_search_ignores_accents_capitals_and_order(shipped):
    def names(words: str) -> set[str]:
        return {shipped.paintings[index].artist for index in shipped.search(words)}

    assert names("kroyer") == {"Peder Severin Krøyer"}
    assert names("CÉZANNE paul") == names("paul cezanne") == {"Paul Cézanne"}
    some = shipped.search("monet water 1906")
    assert all(shipped.paintings[index].year == 1906 for index in some)
    assert shipped.search("  ") == shipped.search("zzzz") == ()
    assert not shipped.search("title unknown")


@pytest.mark.parametrize("name", ["paintings.csv", "embeddings.npy", "projection.npy", "map.json"])
def test_a_map_with_a_missing_or_damaged_file_is_refused(folder, name):
    (folder / name).unlink()
    with pytest.raises(UserError, match="cannot be read"):
        ReferenceMap.read(folder)
    (folder / name).write_text("{}")
    with pytest.raises(UserError, match="map of art"):
        ReferenceMap.read(folder)


def test_files_of_different_maps_are_refused(folder):
    np.save(folder / "embeddings.npy", np.zeros((39, 10), np.float16))
    with pytest.raises(UserError, match="do not match"):
        ReferenceMap.read(folder)


def test_the_shipped_map_was_made_with_the_shipped_classifier(shipped, classifier):
    assert shipped.version == classifier.metadata.version


def test_the_shipped_map_is_small():
    assert sum(path.stat().st_size for path in (MODELS / "map").iterdir()) < 3e6


def test_the_shipped_map_holds_no_picture():
    assert {path.suffix for path in (MODELS / "map").iterdir()} == {".csv", ".json", ".npy"}


def test_the_shipped_names_are_well_formed(shipped):
    for painting in shipped.paintings:
        assert painting.title.strip()
        assert painting.artist[:1].isupper()
        assert "_" not in painting.title + painting.artist
        assert painting.year is None or 1400 <= painting.year <= 2025
        assert painting.movement in (*MOVEMENTS, "other")
        assert 0 <= painting.cluster < len(shipped.clusters)
        assert max(abs(painting.x), abs(painting.y)) <= 1
    artists = {painting.artist for painting in shipped.paintings}
    assert {"Claude Monet", "Paul Cézanne", "Vincent van Gogh", "Wassily Kandinsky"} <= artists


def test_the_shipped_clusters_count_their_paintings(shipped):
    counted = np.bincount([painting.cluster for painting in shipped.paintings])
    assert [cluster.paintings for cluster in shipped.clusters] == counted.tolist()
    assert len({cluster.name for cluster in shipped.clusters}) == len(shipped.clusters)


def test_the_shipped_map_keeps_neighbourhoods(shipped):
    measured = shipped.measured
    assert measured["neighbours_kept"] > 0.9
    assert measured["trustworthiness"] > 0.95
    assert measured["unseen_movement_on_map"] > 2 * measured["commonest_movement"]


def test_a_real_picture_finds_a_place(shipped, classifier, painting):
    embedding = classifier.embed([painting])[0]
    x, y = shipped.place(embedding)
    assert max(abs(x), abs(y)) <= 1
    assert -1 <= shipped.neighbours(embedding, 1)[0].similarity <= 1
