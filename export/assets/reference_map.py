"""Make the reference map: the training paintings as points, to place other pictures among them.

    python -m export.assets.reference_map runs/manifest.csv onnx_models/map --styles
    PAINTINGS/index.csv

Each painting's embedding by the shipped classifier is shortened by principal components, and laid
out by t-SNE. Writes four files, and no picture: paintings.csv (facts, places and clusters),
embeddings.npy (float16 [N,D]) with projection.npy (float16 [1+D,C], the mean and the components
that make them), and map.json (the classifier's version, the clusters' names, what was measured).

PAINTINGS/index.csv, as `training.data` reads one, may name in its column source_style what a
painting of none of our movements is ("Baroque"), and the finer school of the others.
"""

import argparse
import csv
import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from tqdm import tqdm

from app.serving.reference_map import (
    EMBEDDINGS_FILE,
    FACTS_FILE,
    PAINTINGS_FILE,
    PROJECTION_FILE,
    Painting,
    Projection,
)
from export.assets import reference_map_names as names
from export.assets.reference_map_measures import measure, similarities
from export.onnx.session import cpu_session
from training.common import embedding_map
from training.common.files import save_array, save_atomically
from training.common.preprocessing import letterbox
from training.data import PHOTOGRAPH, Record, load_picture, read_manifest

DIMENSIONS = 128
"""Of the shipped embeddings."""

CLUSTERS = 14
"""As many names as fit on a map."""

TRAIN, HELD_OUT = ("train",), ("validation", "test")
"""Splits on the map, and those that it is tested with: paintings by the same painters."""

OUTLIER = 2.5
"""An embedding so many times as long as the median has artefacts, see `without_artefacts`."""

ARTEFACTS = 2
"""Directions that are taken out of the embeddings."""

_BATCH = 16


def embed(classifier: ort.InferenceSession, records: Sequence[Record], cache: Path) -> np.ndarray:
    """Embeddings of whole pictures; of thousands they take minutes, so they are cached.

    Args:
        classifier: the movement classifier.
        records: the pictures.
        cache: a `.npz` file, used again as long as pictures and classifier are the same.

    Returns:
        float32 [N,C].
    """
    key = json.dumps([version(classifier), *(record.path for record in records)])
    if cache.exists():
        with np.load(cache) as cached:
            if str(cached["key"]) == key:
                return np.asarray(cached["embeddings"])
    found = []
    for start in tqdm(range(0, len(records), _BATCH), cache.stem, mininterval=10):
        batch = records[start : start + _BATCH]
        squares = np.stack([letterbox(load_picture(record.path))[0] for record in batch])
        found.append(classifier.run(["embedding"], {"image": squares})[0])
    embeddings = np.concatenate(found)

    def write(path: Path) -> None:
        with path.open("wb") as file:
            np.savez(file, key=np.array(key), embeddings=embeddings)

    save_atomically(cache, write)
    return embeddings


def version(classifier: ort.InferenceSession) -> str:
    """Of the weights: embeddings of another version mean something else."""
    return str(classifier.get_modelmeta().custom_metadata_map["version"])


