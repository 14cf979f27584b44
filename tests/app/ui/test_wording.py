import pytest

from app.ui.wording import compared, most_confused, percent, sureness, verdict

NBSP = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.84, "84"), (0.999, "over 99"), (1.0, "over 99"), (0.004, "under 1"), (0.99, "99")],
)
def test_percent_never_claims_certainty_by_rounding(share, words):
    assert percent(share) == f"{words}{NBSP}%"


def test_words_grow_surer_with_the_probability():
    probabilities = (0.2, 0.4, 0.6, 0.8, 0.95)
    assert len({sureness(probability) for probability in probabilities}) == 5
    assert sureness(0.84) == "quite sure"
    assert "guess" in sureness(0.25)


def test_verdict_names_the_movement_how_sure_and_the_runner_up(make_reading):
    headline, sure, sentence = verdict(make_reading(0.02, 0.84, 0.02, 0.02, 0.1))
    assert headline == "Cubism"
    assert sure == f"quite sure, 84{NBSP}%"
    assert "Realism" in sentence


def test_verdict_says_when_two_movements_are_close(make_reading):
    sentence = verdict(make_reading(0.02, 0.46, 0.02, 0.02, 0.48))[2]
    assert "close call" in sentence
    assert "Cubism" in sentence


@pytest.mark.parametrize(
    ("kinds", "looks"), [((0.1, 0.8, 0.1), "photograph"), ((0.1, 0.2, 0.7), "another movement")]
)
def test_refusal_says_what_the_picture_looks_like_and_why(make_reading, kinds, looks):
    headline, said, why = verdict(make_reading(outside=True, kinds=kinds))
    assert headline == "No verdict"
    assert looks in said
    assert "grey" in why


def test_comparison_always_names_the_likelier_first(make_reading):
    reading = make_reading(0.1, 0.6, 0.05, 0.05, 0.2)
    assert "Cubism is 3 times as likely as Realism" in compared(reading, 1, 4)
    assert compared(reading, 4, 1) == compared(reading, 1, 4)
    assert "as likely as each other" in compared(reading, 2, 3)


def test_most_confused_counts_shares_of_what_was_true():
    names = ("a", "b", "c")
    confusion = [[90, 10, 0], [3, 6, 1], [0, 0, 1000]]
    assert most_confused(confusion, names) == ("b", "a", 0.3)
