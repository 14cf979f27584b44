"""Training curves, kept as CSV and drawn as PNG."""

import csv
import os
from pathlib import Path

from training.figures import subplots

Row = dict[str, float]
"""One epoch: epoch, size, train_loss, train_accuracy, val_loss, val_accuracy, seconds."""


def write_curves(folder: Path, rows: list[Row]) -> None:
    """Write curves.csv and curves.png (loss and accuracy, training and validation)."""
    partial = folder / "curves.csv.partial"
    with partial.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    os.replace(partial, folder / "curves.csv")

    figure, axes = subplots(2)
    epochs = [row["epoch"] for row in rows]
    for axis, name in zip(axes, ("loss", "accuracy"), strict=True):
        for part, label in (("train", "training"), ("val", "validation")):
            axis.plot(epochs, [row[f"{part}_{name}"] for row in rows], label=label)
        axis.set(xlabel="epoch", title=name)
        axis.legend(frameon=False)
    figure.savefig(folder / "curves.png", dpi=120)


def columns(rows: list[Row]) -> dict[str, list[float]]:
    """Rows as columns, rounded: the form that the model card holds."""
    return {name: [round(row[name], 4) for row in rows] for name in rows[0]} if rows else {}
