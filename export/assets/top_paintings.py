"""The training paintings that excite each channel of the classifier most, for the app's Atlas.

    nice python -m export.assets.top_paintings onnx_models --manifest runs/manifest.csv

Shows the shipped classifier all training paintings of the manifest and writes
atlas/top_paintings.json: for each channel the five whose mean response is the highest, one of each
artist, as artist, title and year. No picture is written. Ten thousand paintings take a quarter of
an hour on one processor, a minute on a GPU.

In the file channels are counted through LAYERS, as in `export.assets.dictionary`:

    reader       version of the classifier
    paintings    how many were shown
    layers       channels by name
    facts        [title, artist, year or null] of every painting that is named
    channels     for each channel [index into facts, deviations above the mean], highest first
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from export.assets import reference_map_names as names
from export.assets.channels import means_over_paintings
from export.onnx.session import cpu_session
from training.common.depths import CHANNELS
from training.common.files import save_atomically
from training.common.shipped_files import TOP_PAINTINGS_FILE
from training.data import PHOTOGRAPH, Record, load_picture, read_manifest
from training.networks import load
from training.networks.device import best_device

EACH = 5
"""Paintings of each channel."""


def top(responses: np.ndarray, artists: Sequence[str], count: int = EACH) -> list[list[int]]:
    """Indices of the paintings that each channel responds to most, one of each artist.

    Args:
        responses: float [N,C].
        artists: of the N paintings; those of "" may all be different.
        count: how many; fewer where there are fewer artists.

    Returns:
        For each channel up to `count` indices, the highest response first.
    """
    found = []
    for order in np.argsort(-responses, axis=0, kind="stable").T.tolist():
        seen: dict[str, int] = {}
        for index in order:
            seen.setdefault(artists[index] or f"painting {index}", index)
            if len(seen) == count:
                break
        found.append(list(seen.values()))
    return found


def describe(records: Sequence[Record], responses: np.ndarray, version: str) -> dict[str, Any]:
    """What the file says.

    Args:
        records: the N paintings.
        responses: float [N,C].
        version: of the classifier.
    """
    chosen = top(responses, [record.artist for record in records])
    mean, deviation = responses.mean(0), np.maximum(responses.std(0), 1e-12)
    named = sorted({index for some in chosen for index in some})
    position = {index: place for place, index in enumerate(named)}
    above = (responses - mean) / deviation
    return {
        "reader": version,
        "paintings": len(records),
        "layers": CHANNELS,
        "facts": [_facts(records[index]) for index in named],
        "channels": [
            [[position[index], round(float(above[index, channel]), 1)] for index in some]
            for channel, some in enumerate(chosen)
        ],
    }


def _facts(record: Record) -> tuple[str, str, int | None]:
    named = record.title or names.title_in_file(record.path, record.artist)
    title, year = names.title_and_year(named)
    return title, names.artist(record.artist), year


def _pictures(records: Sequence[Record]) -> Iterator[np.ndarray]:
    for record in records:
        yield load_picture(record.path)


def main() -> None:
    """Read the command line, show the paintings, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="onnx_models, where the classifier is")
    parser.add_argument("--manifest", type=Path, default=Path("runs/manifest.csv"))
    parser.add_argument("--out", type=Path, help="the file, by default atlas/ in the folder")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    path = arguments.folder / "movement_classifier.onnx"
    version = cpu_session(path).get_modelmeta().custom_metadata_map["version"]
    network, _ = load(path)
    network.requires_grad_(False)
    network.to(best_device(), memory_format=torch.channels_last)  # type: ignore[call-overload]
    read = read_manifest(arguments.manifest)
    records = [each for each in read if each.split == "train" and each.movement != PHOTOGRAPH]
    with tqdm(total=len(records), desc="paintings", mininterval=10) as bar:
        responses = means_over_paintings(network, _pictures(records), bar.update)
    facts = describe(records, responses, version)
    out = arguments.out or arguments.folder / "atlas" / TOP_PAINTINGS_FILE
    text = json.dumps(facts, ensure_ascii=False, separators=(",", ":")) + "\n"
    save_atomically(out, lambda partial: partial.write_text(text, encoding="utf-8"))
    print(
        f"{out}: {out.stat().st_size / 1e3:.0f} kB, {len(records)} paintings, classifier {version}"
    )


if __name__ == "__main__":
    main()
