"""Plots of the evaluation, as PNG."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from training.common.movements import MOVEMENTS

TITLES = {"test": "unseen paintings", "test_artists": "unseen artists"}


def subplots(count: int) -> tuple[Figure, Any]:
    """A figure with `count` axes side by side; it needs no screen and no closing."""
    figure = Figure(figsize=(5.5 * count, 5), layout="constrained")
    return figure, figure.subplots(1, count, squeeze=False)[0]


def draw_confusion(path: Path, splits: dict[str, Any]) -> None:
    """Confusion matrices: rows are what the painting is, columns what the network said."""
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
        axis.set(title=TITLES[name], xlabel="said", ylabel="is")
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
