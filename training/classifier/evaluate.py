"""Measure a trained classifier, calibrate it, and write both into its file.

    python -m training.classifier.evaluate runs/mine/model.safetensors runs/manifest.csv
    python -m training.classifier.evaluate runs/mine/model.safetensors runs/manifest.csv \
        --yardstick inception_v3 inception_v3.safetensors

A network that goes on from another's weights may have learned from held-out pictures, if that one
was trained on another split: `--seen FILE`, a CSV with the column file, leaves those paintings out.

Temperature and refusal threshold are fitted on the validation split; every number reported is from
the two test splits: "test" (unseen paintings) and "test_artists" (unseen artists). Writes
metrics.json, confusion.png and calibration.png beside the network file that it writes.
"""

import argparse
import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.special import softmax
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    f1_score,
    precision_recall_fscore_support,
    recall_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torchmetrics.functional.classification import multiclass_calibration_error

from training.classifier.calibration import fit_temperature, fit_thresholds
from training.classifier.figures import draw_calibration, draw_confusion
from training.classifier.prediction import Predictions, predict, read_whole
from training.classifier.robustness import (
    measure_maps,
    measure_outside,
    measure_proportions,
    refusals,
)
from training.classifier.teachers import teacher_class
from training.common.errors import UserError, exit_on_user_error
from training.common.movements import MOVEMENTS
from training.common.preprocessing import average_views
from training.data import SPLITS, TEST_SPLITS, Record, read_manifest
from training.data.splits import leave_out, read_seen
from training.networks import load, measured, save, target, unit_range
from training.run.arguments import add_manifest, add_workers

PROBE_SIZE, PROBE_REGULARISATION = 224, 1 / 3e-4
"""Of the baseline: the side of what its trunk sees, whatever size the measured network was trained
at; and how strongly the logistic regression is regularised."""

BINS = 10
RESAMPLES = 100
RIGHTS = "used for training and measuring only; no picture is part of the network's file"

Metrics = dict[str, Any]


def scores(logits: np.ndarray, labels: np.ndarray, temperature: float) -> Metrics:
    """Accuracy, macro-F1, macro-recall and calibration error before and after scaling.

    The expected calibration error of few pictures is above zero even where every probability is
    right; `ece_by_chance` is what it would then be (consistency resampling, Bröcker, Smith 2007).

    Args:
        logits: float [P,K], not divided by the temperature.
        labels: int [P].
        temperature: the fitted temperature.
    """
    predicted = logits.argmax(1)
    calibrated = softmax(logits / temperature, axis=1)
    return {
        "accuracy": float(accuracy_score(labels, predicted)),
        "macro_f1": float(f1_score(labels, predicted, average="macro")),
        "macro_recall": float(recall_score(labels, predicted, average="macro", zero_division=0)),
        "ece": calibration_error(calibrated, labels),
        "ece_by_chance": error_by_chance(calibrated),
        "ece_uncalibrated": calibration_error(softmax(logits, axis=1), labels),
    }


