"""What is folded of the reader: scores, collections, what it was made from."""

import pytest

from app.ui.tabs.report.details import calibration, confusion, data, scores, sources
from tests.app.ui.tabs.report.text import parsed, rows, text

NBSP = "\N{NO-BREAK SPACE}"


def test_the_commonest_mistakes_stand_beside_the_table_in_words(card):
    html = confusion(card)
    items = [" ".join("".join(each.itertext()).split()) for each in parsed(html).iter("li")]
    assert items == [
        "60 of 100 Realism are taken for Impressionism",
        "20 of 100 Impressionism are taken for Expressionism",
        "15 of 100 Expressionism are taken for Impressionism",
    ]
    gist = parsed(html).findtext(".//summary/span")
    assert gist == "Realism most often for Impressionism, 60 of 100"
    found = rows(html, "Of 100 new paintings of each movement")
    assert found["Realism"] == ["0", "0", "10", "60", "30"]


def test_macro_recall_stands_beside_accuracy_for_both_tests(card):
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


def test_macro_recall_of_a_look_and_of_the_yardstick_is_said_where_it_was_measured(card):
    card.metrics["splits"]["test"]["one_view"] |= {"macro_recall": 0.61}
    card.metrics["yardstick"]["test"]["macro_recall"] = 0.58
    found = rows(scores(card), "On 900 new paintings")
    assert found["one look"][1].startswith("61")
    assert found["yardstick"][1].startswith("58")


def test_the_harder_test_is_told_movement_by_movement(card):
    html = scores(card)
    found = rows(html, "Movement by movement, on new artists")
    assert found["Realism"][0].startswith("30")
    assert "60 % of Realism is taken for Impressionism" in text(html)
    assert "The yardstick is a linear probe." in text(html)


def test_both_calibration_errors_are_said_without_unfolding(card):
    card.metrics["splits"]["test_artists"]["six_views"]["ece"] = 0.066
    assert "off by 3.0 points, on new artists by 6.6" in text(calibration(card))


@pytest.mark.parametrize("recall", [None, 0.44])
def test_every_collection_has_its_row(card, recall):
    group = card.metrics["splits"]["test"]["per_source"]["a museum"]
    if recall:
        group["macro_recall"] = recall
    html = sources(card)
    found = rows(html, "By where the file came from")
    assert found["a museum"][0].startswith("50")
    assert found["a museum"][-1] == "190"
    assert found["Pictures in their true proportions"][0] == "none tested"
    assert ("macro-recall" in found["Collection"]) == bool(recall)
    assert "50 to 80 of 100 right, by the collection" in text(html)


def test_settings_counts_and_rights_are_told(card):
    card.data["rights"] = "for <measuring> only"
    card.training["settings"]["stages"] = [{"size": 96, "epochs": 4}, {"size": 128, "epochs": 6}]
    html = data(card)
    assert rows(html, "Numbers of pictures")["Abstract"] == ["1000", "180"]
    said = text(html)
    for words in ("learning rate 0.0003", "ema yes", "temperature 1.300", "for <measuring> only"):
        assert words in said
    assert "size 96, epochs 4; size 128, epochs 6" in said
    assert "1000 pictures, densenet121" in said


def test_a_card_without_counts_still_tells_its_settings(card):
    del card.data["splits"]
    assert "densenet121, its settings and rights" in text(data(card))