def without_artefacts(embeddings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Embeddings less what says nothing of the picture, centred.

    In about 2 % of pictures, of all movements, the network writes numbers into one corner of its
    last map that are up to thirty times as large as all others. They hardly touch the verdict, but
    they would put these pictures into a cluster of their own. 99 % of what they add lies in one
    direction, which is taken out of all embeddings, with the next. (Darcet and others, 2024,
    describe such artefacts in transformers.)

    Args:
        embeddings: float32 [N,C].

    Returns:
        The clean ones, float32 [N,C], and their centre, float32 [C].
    """
    middle = np.median(embeddings, axis=0)
    away = embeddings - middle
    lengths = np.linalg.norm(embeddings, axis=1)
    outliers = away[lengths > OUTLIER * np.median(lengths)]
    if len(outliers):
        directions = np.linalg.svd(outliers, full_matrices=False)[2][:ARTEFACTS]
        away -= (away @ directions.T) @ directions
    mean = away.mean(0)
    return away - mean, middle + mean


def project(embeddings: np.ndarray, dimensions: int) -> tuple[Projection, float]:
    """Principal components of embeddings without artefacts, and their share of the variance."""
    clean, centre = without_artefacts(embeddings)
    scores, components, _mean = embedding_map.pca(clean, dimensions)
    # They are orthogonal to the artefacts, so what lies along those is lost in the projection.
    return Projection(centre, components), float((scores**2).sum() / (clean**2).sum())


def describe(
    records: Sequence[Record], styles: dict[str, str], places: np.ndarray, clusters: np.ndarray
) -> list[Painting]:
    """The facts of each painting.

    Args:
        records: the paintings.
        styles: the source's word for the movement, by path.
        places: float32 [N,2].
        clusters: int [N].
    """
    found = []
    for record, (x, y), cluster in zip(records, places.tolist(), clusters.tolist(), strict=True):
        named = record.title or names.title_in_file(record.path, record.artist)
        title, year = names.title_and_year(named)
        style = names.style(styles.get(record.path, "")) or record.movement
        painting = Painting(
            title=title,
            artist=names.artist(record.artist),
            year=year,
            movement=record.movement,
            style=style,
            x=round(x, 4),
            y=round(y, 4),
            cluster=cluster,
        )
        found.append(painting)
    return found


def name_clusters(paintings: Sequence[Painting]) -> list[dict[str, Any]]:
    """Name, middle and size of each cluster, in their order."""
    styles = [painting.style for painting in paintings]
    artists = [names.surname(painting.artist) for painting in paintings]
    clusters = np.array([painting.cluster for painting in paintings])
    named = []
    for cluster in range(clusters.max() + 1):
        members = np.flatnonzero(clusters == cluster).tolist()
        name = embedding_map.cluster_name(
            [styles[index] for index in members],
            [artists[index] for index in members],
            all_movements=styles,
            all_artists=artists,
        )
        places = np.array([(paintings[index].x, paintings[index].y) for index in members])
        x, y = np.median(places, axis=0).round(4).tolist()
        named.append({"name": name, "x": x, "y": y, "paintings": len(members)})
    return named


def write(
    folder: Path,
    paintings: Sequence[Painting],
    embeddings: np.ndarray,
    projection: Projection,
    facts: dict[str, Any],
) -> None:
    """Write the four files, each atomically; `embeddings` are float [N,D]."""

    def write_table(path: Path) -> None:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, [field.name for field in fields(Painting)])
            writer.writeheader()
            writer.writerows(asdict(painting) for painting in paintings)

    text = json.dumps(facts, indent=1, ensure_ascii=False) + "\n"
    matrix = np.concatenate([projection.mean[None], projection.components])
    save_atomically(folder / PAINTINGS_FILE, write_table)
    save_array(folder / EMBEDDINGS_FILE, embeddings.astype(np.float16))
    save_array(folder / PROJECTION_FILE, matrix.astype(np.float16))
    save_atomically(folder / FACTS_FILE, lambda path: path.write_text(text, encoding="utf-8"))


def read_styles(index: Path | None) -> dict[str, str]:
    """The source's word for the movement, by path; see the module's own words."""
    if index is None:
        return {}
    with index.open(newline="", encoding="utf-8") as file:
        return {
            str(index.parent / row["file"]): row["source_style"] for row in csv.DictReader(file)
        }


def main() -> None:
    """Read the command line, make the map, and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("manifest", type=Path)
    parser.add_argument("folder", type=Path, help="where the map goes")
    default = "onnx_models/movement_classifier.onnx"
    parser.add_argument("--classifier", type=Path, default=default)
    parser.add_argument("--styles", type=Path, help="index.csv with a column source_style")
    parser.add_argument("--cache", type=Path, default="runs/map", help="keeps embeddings")
    arguments = parser.parse_args()
    classifier = cpu_session(arguments.classifier)
    records = [r for r in read_manifest(arguments.manifest) if r.movement != PHOTOGRAPH]
    train, held_out = ([r for r in records if r.split in splits] for splits in (TRAIN, HELD_OUT))
    full = embed(classifier, train, arguments.cache / "train.npz")
    unseen = embed(classifier, held_out, arguments.cache / "held_out.npz")
    projection, variance = project(full, DIMENSIONS)
    half = (projection.mean.astype(np.float16), projection.components.astype(np.float16))
    projection = Projection.from_matrix(np.vstack(half))  # In the precision that is shipped.
    short = projection(full).astype(np.float16).astype(np.float32)
    places = embedding_map.embed_in_plane(short)
    clusters = embedding_map.clusters(places, count=CLUSTERS)
    paintings = describe(train, read_styles(arguments.styles), places, clusters)
    facts = {
        "reader": version(classifier),
        "settings": {"dimensions": DIMENSIONS, "perplexity": embedding_map.PERPLEXITY, "seed": 0},
        "clusters": name_clusters(paintings),
        "similarity": similarities(short),
        "measured": {"variance_kept": round(variance, 4)}
        | measure(
            full=without_artefacts(full)[0],
            short=short,
            places=places,
            movements=[r.movement for r in train],
            unseen=projection(unseen),
            unseen_movements=[r.movement for r in held_out],
        ),
    }
    write(arguments.folder, paintings, short, projection, facts)
    print(json.dumps(facts, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
