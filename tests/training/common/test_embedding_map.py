"""Maps: similar vectors are close together at any size, and new ones are placed beside them."""

import numpy as np
import pytest
from openTSNE import TSNE, affinity
from sklearn.decomposition import PCA

from training.common.embedding_map import (
    CLUSTERED,
    cluster_name,
    clusters,
    embed_in_plane,
    gaussian_weights,
    nearest,
    pca,
    place,
    unit,
)

GROUPS = 3


def make_groups(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Vectors around three directions, float32 [count,16], and which each belongs to."""
    rng = np.random.default_rng(seed)
    centres = 3 * np.eye(GROUPS, 16)
    belongs = np.arange(count) % GROUPS
    return (centres[belongs] + 0.3 * rng.normal(size=(count, 16))).astype(np.float32), belongs


@pytest.fixture(scope="module")
def mapped() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """150 vectors, their groups, and their places."""
    vectors, belongs = make_groups(150)
    return vectors, belongs, embed_in_plane(vectors, perplexity=15)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5, 11, 12, 13, 40])
def test_a_map_of_any_size_fills_its_frame(count):
    vectors, _ = make_groups(count)
    places = embed_in_plane(vectors)
    assert places.shape == (count, 2)
    assert places.dtype == np.float32
    assert np.isfinite(places).all()
    if count > 1:
        assert (places.max(0) - places.min(0)).max() == pytest.approx(2, abs=1e-5)
        np.testing.assert_allclose(places.max(0), -places.min(0), atol=1e-5)


def test_pictures_that_are_all_the_same_do_not_break_the_map():
    for count in (2, 20):
        assert np.isfinite(embed_in_plane(np.ones((count, 8), np.float32))).all()


def test_the_same_vectors_make_the_same_map(mapped):
    vectors, _, places = mapped
    np.testing.assert_array_equal(embed_in_plane(vectors, perplexity=15), places)


def test_only_directions_count(mapped):
    vectors, _, places = mapped
    np.testing.assert_array_equal(embed_in_plane(4 * vectors, perplexity=15), places)


def test_similar_vectors_are_close_together(mapped):
    _, belongs, places = mapped
    away = np.linalg.norm(places[:, None] - places, axis=2)
    np.fill_diagonal(away, np.inf)
    assert (belongs[away.argmin(1)] == belongs).all()


def test_new_vectors_are_placed_beside_similar_ones(mapped):
    vectors, belongs, places = mapped
    new, theirs = make_groups(30, seed=1)
    found = place(new, vectors, places)
    assert found.dtype == np.float32
    away = np.linalg.norm(found[:, None] - places, axis=2)
    assert (belongs[away.argmin(1)] == theirs).all()


def test_places_are_where_opentsne_puts_new_points():
    vectors, _ = make_groups(150)
    new, _ = make_groups(12, seed=1)
    fitted = TSNE(perplexity=15, random_state=0).fit(unit(vectors))
    theirs = np.asarray(fitted.transform(unit(new)))
    ours = place(new, vectors, np.asarray(fitted))
    size = np.ptp(np.asarray(fitted), axis=0).max()
    assert np.median(np.linalg.norm(ours - theirs, axis=1)) < 0.1 * size


def test_a_picture_between_two_regions_is_placed_in_one():
    """A mean would put it where nothing is like it."""
    vectors = np.array([[1, 0]] * 6 + [[0, 1]] * 4, np.float32)
    places = np.array([[-1, 0]] * 6 + [[1, 0]] * 4, np.float32)
    np.testing.assert_array_equal(place(np.array([[1, 1]], np.float32), vectors, places), [[-1, 0]])


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_map_of_few_pictures_takes_new_ones_too(count):
    vectors, _ = make_groups(count)
    places = embed_in_plane(vectors)
    np.testing.assert_allclose(place(vectors[:1], vectors, places), places[:1], atol=1e-6)


def test_no_new_vectors_have_no_places(mapped):
    vectors, _, places = mapped
    assert place(np.zeros((0, 16), np.float32), vectors, places).shape == (0, 2)


def test_weights_are_those_of_opentsne():
    vectors, _ = make_groups(90)
    new, _ = make_groups(7, seed=1)
    known = affinity.PerplexityBasedNN(unit(vectors), perplexity=10, method="exact")
    theirs, nearest, distances = known.to_new(unit(new), return_distances=True)
    ours = gaussian_weights(distances.astype(np.float64) ** 2, 10)
    np.testing.assert_allclose(ours, np.take_along_axis(theirs.toarray(), nearest, 1), atol=1e-4)


@pytest.mark.parametrize("perplexity", [1.5, 5, 20])
def test_weights_have_the_perplexity_that_was_asked_for(perplexity):
    squares = np.random.default_rng(0).random((4, 30))
    weights = gaussian_weights(squares, perplexity)
    entropy = -(weights * np.log2(weights.clip(1e-300))).sum(1)
    np.testing.assert_allclose(weights.sum(1), 1)
    np.testing.assert_allclose(2**entropy, perplexity, rtol=1e-6)


def test_components_are_the_principal_ones():
    vectors, _ = make_groups(50)
    scores, components, mean = pca(vectors, 4)
    theirs = PCA(4).fit(vectors)
    np.testing.assert_allclose(np.abs(components @ theirs.components_.T), np.eye(4), atol=1e-3)
    np.testing.assert_allclose(mean, theirs.mean_, atol=1e-6)
    np.testing.assert_allclose((vectors - mean) @ components.T, scores, atol=1e-5)
    assert (components[np.arange(4), np.abs(components).argmax(1)] > 0).all()


def test_missing_components_are_zero():
    np.testing.assert_array_equal(pca(np.ones((1, 4), np.float32), 2)[0], np.zeros((1, 2)))
    np.testing.assert_array_equal(pca(np.ones((3, 4), np.float32), 2)[0], np.zeros((3, 2)))
    scores, components, _ = pca(make_groups(3)[0], 8)
    assert scores.shape == (3, 8)
    assert components.shape == (8, 16)
    np.testing.assert_allclose(scores[:, 3:], 0)


def test_the_nearest_are_those_of_the_largest_cosine():
    vectors = unit(make_groups(50)[0])
    found, cosines = nearest(vectors[7], vectors, 5)
    assert found[0] == 7
    assert cosines[0] == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(cosines, np.sort(vectors @ vectors[7])[::-1][:5], atol=1e-6)
    assert len(nearest(vectors[0], vectors[:3], 10)[0]) == 3


def test_a_vector_of_zeros_stays_one():
    np.testing.assert_array_equal(unit(np.zeros((2, 3), np.float32)), np.zeros((2, 3)))


def test_clusters_are_the_separate_groups_of_a_map():
    rng = np.random.default_rng(0)
    belongs = np.repeat([0, 1, 2], [50, 30, 20])
    islands = np.array([[0, 1], [-1, -1], [1, -1]])[belongs] + 0.1 * rng.normal(size=(100, 2))
    np.testing.assert_array_equal(clusters(islands.astype(np.float32), count=3), belongs)


@pytest.mark.parametrize(("count", "expected"), [(4, 2), (60, 2), (110, 4), (900, 12)])
def test_larger_maps_have_more_clusters(count, expected):
    places = np.random.default_rng(0).random((count, 2)).astype(np.float32)
    found = clusters(places)
    sizes = np.bincount(found)
    assert len(sizes) == expected
    assert (np.diff(sizes) <= 0).all()


def test_too_few_pictures_have_no_clusters():
    assert (clusters(np.zeros((3, 2), np.float32)) == CLUSTERED).all()
    assert len(clusters(np.zeros((0, 2), np.float32))) == 0


def test_pictures_in_one_place_are_one_cluster():
    assert (clusters(np.zeros((9, 2), np.float32)) == 0).all()


@pytest.mark.parametrize(
    ("movements", "name"),
    [
        (["Cubism"] * 6 + ["Realism"] * 3, "Cubism"),
        (["Cubism"] * 4 + ["Realism"] * 3 + ["Abstract"] * 2, "Cubism and Realism"),
        (["", "", "Cubism"], "Cubism"),
        ([], ""),
    ],
)
def test_without_a_map_to_compare_with_the_commonest_movement_names_a_cluster(movements, name):
    assert cluster_name(movements) == name


def test_a_cluster_is_named_after_what_is_typical_of_it():
    """Not after what is everywhere, nor after a single picture."""
    movements = ["Realism"] * 20 + ["Fauvism"] * 10
    all_movements = movements + ["Realism"] * 100
    artists = ["Everywhere"] * 12 + ["Derain"] * 9 + ["Vlaminck"] * 8 + ["Once"]
    all_artists = artists + ["Everywhere"] * 60 + ["Other"] * 40
    named = cluster_name(movements, artists, all_movements=all_movements, all_artists=all_artists)
    assert named == "Fauvism: Derain, Vlaminck"
