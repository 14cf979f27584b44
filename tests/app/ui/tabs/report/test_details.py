"""The folded sections on the classifier: scores, collections, training, data."""

import dataclasses

import pytest

from app.ui.tabs.report.details import (
    calibration,
    collections,
    confusion,
    data,
    learning,
    scores,
)
from tests.app.ui.tabs.report.conftest import parsed, rows, text

NBSP = "\N{NO-BREAK SPACE}"
CROSS_ENTROPY = "Cross-entropy with the labels"
SUM = "All that training minimised, in one sum"
TEACHER = "Distance from the teacher (distillation losses)"


def test_the_commonest_mistakes_are_named_beside_the_table(card):
    html = confusion(card)
    items = [" ".join("".join(each.itertext()).split()) for each in parsed(html).iter("li")]
    assert items == [
        "60 of 100 Realism are taken for Impressionism",
        "20 of 100 Impressionism are taken for Expressionism",
        "15 of 100 Expressionism are taken for Impressionism",
    ]
    summary = parsed(html).findtext(".//summary/span")
    assert summary == "Realism most often for Impressionism, 60 of 100"
    found = rows(html, "Of 100 new paintings of each movement")
    assert found["Realism"] == ["0", "0", "10", "60", "30"]


def test_macro_recall_is_given_beside_accuracy_for_both_tests(card):
    for caption, right in (
        ("On 900 new paintings", f"81{NBSP}%"),
        ("On 900 paintings by new artists", f"71{NBSP}%"),
    ):
        found = rows(scores(card), caption)
        assert found[""][:2] == ["right", "macro-recall"]
        assert found["six looks"][0].replace(" ", NBSP) == right
        assert (
            found["six looks"][1].replace(" ", NBSP) == f"67{NBSP}%"
        )  # mean of 75, 80, 70, 80, 30
        assert found["one look"][1] == found["yardstick"][1] == "\N{EN DASH}"


def test_macro_recall_of_one_view_and_of_the_baseline_is_given_where_it_was_measured(card):
    card.metrics["splits"]["test"]["one_view"] |= {"macro_recall": 0.61}
    card.metrics["yardstick"]["test"]["macro_recall"] = 0.58
    found = rows(scores(card), "On 900 new paintings")
    assert found["one look"][1].startswith("61")
    assert found["yardstick"][1].startswith("58")


def test_the_test_on_new_artists_is_given_by_movement(card):
    html = scores(card)
    found = rows(html, "Movement by movement, on new artists")
    assert found["Realism"][0].startswith("30")
    assert "60 % of Realism is taken for Impressionism" in text(html)
    assert "The yardstick is a linear probe." in text(html)


def test_the_summary_gives_both_calibration_errors(card):
    card.metrics["splits"]["test_artists"]["six_views"]["ece"] = 0.066
    assert "off by 3.0 points, on new artists by 6.6" in text(calibration(card))


@pytest.mark.parametrize("recall", [None, 0.44])
def test_every_collection_has_its_row(card, recall):
    group = card.metrics["splits"]["test"]["per_source"]["a museum"]
    if recall:
        group["macro_recall"] = recall
    html = collections(card)
    found = rows(html, "By where the file came from")
    assert found["a museum"][0].startswith("50")
    assert found["a museum"][-1] == "190"
    assert found["Pictures in their true proportions"][0] == "none tested"
    assert ("macro-recall" in found["Collection"]) == bool(recall)
    assert "50 to 80 of 100 right, by the collection" in text(html)


def test_settings_counts_and_rights_are_given(card):
    card.data["rights"] = "for <measuring> only"
    card.training["settings"]["stages"] = [{"size": 96, "epochs": 4}, {"size": 128, "epochs": 6}]
    html = data(card)
    assert rows(html, "Numbers of pictures")["Abstract"] == ["1000", "180"]
    words = text(html)
    for expected in (
        "learning rate 0.0003",
        "ema yes",
        "temperature 1.300",
        "for <measuring> only",
    ):
        assert expected in words
    assert "size 96, epochs 4; size 128, epochs 6" in words
    assert "1000 pictures, densenet121" in words


def test_a_card_without_counts_still_gives_its_settings(card):
    del card.data["splits"]
    assert "densenet121, its settings and rights" in text(data(card))


# Learning curves.


def charts(html: str) -> dict[str, list[str]]:
    """Names of the lines in each chart, by its caption."""
    return {
        each.findtext("figcaption"): [line.text for line in each.iter("text") if line.get("class")]
        for each in parsed(html).iter("figure")
    }


@pytest.fixture
def separate_losses(card):
    """A card of a run that logged its losses separately."""
    more = {"train_cross_entropy": [1.5, 1.1, 0.8], "train_distillation": [9.9, 9.8, 9.7]}
    return dataclasses.replace(card, curves=card.curves | more)


def test_a_sum_of_losses_is_not_drawn_beside_validation(card):
    found = charts(learning(card))
    assert found[CROSS_ENTROPY] == ["unseen"]
    assert found[SUM] == ["training"]
    assert found["How often it was right"] == ["training", "unseen"]
    assert "not to be compared" in text(learning(card))


def test_cross_entropies_share_a_chart_and_distillation_has_its_own(separate_losses):
    found = charts(learning(separate_losses))
    assert found[CROSS_ENTROPY] == ["training", "unseen"]
    assert found[TEACHER] == ["training"]
    assert SUM not in found
    assert "learn by heart" in text(learning(separate_losses))


def test_with_mixup_there_is_no_training_accuracy(separate_losses):
    separate_losses.training["settings"]["mixup"] = 1.0
    found = charts(learning(separate_losses))
    assert found[CROSS_ENTROPY] == ["unseen"]
    assert found["How often it was right"] == ["unseen"]


def test_macro_recall_is_drawn_beside_accuracy_where_the_run_has_it(card):
    card.curves["val_macro_recall"] = [0.2, 0.4, 0.6]
    assert charts(learning(card))["How often it was right"] == ["training", "unseen", "recall"]
    assert "Recall is the mean over the movements" in text(learning(card))


def test_a_run_without_a_training_loss_has_one_chart(card):
    for name in ("train_loss", "train_accuracy", "val_accuracy"):
        del card.curves[name]
    assert list(charts(learning(card))) == [CROSS_ENTROPY]


def test_the_loss_of_guessing_depends_on_the_number_of_movements(card):
    assert "1.61 is what guessing costs" in text(learning(card))
    two = dataclasses.replace(card, movements=card.movements[:2])
    assert "0.69 is what guessing costs" in text(learning(two))


def test_a_card_without_curves_has_no_charts(card):
    with pytest.raises(KeyError):
        learning(dataclasses.replace(card, curves={}))
