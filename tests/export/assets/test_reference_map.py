"""Making the map: names, short embeddings, what is measured, and the whole script on small data."""

import csv
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sklearn.neighbors import NearestNeighbors

from app import MODELS
from app.serving.reference_map import ReferenceMap
from export.assets import reference_map, reference_map_names
from export.assets.reference_map import embed, project, without_artefacts
from export.assets.reference_map_measures import (
    accuracy,
    measure,
    nearest,
    nearest_by_angle,
    overlap,
)
from training.data import Record, write_manifest


@pytest.mark.parametrize(
    ("slug", "name", "short"),
    [
        ("kazimir-malevich", "Kazimir Malevich", "Malevich"),
        ("vincent-van-gogh", "Vincent van Gogh", "van Gogh"),
        ("willem-de-kooning", "Willem de Kooning", "de Kooning"),
        ("william-h-johnson", "William H. Johnson", "Johnson"),
        ("hans-holbein-the-younger", "Hans Holbein the Younger", "Holbein the Younger"),
        ("utagawa-toyokuni-ii", "Utagawa Toyokuni II", "Toyokuni II"),
        ("paul-cezanne", "Paul Cézanne", "Cézanne"),
        ("vasiliy-kandinskiy", "Wassily Kandinsky", "Kandinsky"),
        ("el-lissitzky", "El Lissitzky", "Lissitzky"),
        ("rembrandt", "Rembrandt", "Rembrandt"),
        ("", "", ""),
    ],
)
def test_painters_are_named_as_usual(slug, name, short):
    assert reference_map_names.artist(slug) == name
    assert reference_map_names.surname(name) == short


@pytest.mark.parametrize(
    ("slug", "title", "year"),
    [
        ("landscape-with-five-houses", "Landscape with Five Houses", None),
        ("the-snake-1866", "The Snake", 1866),
        ("untitled-1978-1", "Untitled", 1978),
        ("painting-1956-57", "Painting", 1956),
        ("portrait-of-pierre-broodcoorens-1921(1)", "Portrait of Pierre Broodcoorens", 1921),
        ("the-farmer-s-wife-1923", "The Farmer's Wife", 1923),
        ("le-lion-de-l-atlas-1962", "Le Lion de l'Atlas", 1962),
        ("l-estaque", "L'Estaque", None),
        ("composition-no-7", "Composition No. 7", None),
        ("gelmeroda-ix-1926", "Gelmeroda IX", 1926),
        ("still-life-3", "Still Life 3", None),
        ("1957", "1957", 1957),
        ("sketch-of-the-painting-in-1898-1898", "Sketch of the Painting in", 1898),
        ("Sea Grasses and Blue Sea", "Sea Grasses and Blue Sea", None),
        ("60-T-18", "60-T-18", None),
        ("not_detected_227965", "Title unknown", None),
        ("not-detected-272418", "Title unknown", None),
        ("unknown-title-10", "Title unknown", None),
        ("Piet_Mondrian_23", "Title unknown", None),
        ("", "Title unknown", None),
    ],
)
def test_titles_and_years_of_slugs(slug, title, year):
    assert reference_map_names.title_and_year(slug) == (title, year)


@pytest.mark.parametrize(
    ("source", "style"),
    [
        ("Abstract_Expressionism", "Abstract Expressionism"),
        ("ArtNouveau(Modern)", "Art Nouveau"),
        ("Art_Nouveau_Modern", "Art Nouveau"),
        ("NorthernRenaissance", "Northern Renaissance"),
        ("northern_renaissance", "Northern Renaissance"),
        ("Ukiyo_e", "Ukiyo-e"),
        ("Post_Impressionism", "Post-Impressionism"),
        ("PopArt", "Pop Art"),
        ("Minimalism, Light and Space", "Minimalism"),
        ("by painter", ""),
        ("", ""),
    ],
)
def test_styles_of_slugs(source, style):
    assert reference_map_names.style(source) == style


@pytest.mark.parametrize(
    ("path", "artist", "title"),
    [
        ("more/realism_james-tissot--the-traveller_3a053f2d.webp", "james-tissot", "the-traveller"),
        ("realism_--portrait-of-julia_9da01973.webp", "jules-lefebvre", "portrait-of-julia"),
        ("realism_ken-danby--ken-danby-12_cfd796d5.webp", "ken-danby", ""),
        ("paul-klee_7b52834b.jpg", "paul-klee", ""),
        ("realism_pa_f378ccbc6990.webp", "kukryniksy", ""),
    ],
)
def test_a_title_that_only_the_file_has_is_found(path, artist, title):
    assert reference_map_names.title_in_file(path, artist) == title


