"""The report's folded part on how the reader learned: charts of what can be compared."""

import math
from collections.abc import Mapping, Sequence

from app.serving.model_card import ModelCard
from app.ui.components import charts
from app.ui.tabs.report.fold import fold

Curves = Mapping[str, Sequence[float]]

LOSSES = {"train_cross_entropy": "training", "val_loss": "unseen"}
"""Columns that hold one and the same loss: cross-entropy with the labels."""

ACCURACIES = {"train_accuracy": "training", "val_accuracy": "unseen", "val_macro_recall": "recall"}

ALONE = {
    "train_distillation": "Distance from the teacher (distillation losses)",
    "train_loss": "All that training minimised, in one sum",
}
"""Losses that only training has; the first that the card has is drawn."""


def learning(card: ModelCard) -> str:
    """Loss and accuracy over the training; a loss that only training has is drawn apart.

    Raises:
        KeyError: the card has no curves.
    """
    found = dict(card.curves)
    if card.training.get("settings", {}).get("mixup"):  # No label is right of mixed pictures.
        for name in ("train_cross_entropy", "train_accuracy"):
            found.pop(name, None)
    figures = [
        _figure(found, LOSSES, "Cross-entropy with the labels", share=False),
        _figure(found, ACCURACIES, "How often it was right", share=True),
    ]
    alone = (
        _figure(found, {name: "training"}, title, share=False) for name, title in ALONE.items()
    )
    figures.append(next(filter(None, alone), ""))
    return fold(
        "How it learned",
        f"{len(found['epoch'])} rounds through all paintings",
        f"""
        <p>Cross-entropy is low where the right movement was likely to it: 0 is perfect, and
        {math.log(len(card.movements)):.2f} is what guessing costs. <i>Unseen</i> are paintings kept
        from it. {_compared(found)}</p>
        <div class="pair">{"".join(figures)}</div>""",
    )


def _compared(found: Curves) -> str:
    """What the charts let one compare, and what not."""
    recall = "val_macro_recall" in found
    said = "<i>Recall</i> is the mean over the movements. " if recall else ""
    if "train_cross_entropy" in found:
        return f"{said}When both lines part, it has begun to learn by heart."
    return (
        f"{said}What training minimised held more than cross-entropy, so it has a chart of its own"
        " and is not to be compared."
    )


def _figure(found: Curves, names: Mapping[str, str], title: str, *, share: bool) -> str:
    """A chart of those columns that there are, with its caption; nothing where there is none."""
    series = {words: found[name] for name, words in names.items() if name in found}
    if not series:
        return ""
    drawn = charts.curves(f"{title}, over the training", found["epoch"], series, share=share)
    return f"<figure>{drawn}<figcaption>{title}</figcaption></figure>"
