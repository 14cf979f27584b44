"""What the report says first, against numbers that are known."""

from app.ui.tabs.report.opening import headline, limits, movements, strangers
from tests.app.ui.tabs.report.text import parsed, rows, text


def figures(html: str) -> list[str]:
    """Each large figure with its words."""
    tiles = parsed(html).find(".//div[@class='figures']")
    return [" ".join(" ".join(tile.itertext()).split()) for tile in tiles]


def test_three_figures_say_how_often_it_is_right_and_for_whom_not(card):
    assert figures(headline(card)) == [
        "81 of 100 new paintings are named rightly 900 tested, by 310 artists",
        "71 of 100 paintings by artists new to it are 900 tested, by 310 artists",
        "30 of 100 paintings of Realism are recognised, its weakest movement 30 of 100",
    ]
    assert "1800 paintings that took no part" in text(headline(card))
    assert "Guessing would be right 20 of 100 times" in text(headline(card))


def test_the_weakest_movement_is_the_first_in_plain_counts(card):
    html = movements(card)
    assert "Realism least of all: of 100 such paintings it finds 30, and takes 60 for" in text(html)
    found = rows(html, "On new paintings, the weakest first")
    assert list(found)[1:] == ["Realism", "Expressionism", "Abstract", "Cubism", "Impressionism"]
    assert found["Realism"] == ["30 of 100 30 of 100", "75 of 100 30 of 40"]
    assert found["Cubism"] == ["80 of 100 160 of 200", "80 of 100 160 of 200"]


def test_it_says_how_many_strangers_are_refused_and_how_many_wronged(card):
    assert figures(strangers(card)) == [
        "93 of 100 photographs are refused",
        "31 of 100 paintings of other movements are; the rest get a wrong name",
        "5 of 100 paintings of the five are refused by mistake",
    ]


def test_refusals_of_both_tests_are_told_apart_where_they_are_known(card):
    outside = card.metrics["outside"]
    for name, false_alarms in (("test", 0.04), ("test_artists", 0.07)):
        card.metrics["splits"][name]["outside"] = outside | {"false_alarms": false_alarms}
    assert "new paintings 4, paintings by new artists 7" in figures(strangers(card))[2]
    del card.metrics["outside"]
    assert figures(strangers(card))[2].startswith("4 of 100")


def test_what_was_not_tested_is_not_claimed(card):
    card.metrics["outside"]["photographs_caught"] = None
    assert len(figures(strangers(card))) == 2
    assert "photographs are refused" not in text(strangers(card))


def test_limits_name_wide_names_collections_and_squashed_files(card):
    said = text(limits(card))
    assert "Post-Impressionism counts as Impressionism" in said
    assert "right 50 to 80 times of 100, by the collection" in said  # ten pictures are too few
    assert "square" not in said
    split = card.metrics["splits"]["test"]
    split["six_views"]["accuracy"], split["true_aspect"] = 0.7, {"accuracy": 0.5, "pictures": 300}
    assert "names 50 of 100 rightly; of square ones" in text(limits(card))
    assert "squash or crop, 80." in text(limits(card))


def test_limits_say_how_often_the_shape_of_the_file_makes_the_verdict(card):
    assert "within bars" not in text(limits(card))
    card.metrics["splits"]["test"]["proportions"] = {"agreement": 0.87}
    assert "another name in 13 of 100 cases." in text(limits(card))


def test_limits_need_no_number(card):
    split = card.metrics["splits"]["test"]
    del split["per_source"], split["true_aspect"]
    said = text(limits(card))
    assert "Post-Impressionism" in said
    assert "The file matters" not in said


def test_it_says_so_where_photographs_may_have_been_seen(card):
    assert "flatter" not in text(strangers(card))
    card.metrics["seen"] = {"paintings": 40, "photographs": 0.8}
    assert "Up to 80 of 100 of these photographs took part" in text(strangers(card))
    card.metrics["seen"]["photographs"] = 1.0
    assert "Perhaps all of these photographs took part" in text(strangers(card))
