"""The report's folded part on how the reader learned: charts of what can be compared."""

import math
from collections.abc import Mapping, Sequence

from app.serving.card import ModelCard
from app.ui import charts
from app.ui.report.fold import fold

Curves = Mapping[str, Sequence[float]]

PARTS = {"train_cross_entropy": "training", "val_loss": "unseen"}
"""Columns that hold one and the same loss: cross-entropy with the labels."""

SHARES = {
    "train_accuracy": "training",
    "val_macro_recall": "unseen, mean recall",
    "val_accuracy": "unseen",
}


def learning(card: ModelCard) -> str:
    """Loss and accuracy over the training; a loss that only training has is drawn apart.

    Raises:
        KeyError: the card has no curves.
    """
    found = card.curves
    figures = [_figure(found, PARTS, "Cross-entropy with the labels", share=False)]
    if any(name in found for name in SHARES):
        figures.append(_figure(found, SHARES, "How often it was right", share=True))
    alone = "train_distillation" if "train_distillation" in found else "train_loss"
    told = {
        "train_distillation": "Distance from the teacher (distillation losses)",
        "train_loss": "All that training minimised, in one sum",
    }
    if alone in found:
        figures.append(_figure(found, {alone: "training"}, told[alone], share=False))
    rounds = len(found["epoch"])
    return fold(
        "How it learned",
        f"{rounds} rounds through all paintings",
        f"""
        <p>Cross-entropy is low where the right movement was likely to it: 0 is perfect, and
        {math.log(len(card.movements)):.2f} is what guessing costs. <i>Unseen</i> are paintings kept
        from it. {_compared(found)}</p>
        <div class="pair">{"".join(figures)}</div>""",
    )


def _compared(found: Curves) -> str:
    """What the charts let one compare, and what not."""
    if "train_cross_entropy" in found:
        return "When both lines part, it has begun to learn by heart."
    return (
        "What training minimised held more than cross-entropy, so it has a chart of its own and"
        " says nothing about the other."
    )


def _figure(found: Curves, names: Mapping[str, str], title: str, *, share: bool) -> str:
    """A chart of those columns that there are, with its caption."""
    series = {words: found[name] for name, words in names.items() if name in found}
    drawn = charts.curves(f"{title}, over the training", found["epoch"], series, share=share)
    return f"<figure>{drawn}<figcaption>{title}</figcaption></figure>"
