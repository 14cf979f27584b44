"""Plots of training and evaluation, as PNG, and the training curves as CSV."""

import csv
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from training.common.movements import MOVEMENTS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLES = {"test": "unseen paintings", "test_artists": "unseen artists"}


def subplots(count: int) -> tuple["Figure", Any]:
    """A figure with `count` axes side by side; it needs no screen and no closing."""
    from matplotlib.figure import Figure  # slow to import, and every process of a run would

    figure = Figure(figsize=(5.5 * count, 5), layout="constrained")
    return figure, figure.subplots(1, count, squeeze=False)[0]


def draw_confusion(path: Path, splits: dict[str, Any]) -> None:
    """Confusion matrices: rows are what the painting is, columns what the network predicted."""
    figure, axes = subplots(len(splits))
    for axis, (name, metrics) in zip(axes, splits.items(), strict=True):
        counts = np.array(metrics["confusion"])
        shares = counts / counts.sum(1, keepdims=True).clip(1)
        axis.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        for (row, column), share in np.ndenumerate(shares):
            colour = "white" if share > 0.5 else "black"
            axis.text(column, row, counts[row, column], ha="center", va="center", color=colour)
        axis.set_xticks(range(len(MOVEMENTS)), MOVEMENTS, rotation=30, ha="right")
        axis.set_yticks(range(len(MOVEMENTS)), MOVEMENTS)
        axis.set(title=TITLES[name], xlabel="predicted", ylabel="true")
    figure.savefig(path, dpi=120)


def draw_calibration(path: Path, splits: dict[str, Any]) -> None:
    """Reliability diagram: how often verdicts of each confidence are right."""
    figure, (axis,) = subplots(1)
    axis.plot([0, 1], [0, 1], color="grey", linestyle=":", label="perfect")
    for name, metrics in splits.items():
        table = metrics["calibration"]
        confidence = [row["confidence"] for row in table]
        axis.plot(confidence, [row["accuracy"] for row in table], "o-", label=TITLES[name])
    axis.set(xlabel="confidence", ylabel="accuracy", xlim=(0, 1), ylim=(0, 1))
    axis.legend(frameon=False)
    figure.savefig(path, dpi=120)


Row = dict[str, float]
"""One epoch: epoch, size, train_loss, val_loss, val_balanced_loss, val_accuracy, val_macro_recall,
seconds.

val_loss is cross-entropy with the labels, train_loss the sum of all that is minimised. Where the
run has them: train_cross_entropy, with the labels and without smoothing, as val_loss is, and
train_accuracy; train_distillation, the teacher's part of train_loss.
"""

PANELS = {
    "cross-entropy": {"train_cross_entropy": "training", "val_loss": "validation"},
    "accuracy": {
        "train_accuracy": "training",
        "val_accuracy": "validation",
        "val_macro_recall": "validation, macro-recall",
    },
    "minimised in training": {"train_loss": "all", "train_distillation": "distillation"},
}
"""What is drawn: on one axis only numbers of one kind."""


def write_curves(folder: Path, rows: list[Row]) -> None:
    """Write curves.csv, atomically; a number that an epoch lacks is left empty."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    partial = folder / "curves.csv.partial"
    with partial.open("w", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)
    os.replace(partial, folder / "curves.csv")


def draw_curves(folder: Path, rows: list[Row]) -> None:
    """Write curves.png."""
    figure, axes = subplots(len(PANELS))
    for axis, (title, lines) in zip(axes, PANELS.items(), strict=True):
        for name, label in lines.items():
            known = [(row["epoch"], row[name]) for row in rows if name in row]
            if known:
                axis.plot(*zip(*known, strict=True), label=label)
        axis.set(xlabel="epoch", title=title)
        axis.legend(frameon=False)
    figure.savefig(folder / "curves.png", dpi=120)


def columns(rows: list[Row]) -> dict[str, list[float]]:
    """Rows as columns, rounded: the form that the model card holds.

    A number that some epoch lacks, as after resuming a run of an older version, is left out.
    """
    names = [name for name in rows[0] if all(name in row for row in rows)] if rows else []
    return {name: [round(row[name], 4) for row in rows] for name in names}
