"""Measure what each channel of the classifier responds to, for the app's texture dictionary.

    nice python -m export.assets.dictionary onnx_models --manifest runs/manifest.csv

Shows the shipped classifier 1440 gratings (`export.assets.gratings`) and a sample of training
paintings, as many of each movement, and writes atlas/dictionary.npz: numbers about channels,
nothing of any painting. Takes five minutes of one processor's time. With --raw FILE the responses
themselves are kept, and taken from there the next time.

In the file C = 2816 channels are counted through LAYERS, K movements as MOVEMENTS:

    facts                 JSON: layers and their channels, movements, hues, reader, settings
    hue                   uint8 [C], and the other fields of `tuning.Tuning`, float16 [C]
    mean, deviation       float32 [C], over paintings, of the mean over the letterboxed square
    sparsity              float16 [C], share of cells, where the picture is, that are not passed on
    preferences           float16 [C,K], see `preferences`
    votes                 float16 [C,K], see `centred_votes`
    nearest, likeness     int16 and float16 [C,6], see `neighbours`
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from export.assets.channels import Responses, responses_to_gratings, responses_to_paintings
from export.assets.gratings import FREQUENCIES, HUES, ORIENTATIONS, PHASES, RMS, tune
from export.onnx.session import cpu_session
from training.common.depths import CHANNELS
from training.common.files import save_atomically
from training.common.movements import MOVEMENTS
from training.common.shipped_files import DICTIONARY_FILE
from training.data import Record, load_picture, read_manifest
from training.networks import load

NEAREST = 6
"""Neighbours that each channel has."""

Columns = dict[str, np.ndarray]


def sample(records: list[Record], each: int, seed: int = 0) -> list[Record]:
    """Training paintings drawn at random, `each` of every movement.

    They come in turn, one of each movement, so that the first of them are a balanced sample too.

    Raises:
        ValueError: a movement has fewer.
    """
    rng = np.random.default_rng(seed)
    train = [record for record in records if record.split == "train"]
    drawn = []
    for movement in MOVEMENTS:
        shuffled = (train[i] for i in rng.permutation(len(train)))
        some = [record for record in shuffled if record.movement == movement][:each]
        if len(some) < each:
            raise ValueError(f"there are only {len(some)} training paintings of {movement}")
        drawn.append(some)
    return [record for round_ in zip(*drawn, strict=True) for record in round_]


@dataclass(frozen=True)
class Raw:
    """What takes minutes to measure.

    Attributes:
        gratings: float32 [hues,orientations,frequencies,phases,C].
        responses: to N paintings.
        labels: int [N], index of each painting's movement.
    """

    gratings: np.ndarray
    responses: Responses
    labels: np.ndarray


def columns(raw: Raw) -> Columns:
    """All that is known of each channel."""
    responses = raw.responses
    mean, deviation = responses.means.mean(0), responses.means.std(0)
    standardised = (responses.means - mean) / np.maximum(deviation, 1e-12)
    variances = responses.cell_squares.mean(0) - responses.cell_means.mean(0) ** 2
    tuning = asdict(tune(raw.gratings, np.sqrt(np.maximum(variances, 0))))
    hue = tuning.pop("hue").astype(np.uint8)
    nearest, likeness = neighbours(standardised)
    small = {
        **tuning,
        "sparsity": responses.silent.mean(0),
        "preferences": preferences(standardised, raw.labels),
        "votes": centred_votes(responses.votes, deviation),
        "likeness": likeness,
    }
    return {
        "hue": hue,
        "nearest": nearest.astype(np.int16),
        "mean": mean.astype(np.float32),
        "deviation": deviation.astype(np.float32),
        **{name: values.astype(np.float16) for name, values in small.items()},
    }


def preferences(standardised: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Mean response to each movement's paintings, in deviations: float [N,C] -> [C,K]."""
    means = [standardised[labels == index].mean(0) for index in range(len(MOVEMENTS))]
    return np.stack(means, 1)


