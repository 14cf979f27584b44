"""Training curves, kept as CSV and drawn as PNG."""

import csv
import os
from pathlib import Path

from training.classifier.figures import subplots

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
    """Write curves.csv and curves.png; a number that an epoch lacks is left empty."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    partial = folder / "curves.csv.partial"
    with partial.open("w", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)
    os.replace(partial, folder / "curves.csv")

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
