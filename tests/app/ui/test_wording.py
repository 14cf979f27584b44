import dataclasses
from typing import get_args

import numpy as np
import pytest

from app.ui.wording import (
    compared,
    fraction,
    glow,
    in_a_sentence,
    in_short,
    most_confused,
    percent,
    reliabilities,
    sureness,
    verdict,
)
from training.common.blank import Blank

NBSP = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.84, "84"), (0.999, "over 99"), (1.0, "over 99"), (0.004, "under 1"), (0.99, "99")],
)
def test_percent_never_claims_certainty_by_rounding(share, words):
    assert percent(share) == f"{words}{NBSP}%"


def test_wording_depends_on_the_probability():
    probabilities = (0.2, 0.4, 0.6, 0.8, 0.95)
    assert len({sureness(probability) for probability in probabilities}) == 5
    assert sureness(0.84) == "quite sure"
    assert "guess" in sureness(0.25)


def test_a_verdict_names_the_movement_its_probability_and_the_next(make_reading):
    headline, sure, sentence = verdict(make_reading(0.02, 0.84, 0.02, 0.02, 0.1))
    assert headline == "Cubism"
    assert sure == f"quite sure, 84{NBSP}%"
    assert "Realism" in sentence


def test_two_close_movements_are_named_together(make_reading):
    reading = make_reading(0.08, 0.02, 0.41, 0.46, 0.03)
    headline, sure, sentence = verdict(reading)
    assert headline == "Between Impressionism and Expressionism"
    assert sure == f"46{NBSP}% and 41{NBSP}%"
    assert f"Abstract, has 8{NBSP}%" in sentence
    assert in_short(reading) == (
        f"between Impressionism and Expressionism, 46{NBSP}% and 41{NBSP}%"
    )


def test_movements_are_close_below_a_ratio(make_reading):
    clear = make_reading(0.05, 0.55, 0.1, 0.05, 0.25)
    assert (clear.close, verdict(clear)[0]) == (False, "Cubism")
    near = make_reading(0.05, 0.45, 0.05, 0.05, 0.4)
    assert (near.close, near.named) == (True, [1, 4])


REASONS = {
    "photograph": ("photograph", "Of a photograph"),
    "outside": ("probably outside the five movements", "grey"),
    "unsure": ("no movement stands out", "guess"),
    "small": ("too small", "fewer than 48 pixels"),
    "plain": ("nearly nothing to read", "one colour"),
    "noise": ("nearly nothing to read", "random noise"),
}


def test_all_reasons_are_tested():
    assert set(REASONS) == {*get_args(Blank), "photograph", "outside", "unsure"}


@pytest.mark.parametrize("reason", REASONS)
def test_a_refusal_has_a_reason(make_reading, reason):
    reading = make_reading(refusal=reason)
    looks, because = REASONS[reason]
    headline, summary, why = verdict(reading)
    assert headline == "No verdict"
    assert looks in summary
    assert because in why
    assert looks in in_short(reading)
    assert in_a_sentence(reading).endswith(".")


def test_only_a_photograph_is_called_one(make_reading):
    for reason in set(REASONS) - {"photograph"}:
        reading = make_reading(refusal=reason, kinds=(0.1, 0.8, 0.1))
        texts = (*verdict(reading), in_short(reading), in_a_sentence(reading))
        assert "photograph" not in " ".join(texts)


def test_a_nearly_empty_picture_has_one_sentence(make_reading):
    (sentence,) = {verdict(make_reading(refusal="plain"))[2]}
    assert sentence.startswith("There is nearly nothing in this picture to read: ")
    assert sentence.count(".") == 1
    assert compared(make_reading(refusal="plain"), 0, 1) == sentence


def test_a_comparison_names_the_likelier_movement_first(make_reading):
    reading = make_reading(0.1, 0.6, 0.05, 0.05, 0.2)
    assert compared(reading, 1, 4) == "Cubism is 3 times as likely as Realism."
    assert compared(reading, 4, 1) == compared(reading, 1, 4)
    assert "as likely as each other" in compared(reading, 2, 3)


def test_a_comparison_uses_the_averaged_probabilities(make_reading):
    """Not of the first of six views alone, which may see it the other way round."""
    reading = make_reading(0.05, 0.48, 0.1, 0.05, 0.32)
    views = reading.view_probabilities.copy()
    views[0] = (0.05, 0.1, 0.05, 0.05, 0.75)
    reading = dataclasses.replace(reading, view_probabilities=views)
    sentence = compared(reading, 1, 4)
    assert sentence.startswith("Cubism is 1.5 times as likely as Realism. ")
    assert "whole picture alone" in sentence  # Whose map is beside it.
    assert compared(reading, 4, 1) == sentence


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0.5, "1 of 2"),
        (0.318, "1 of 3"),
        (0.66, "2 of 3"),
        (0.778, "4 of 5"),
        (0.7, "7 of 10"),
        (0.802, "4 of 5"),
        (0.1, "1 of 10"),
        (0.98, "nearly all"),
        (0.01, "hardly any"),
    ],
)
def test_shares_become_usual_fractions(share, words):
    assert fraction(share) == words


def test_fractions_are_near_the_share():
    for share in np.linspace(0.05, 0.95, 181):
        part, whole = map(int, fraction(float(share)).split(" of "))
        assert part / whole == pytest.approx(share, abs=0.051)


def test_reliability_is_given_for_each_measured_movement():
    metrics = {
        "splits": {"test": {"per_movement": {"Realism": {"recall": 0.33, "precision": 0.67}}}}
    }
    (sentence,) = reliabilities(metrics).values()
    assert "finds 1 of 3" in sentence
    assert "right in 2 of 3" in sentence
    assert reliabilities({}) == {}


def test_much_evidence_at_an_empty_border_is_mentioned():
    assert "37\N{NO-BREAK SPACE}% of it lies at the edge" in glow(0.37)
    assert glow(0.1) == glow(0.0) == ""


def test_the_commonest_mistake_is_a_share_of_the_true_movement():
    names = ("a", "b", "c")
    confusion = [[90, 10, 0], [3, 6, 1], [0, 0, 1000]]
    assert most_confused(confusion, names) == ("b", "a", 0.3)