def centred_votes(slopes: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    """What one deviation more adds to each logit, less the mean over movements.

    What is added to all alike changes no probability.

    Args:
        slopes: float [K,C], of the logits by a uniform shift of each channel.
        deviation: float [C].

    Returns:
        Float [C,K].
    """
    return np.asarray(((slopes - slopes.mean(0)) * deviation).T)


def neighbours(standardised: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The channels, of any layer, whose responses to paintings correlate most with each one's.

    Args:
        standardised: float [N,C], of mean 0 and deviation 1 over paintings.

    Returns:
        Their numbers, int [C,NEAREST], the likest first, and the correlations, float [C,NEAREST].
    """
    correlations = standardised.T @ standardised / len(standardised)
    np.fill_diagonal(correlations, -np.inf)
    nearest = np.argsort(-correlations, axis=1, kind="stable")[:, :NEAREST]
    return nearest, np.take_along_axis(correlations, nearest, 1)


def measure(path: Path, records: list[Record], differentiated: int) -> Raw:
    """Responses of the classifier in a file to gratings and paintings.

    Args:
        path: the .onnx file.
        records: the paintings.
        differentiated: of how many of them, from the first, the votes are measured.
    """
    network, _ = load(path)
    network.requires_grad_(False)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def pictures() -> Iterator[tuple[np.ndarray, bool]]:
        for place, record in enumerate(records):
            yield load_picture(record.path), place < differentiated

    with tqdm(total=len(records), desc="paintings") as bar:
        responses = responses_to_paintings(network, pictures(), bar.update)
    total = len(HUES) * len(ORIENTATIONS) * len(FREQUENCIES) * len(PHASES)
    with tqdm(total=total, desc="gratings") as bar:
        gratings = responses_to_gratings(network, bar.update)
    return Raw(gratings, responses, np.array([record.label for record in records]))


def keep(path: Path, raw: Raw) -> None:
    """Write raw responses to an .npz file."""
    _save(path, {"gratings": raw.gratings, "labels": raw.labels, **asdict(raw.responses)})


def kept(path: Path) -> Raw:
    """Read raw responses from a file of `keep`."""
    with np.load(path) as file:
        arrays = dict(file)
    return Raw(arrays.pop("gratings"), labels=arrays.pop("labels"), responses=Responses(**arrays))


def _save(path: Path, arrays: dict[str, np.ndarray]) -> None:
    def save(partial: Path) -> None:
        with partial.open("wb") as file:  # np.savez adds a suffix to names, but not to files
            np.savez_compressed(file, **arrays)  # type: ignore[arg-type]

    save_atomically(path, save)


def write(folder: Path, found: Columns, about: dict[str, Any]) -> Path:
    """Write the dictionary into a folder, atomically; `about` is what `facts` says."""
    path = folder / DICTIONARY_FILE
    _save(path, {"facts": np.array(json.dumps(about)), **found})
    return path


def facts(version: str, paintings: int, differentiated: int) -> dict[str, Any]:
    """What the file says of itself."""
    return {
        "layers": CHANNELS,
        "movements": MOVEMENTS,
        "hues": HUES,
        "reader": version,
        "settings": {
            "paintings": paintings,
            "differentiated": differentiated,
            "orientations": ORIENTATIONS,
            "frequencies": FREQUENCIES,
            "phases": PHASES,
            "rms": RMS,
        },
    }


def main() -> None:
    """Read the command line, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="onnx_models, where the classifier is")
    parser.add_argument("--manifest", type=Path, default=Path("runs/manifest.csv"))
    parser.add_argument("--each", type=int, default=200, help="paintings of each movement")
    parser.add_argument("--votes", type=int, default=100, help="of these, for the votes")
    parser.add_argument("--raw", type=Path, help="where to keep the responses, .npz")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    network = arguments.folder / "movement_classifier.onnx"
    version = cpu_session(network).get_modelmeta().custom_metadata_map["version"]
    records = sample(read_manifest(arguments.manifest), arguments.each)
    differentiated = arguments.votes * len(MOVEMENTS)
    if arguments.raw and arguments.raw.exists():
        raw = kept(arguments.raw)
    else:
        raw = measure(network, records, differentiated)
        if arguments.raw:
            keep(arguments.raw, raw)
    found = columns(raw)
    about = facts(version, len(records), differentiated)
    path = write(arguments.folder / "atlas", found, about)
    print(f"{path}: {path.stat().st_size / 1e3:.0f} kB, classifier {version}")


if __name__ == "__main__":
    main()
