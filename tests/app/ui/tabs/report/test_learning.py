"""How it learned: only losses of one kind share a chart."""

import dataclasses

import pytest

from app.ui.tabs.report.learning import learning
from tests.app.ui.tabs.report.text import parsed, text

CROSS_ENTROPY = "Cross-entropy with the labels"
SUM = "All that training minimised, in one sum"
TEACHER = "Distance from the teacher (distillation losses)"


def charts(html: str) -> dict[str, list[str]]:
    """Names of the lines in each chart, by its caption."""
    return {
        each.findtext("figcaption"): [line.text for line in each.iter("text") if line.get("class")]
        for each in parsed(html).iter("figure")
    }


@pytest.fixture
def apart(card):
    """A card of a run that keeps its losses apart."""
    more = {"train_cross_entropy": [1.5, 1.1, 0.8], "train_distillation": [9.9, 9.8, 9.7]}
    return dataclasses.replace(card, curves=card.curves | more)


def test_a_sum_of_losses_is_never_set_beside_validation(card):
    found = charts(learning(card))
    assert found[CROSS_ENTROPY] == ["unseen"]
    assert found[SUM] == ["training"]
    assert found["How often it was right"] == ["training", "unseen"]
    assert "not to be compared" in text(learning(card))


def test_cross_entropy_of_both_is_compared_and_the_teacher_s_losses_are_apart(apart):
    found = charts(learning(apart))
    assert found[CROSS_ENTROPY] == ["training", "unseen"]
    assert found[TEACHER] == ["training"]
    assert SUM not in found
    assert "learn by heart" in text(learning(apart))


def test_mixed_pictures_have_no_label_to_be_right_of(apart):
    apart.training["settings"]["mixup"] = 1.0
    found = charts(learning(apart))
    assert found[CROSS_ENTROPY] == ["unseen"]
    assert found["How often it was right"] == ["unseen"]


def test_macro_recall_is_drawn_beside_accuracy_where_the_run_has_it(card):
    card.curves["val_macro_recall"] = [0.2, 0.4, 0.6]
    assert charts(learning(card))["How often it was right"] == ["training", "unseen", "recall"]
    assert "Recall is the mean over the movements" in text(learning(card))


def test_a_run_without_a_training_loss_shows_what_it_has(card):
    for name in ("train_loss", "train_accuracy", "val_accuracy"):
        del card.curves[name]
    assert list(charts(learning(card))) == [CROSS_ENTROPY]


def test_the_cost_of_guessing_is_that_of_the_card_s_movements(card):
    assert "1.61 is what guessing costs" in text(learning(card))
    two = dataclasses.replace(card, movements=card.movements[:2])
    assert "0.69 is what guessing costs" in text(learning(two))


def test_a_card_without_curves_has_no_such_part(card):
    with pytest.raises(KeyError):
        learning(dataclasses.replace(card, curves={}))
