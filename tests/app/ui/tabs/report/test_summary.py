"""The first sections of the report, against known numbers."""

from app.ui.tabs.report.summary import headline, limits, movements, refusals
from tests.app.ui.tabs.report.conftest import parsed, rows, text


def figures(html: str) -> list[str]:
    """Each large figure with its words."""
    tiles = parsed(html).find(".//div[@class='figures']")
    return [" ".join(" ".join(tile.itertext()).split()) for tile in tiles]


def test_the_headline_has_three_figures(card):
    assert figures(headline(card)) == [
        "81 of 100 new paintings are named correctly 900 tested, by 310 artists",
        "71 of 100 paintings by new artists are named correctly 900 tested, by 310 artists",
        "30 of 100 paintings of Realism are recognised, its weakest movement 30 of 100",
    ]
    assert "1800 paintings that took no part" in text(headline(card))
    assert "Guessing would be right 20 of 100 times" in text(headline(card))


def test_the_weakest_movement_comes_first_with_counts(card):
    html = movements(card)
    assert "Realism least of all: of 100 such paintings it finds 30, and takes 60 for" in text(html)
    found = rows(html, "On new paintings, the weakest first")
    assert list(found)[1:] == ["Realism", "Expressionism", "Abstract", "Cubism", "Impressionism"]
    assert found["Realism"] == ["30 of 100 30 of 100", "75 of 100 30 of 40"]
    assert found["Cubism"] == ["80 of 100 160 of 200", "80 of 100 160 of 200"]


def test_refusals_are_counted_right_and_wrong(card):
    assert figures(refusals(card)) == [
        "93 of 100 photographs are refused",
        "31 of 100 paintings of other movements are refused; the rest get a wrong name",
        "5 of 100 paintings of the five are refused by mistake",
    ]


def test_refusals_are_given_for_each_test_where_they_are_known(card):
    outside = card.metrics["outside"]
    for name, false_alarms in (("test", 0.04), ("test_artists", 0.07)):
        card.metrics["splits"][name]["outside"] = outside | {"false_alarms": false_alarms}
    assert "new paintings 4, paintings by new artists 7" in figures(refusals(card))[2]
    del card.metrics["outside"]
    assert figures(refusals(card))[2].startswith("4 of 100")


def test_a_missing_measurement_has_no_figure(card):
    card.metrics["outside"]["photographs_caught"] = None
    assert len(figures(refusals(card))) == 2
    assert "photographs are refused" not in text(refusals(card))


def test_limits_name_wide_names_collections_and_squashed_files(card):
    words = text(limits(card))
    assert "Post-Impressionism counts as Impressionism" in words
    assert (
        "right 50 to 80 times in 100, depending on the collection" in words
    )  # ten pictures are too few
    assert "square" not in words
    split = card.metrics["splits"]["test"]
    split["six_views"]["accuracy"], split["true_aspect"] = 0.7, {"accuracy": 0.5, "pictures": 300}
    assert "names 50 of 100 rightly; of square ones" in text(limits(card))
    assert "squash or crop, 80." in text(limits(card))


def test_limits_name_the_effect_of_the_letterbox(card):
    assert "within bars" not in text(limits(card))
    card.metrics["splits"]["test"]["proportions"] = {"agreement": 0.87}
    assert "another name in 13 of 100 cases." in text(limits(card))


def test_limits_need_no_number(card):
    split = card.metrics["splits"]["test"]
    del split["per_source"], split["true_aspect"]
    words = text(limits(card))
    assert "Post-Impressionism" in words
    assert "The file matters" not in words


def test_photographs_seen_in_training_are_mentioned(card):
    assert "flatter" not in text(refusals(card))
    card.metrics["seen"] = {"paintings": 40, "photographs": 0.8}
    assert "Up to 80 of 100 of these photographs took part" in text(refusals(card))
    card.metrics["seen"]["photographs"] = 1.0
    assert "Perhaps all of these photographs took part" in text(refusals(card))
