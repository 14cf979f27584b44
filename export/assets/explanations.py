"""Set networks side by side: how well they read, and how far their heat maps can be trusted.

    python -m export.assets.explanations runs/manifest.csv onnx_models/movement_classifier.onnx \
        runs/vit/model.safetensors --out onnx_models/comparison.json --pictures 60

Each network is asked as it is (or would be) served: by ONNX Runtime, with convolution kernels
stored in half precision, about the whole picture. As a sure network's curves fall and rise more
than a hesitant one's, all are first given the temperature that fits the validation paintings.

On some of the paintings that no network was taught with, of each movement as many, every
explanation is measured too, see `export.assets.explained`. "cam" is Grad-CAM at the last feature
map as well: for these heads both are one map but for a factor, so only one of them is measured;
"grad-cam" looks a stage further inside.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import torch
from sklearn.metrics import recall_score
from torch.utils.data import DataLoader

from export.assets.explained import explained, explanations
from export.assets.model_under_test import ModelUnderTest
from export.benchmarks.timing import median_milliseconds
from training.classifier.calibration import fit_temperature
from training.classifier.dataset import Views
from training.classifier.seen import count_seen, read_seen
from training.common.files import save_atomically
from training.common.preprocessing import SIZE, letterbox
from training.data import TEST_SPLITS, Record, load_picture, read_manifest, share

RUNS = 30
"""Times a network's reading is clocked."""


def read_all(
    contenders: Sequence[ModelUnderTest], records: list[Record], workers: int
) -> list[np.ndarray]:
    """What each contender says of whole pictures, float32 [P,K] each."""
    said: list[list[np.ndarray]] = [[] for _ in contenders]
    for image, _, _ in DataLoader(Views(records, SIZE), 8, num_workers=workers):
        for rows, candidate in zip(said, contenders, strict=True):
            rows.append(candidate.logits(image.numpy()))
    return [np.concatenate(rows) for rows in said]


def choose(records: list[Record], count: int) -> list[Record]:
    """Paintings of both tests, of each movement as many; always the same ones."""
    unseen = [record for record in records if record.split in TEST_SPLITS and record.label >= 0]
    shuffled = sorted(unseen, key=lambda record: share(Path(record.path).name))
    groups = [[r for r in shuffled if r.label == label] for label in {r.label for r in unseen}]
    return [record for row in zip_longest(*groups) for record in row if record][:count]


def accuracies(logits: np.ndarray, records: list[Record]) -> dict[str, float]:
    """Share of each test's paintings that is read rightly."""
    right = logits.argmax(1) == [record.label for record in records]
    splits = np.array([record.split for record in records])
    return {name: float(right[splits == name].mean()) for name in TEST_SPLITS}


def macro_recalls(logits: np.ndarray, records: list[Record]) -> dict[str, float]:
    """Mean over the movements of the share of each test's paintings that is recognised."""
    labels, said = np.array([record.label for record in records]), logits.argmax(1)
    splits = np.array([record.split for record in records])
    return {
        name: float(recall_score(labels[splits == name], said[splits == name], average="macro"))
        for name in TEST_SPLITS
    }


def facts(candidate: ModelUnderTest) -> dict[str, Any]:
    """What there is to say of a network before it is asked anything."""
    metrics = candidate.card.get("metrics", {})
    own = {
        name: {views: found[views]["accuracy"] for views in ("one_view", "six_views")}
        for name, found in metrics.get("splits", {}).items()
    }
    training = candidate.card.get("training", {})
    return {
        "network": candidate.name,
        "parameters": sum(weight.numel() for weight in candidate.network.parameters()),
        "megabytes": candidate.size / 1e6,
        "training": {key: training.get(key) for key in ("recipe", "init", "teacher", "epochs")},
        "card": own or None,
    }


def compare(
    contenders: Sequence[ModelUnderTest], records: list[Record], pictures: int, workers: int
) -> dict[str, Any]:
    """All there is to say of some networks on the records of a manifest."""
    read = [r for r in records if r.split in ("validation", *TEST_SPLITS) and r.label >= 0]
    labels = np.array([record.label for record in read])
    tested = np.array([record.split in TEST_SPLITS for record in read])
    tests, chosen = [r for r in read if r.split in TEST_SPLITS], choose(read, pictures)
    clocks = {str(i): candidate.logits for i, candidate in enumerate(contenders)}
    times = median_milliseconds(clocks, letterbox(load_picture(read[0].path))[0][None], RUNS)
    rows = []
    for i, logits in enumerate(read_all(contenders, read, workers)):
        candidate = contenders[i]
        temperature = fit_temperature(logits[~tested], labels[~tested])
        row = facts(candidate) | {
            "milliseconds": times[str(i)],
            "accuracy": accuracies(logits[tested], tests),
            "macro_recall": macro_recalls(logits[tested], tests),
            "explanations": [],
        }
        shown = ("network", "milliseconds", "accuracy", "macro_recall")
        print({key: row[key] for key in shown}, flush=True)
        for method, explain in explanations(candidate.name).items():
            found = explained(candidate, method, explain, chosen, temperature)
            row["explanations"].append(asdict(found))
            print(found, flush=True)
        rows.append(row)
    counts = {name: sum(r.split == name for r in tests) for name in TEST_SPLITS}
    return {"pictures": len(chosen), "tests": counts, "networks": rows}


def kept(path: Path, found: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of an earlier file on other kinds of networks, if it is of as many pictures."""
    if not path.exists():
        return []
    earlier = json.loads(path.read_text())
    if any(earlier.get(key) != found[key] for key in ("pictures", "tests")):
        return []
    named = {row["network"] for row in found["networks"]}
    return [row for row in earlier["networks"] if row["network"] not in named]


def main() -> None:
    """Read the command line, compare, write the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("manifest", type=Path, help="CSV written by training.data")
    parser.add_argument("networks", type=Path, nargs="+", help=".onnx or .safetensors files")
    parser.add_argument("--out", type=Path, default=Path("onnx_models/comparison.json"))
    parser.add_argument("--pictures", type=int, default=60, help="to measure explanations on")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--seen", type=Path, help="CSV of files that may have been learned from")
    parser.add_argument("--workers", type=int, default=1, help="processes that load pictures")
    args = parser.parse_args()
    contenders = [ModelUnderTest.load(path, args.threads) for path in args.networks]
    records = read_manifest(args.manifest)
    found = compare(contenders, records, args.pictures, args.workers)
    found["networks"] += kept(args.out, found)
    if args.seen:
        found["seen"] = count_seen(records, read_seen(args.seen))
    found |= {"engine": f"ONNX Runtime {ort.__version__}", "threads": args.threads}
    text = json.dumps(found, indent=1)
    save_atomically(args.out, lambda path: path.write_text(text + "\n"))


if __name__ == "__main__":
    main()