def calibration_error(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Expected calibration error in 15 bins; float [P,K] and int [P]."""
    predicted, truth = torch.from_numpy(probabilities), torch.from_numpy(labels)
    return float(multiclass_calibration_error(predicted, truth, predicted.shape[1], n_bins=15))


def error_by_chance(probabilities: np.ndarray) -> float:
    """Mean calibration error where labels are drawn from the probabilities, float [P,K]."""
    rng, until = np.random.default_rng(0), probabilities.cumsum(1)
    draws = rng.random((RESAMPLES, len(probabilities), 1))
    labels = (draws > until).sum(2).clip(0, probabilities.shape[1] - 1)
    return float(np.mean([calibration_error(probabilities, drawn) for drawn in labels]))


def measure_split(predictions: Predictions, temperature: float) -> Metrics:
    """Everything reported of one test split.

    Args:
        predictions: pictures of movements only.
        temperature: the fitted temperature.
    """
    labels, logits = predictions.labels, average_views(predictions.logits)
    predicted = logits.argmax(1)
    classes = range(len(MOVEMENTS))
    columns = precision_recall_fscore_support(labels, predicted, labels=classes, zero_division=0)
    names = ("precision", "recall", "f1", "pictures")
    per_movement = {
        movement: {name: _plain(column[i]) for name, column in zip(names, columns, strict=True)}
        for i, movement in enumerate(MOVEMENTS)
    }
    return {
        "pictures": len(labels),
        "artists": len({record.artist for record in predictions.records}),
        "one_view": scores(predictions.logits[:, 0], labels, temperature),
        "six_views": scores(logits, labels, temperature),
        "per_movement": per_movement,
        "confusion": confusion_matrix(labels, predicted, labels=classes).tolist(),
        "calibration": calibration_table(logits / temperature, labels),
        "per_source": measure_sources(predictions),
        "true_aspect": _accuracy(~predictions.square, labels, predicted),
    }


def _plain(value: np.generic) -> int | float:
    return round(float(value), 4) if isinstance(value, np.floating) else int(value)


def _accuracy(chosen: np.ndarray, labels: np.ndarray, predicted: np.ndarray) -> Metrics:
    accuracy = float(accuracy_score(labels[chosen], predicted[chosen])) if chosen.any() else None
    return {"accuracy": accuracy, "pictures": int(chosen.sum())}


def measure_sources(predictions: Predictions) -> Metrics:
    """Accuracy by the collection a file came from: it should not matter."""
    labels, predicted = predictions.labels, average_views(predictions.logits).argmax(1)
    sources = np.array([record.source for record in predictions.records])
    return {str(name): _accuracy(sources == name, labels, predicted) for name in np.unique(sources)}


def calibration_table(logits: np.ndarray, labels: np.ndarray) -> list[Metrics]:
    """How often verdicts of each confidence are right, in ten bins of confidence.

    Args:
        logits: float [P,K], calibrated.
        labels: int [P].
    """
    probabilities = softmax(logits, axis=1)
    confidence, right = probabilities.max(1), probabilities.argmax(1) == labels
    accuracy, mean_confidence = calibration_curve(right, confidence, n_bins=BINS)
    pictures, _ = np.histogram(confidence, BINS, (0, 1))
    return [
        {"confidence": round(float(c), 4), "accuracy": round(float(a), 4), "pictures": int(n)}
        for c, a, n in zip(mean_confidence, accuracy, pictures[pictures > 0], strict=True)
    ]


def require_splits(records: list[Record]) -> None:
    """Check that there are pictures to calibrate on and to test with.

    Raises:
        UserError: a split that is needed holds no painting of any movement.
    """
    held = {record.split for record in records if record.label >= 0}
    for name in ("validation", *TEST_SPLITS):
        if name not in held:
            raise UserError(f"The {name} split holds no painting of any movement; add some.")


def measure(predictions: Predictions) -> tuple[Metrics, float, float]:
    """All metrics, the temperature and the refusal threshold.

    Raises:
        UserError: a split that is needed holds no painting of any movement.
    """
    require_splits(predictions.records)
    validation = predictions.split("validation").of_movements()
    temperature = fit_temperature(average_views(validation.logits), validation.labels)
    everything = predictions.split("validation")
    thresholds = fit_thresholds(
        softmax(average_views(everything.logits) / temperature, axis=1),
        softmax(average_views(everything.kind), axis=1),
        np.array([record.kind for record in everything.records]),
    )
    tests = predictions.where([r.split in TEST_SPLITS for r in predictions.records])

    def outside(pictures: Predictions) -> Metrics:
        return measure_outside(pictures, refusals(pictures, temperature, thresholds))

    splits = {
        name: measure_split(tests.split(name).of_movements(), temperature)
        | {"outside": outside(tests.split(name))}
        for name in TEST_SPLITS
    }
    metrics = {
        "splits": splits,
        "outside": outside(tests),
        "thresholds": asdict(thresholds),
        "maps": measure_maps(tests),
    }
    return metrics, temperature, thresholds.outside


def count_splits(records: list[Record]) -> dict[str, dict[str, int]]:
    """Number of pictures by split and movement."""
    counts: dict[str, Counter[str]] = {}
    for record in records:
        counts.setdefault(record.split, Counter())[record.movement] += 1
    return {split: dict(counts[split]) for split in SPLITS if split in counts}


def probe_features(name: str, path: Path, records: list[Record]) -> np.ndarray:
    """Pooled features of whole, letterboxed pictures, float32 [P,D]."""
    trunk = teacher_class(name)([path])
    return read_whole(
        trunk, lambda image: trunk(unit_range(image)).vector, records, PROBE_SIZE, doing="baseline"
    )


def linear_probe(name: str, path: Path, records: list[Record]) -> dict[str, object]:
    """The baseline: logistic regression on the frozen features of an ImageNet-trained trunk.

    Args:
        name: a key of training.classifier.teachers.TEACHERS.
        path: its weights.
        records: the manifest; pictures of no movement are left out.

    Returns:
        Accuracy, macro-recall and macro-F1 on both test splits.
    """
    used = ("train", *TEST_SPLITS)
    records = [record for record in records if record.label >= 0 and record.split in used]
    features = probe_features(name, path, records)
    labels = np.array([record.label for record in records])
    splits = np.array([record.split for record in records])
    probe = make_pipeline(
        StandardScaler(), LogisticRegression(C=1 / PROBE_REGULARISATION, max_iter=300)
    )
    probe.fit(features[splits == "train"], labels[splits == "train"])
    result: dict[str, object] = {"name": f"logistic regression on frozen {name} features"}
    for split in TEST_SPLITS:
        truth, predicted = labels[splits == split], probe.predict(features[splits == split])
        result[split] = {
            "accuracy": float(accuracy_score(truth, predicted)),
            "macro_recall": float(recall_score(truth, predicted, average="macro")),
            "macro_f1": float(f1_score(truth, predicted, average="macro")),
        }
    return result


def parse_args() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "network", type=Path, help="model.safetensors of a run, or the shipped .onnx"
    )
    add_manifest(parser)
    parser.add_argument(
        "--out", type=Path, help=".safetensors to write; by default the network's own"
    )
    parser.add_argument("--yardstick", nargs=2, metavar=("NAME", "FILE"), help="a frozen trunk")
    parser.add_argument("--seen", type=Path, help="CSV of files that may have been learned from")
    parser.add_argument("--bfloat16", action="store_true", help="compute in bfloat16, for speed")
    parser.add_argument("--rights", default=RIGHTS, help="what the card says of the pictures")
    add_workers(parser)
    return parser.parse_args()


@exit_on_user_error()
def main() -> None:
    """Measure, print, draw, and write the results into the network file."""
    args = parse_args()
    out = target(args.network, args.out)
    network, card = load(args.network)
    records = read_manifest(args.manifest)
    learned = [record for record in records if record.split == "train"]
    unseen = [record for record in records if record.split != "train"]
    unseen, left_out = leave_out(unseen, read_seen(args.seen) if args.seen else set())
    require_splits(unseen)
    predictions = predict(network, unseen, bfloat16=args.bfloat16, workers=args.workers)
    metrics, temperature, threshold = measure(predictions)
    if args.seen:
        metrics["seen"] = left_out
    for name in TEST_SPLITS:
        shown = [record for record in unseen if record.split == name and record.label >= 0]
        metrics["splits"][name]["proportions"] = measure_proportions(
            network, shown, bfloat16=args.bfloat16, workers=args.workers
        )
    if args.yardstick:
        metrics["yardstick"] = linear_probe(
            args.yardstick[0], Path(args.yardstick[1]), learned + unseen
        )
    network.temperature.fill_(temperature)
    data = {"splits": count_splits(learned + unseen), "rights": args.rights}
    card = measured(network, card, metrics=metrics, outside_threshold=threshold, data=data)
    folder: Path = out.parent
    folder.mkdir(parents=True, exist_ok=True)
    save(out, network.cpu(), card.pop("network"), card)
    (folder / "metrics.json").write_text(json.dumps(metrics, indent=1))
    draw_confusion(folder / "confusion.png", metrics["splits"])
    draw_calibration(folder / "calibration.png", metrics["splits"])
    print(json.dumps(metrics, indent=1))


if __name__ == "__main__":
    main()