class StandIn:
    """A network whose embedding is the mean colour, and which counts its pictures."""

    def __init__(self, version: str = "1") -> None:
        self.version, self.pictures = version, 0

    def get_modelmeta(self) -> Any:
        return SimpleNamespace(custom_metadata_map={"version": self.version})

    def run(self, outputs: list[str], inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
        self.pictures += len(inputs["image"])
        return [inputs["image"].mean((1, 2)).astype(np.float32)]


def make_records(folder: Path, count: int, **facts: str) -> list[Record]:
    """Small pictures of one colour each."""
    rng = np.random.default_rng(count)
    records = []
    for index in range(count):
        path = folder / f"{facts.get('split', '')}{index}.png"
        Image.fromarray(rng.integers(0, 256, (1, 1, 3), np.uint8).repeat(8, 0)).save(path)
        values = {"movement": "Cubism", "artist": "juan-gris", "title": "guitar-1913"} | facts
        records.append(Record(str(path), **values))
    return records


def test_pictures_are_embedded_once_for_each_version_of_the_classifier(tmp_path):
    records, classifier = make_records(tmp_path, 20), StandIn()
    first = embed(classifier, records, tmp_path / "cache.npz")
    again = embed(classifier, records, tmp_path / "cache.npz")
    assert first.shape == (20, 3)
    assert classifier.pictures == 20
    np.testing.assert_array_equal(first, again)
    assert len(embed(classifier, records[:19], tmp_path / "cache.npz")) == 19
    assert classifier.pictures == 39
    newer = StandIn("2")
    embed(newer, records[:19], tmp_path / "cache.npz")
    assert newer.pictures == 19


@pytest.fixture
def with_artefacts() -> tuple[np.ndarray, np.ndarray]:
    """Embeddings of which every twentieth was hit by an artefact, float32 [200,32], and without."""
    rng = np.random.default_rng(0)
    clean = rng.normal(size=(200, 32)).astype(np.float32)
    direction = rng.normal(size=32)
    hit = clean.copy()
    hit[::20] += (np.linspace(20, 60, 10)[:, None] * direction).astype(np.float32)
    return hit, clean


def test_artefacts_do_not_make_neighbours(with_artefacts):
    hit, clean = with_artefacts
    strangers = set(range(0, 200, 20))
    before = [set(row) & strangers for row in nearest_by_angle(hit - hit.mean(0)).tolist()[::20]]
    cleaned, _ = without_artefacts(hit)
    after = [set(row) & strangers for row in nearest_by_angle(cleaned).tolist()[::20]]
    assert sum(map(len, before)) > 80
    assert sum(map(len, after)) < 20
    np.testing.assert_allclose(cleaned.mean(0), 0, atol=1e-4)
    assert overlap(nearest_by_angle(cleaned), nearest_by_angle(clean - clean.mean(0))) > 0.7


def test_ordinary_embeddings_are_left_as_they_are():
    values = np.random.default_rng(0).normal(size=(50, 8)).astype(np.float32)
    cleaned, centre = without_artefacts(values)
    np.testing.assert_allclose(cleaned + centre, values, atol=1e-5)


def test_a_projection_loses_artefacts_and_little_else(with_artefacts):
    hit, _ = with_artefacts
    projection, kept = project(hit, 24)
    cleaned, _ = without_artefacts(hit)
    assert 0.8 < kept < 1
    short = projection(hit)
    assert short.shape == (200, 24)
    cosines = [
        table @ table.T / np.outer(*[np.linalg.norm(table, axis=1)] * 2)
        for table in (short, cleaned)
    ]
    assert np.corrcoef(cosines[0].ravel(), cosines[1].ravel())[0, 1] > 0.95


def test_neighbours_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    known, new = rng.normal(size=(2, 40, 5)).astype(np.float32)
    for function, metric in ((nearest, "euclidean"), (nearest_by_angle, "cosine")):
        theirs = NearestNeighbors(n_neighbors=11, metric=metric).fit(known)
        np.testing.assert_array_equal(
            function(known, new), theirs.kneighbors(new, 10, return_distance=False)
        )
        np.testing.assert_array_equal(
            function(known), theirs.kneighbors(known, return_distance=False)[:, 1:]
        )


def test_overlap_and_accuracy_are_shares():
    assert overlap(np.array([[1, 2], [3, 4]]), np.array([[2, 9], [4, 3]])) == 0.75
    votes = np.array([[0, 1, 2], [2, 2, 0]])
    assert accuracy(votes, ["a", "a", "b"], ["a", "a"]) == 0.5


def test_a_perfect_map_has_the_highest_measures():
    rng = np.random.default_rng(0)
    angles = rng.permutation(60) / 60 * 3
    places = np.stack([np.cos(angles), np.sin(angles)], 1).astype(np.float32)
    movements = ["Cubism" if angle < 1.5 else "Realism" for angle in angles]
    found = measure(
        full=places,
        short=places,
        places=places,
        movements=movements,
        unseen=places[:9],
        unseen_movements=movements[:9],
    )
    assert found["neighbours_kept"] == found["neighbours_on_map"] == 1
    assert found["trustworthiness"] == 1
    assert found["unseen_movement_on_map"] > 0.85
    assert found["commonest_movement"] == 0.5


def test_the_script_writes_a_map_that_the_app_reads(tmp_path, monkeypatch, capsys):
    train = make_records(tmp_path, 30, split="train")
    train += make_records(tmp_path, 8, split="train ", movement="other", artist="jan-steen")
    train = [Record(**{**vars(record), "split": "train"}) for record in train]
    records = [
        *train,
        *make_records(tmp_path, 6, split="validation"),
        *make_records(tmp_path, 3, split="test"),
        *make_records(tmp_path, 2, split="test_artists"),
        Record("nowhere.jpg", "photograph", split="train"),
    ]
    write_manifest(tmp_path / "manifest.csv", records)
    with (tmp_path / "index.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("file", "source_style"))
        writer.writerows((Path(record.path).name, "Baroque") for record in train[30:])
    classifier = MODELS / "movement_classifier.onnx"
    command = ["reference_map", tmp_path / "manifest.csv", tmp_path / "map"]
    command += ["--classifier", classifier]
    command += ["--styles", tmp_path / "index.csv", "--cache", tmp_path / "cache"]
    monkeypatch.setattr("sys.argv", [str(word) for word in command])
    reference_map.main()
    printed = json.loads(capsys.readouterr().out)
    made = ReferenceMap.read(tmp_path / "map")
    assert len(made.paintings) == 38
    assert made.paintings[0].title == "Guitar"
    assert made.paintings[0].year == 1913
    assert made.paintings[-1].style == "Baroque"
    assert printed["measured"] == made.measured
    assert sum(cluster.paintings for cluster in made.clusters) == 38
