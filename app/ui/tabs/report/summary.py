"""The first part of the report: how often the classifier is right, for whom not, what it refuses.

Each function writes one section from the card, and raises KeyError, IndexError, TypeError or
ValueError where the card lacks its numbers.
"""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from app.serving.model_card import ModelCard
from app.translation import gettext as _
from app.ui.components import charts
from app.ui.tabs.report.metrics import TESTS, by_collection, by_shape, movement_scores
from app.ui.wording import in_words, out_of_a_hundred

REFUSED = {
    "photographs_caught": _("photographs are refused"),
    "other_movements_caught": _(
        "paintings of other movements are refused; the rest get a wrong name"
    ),
    "false_alarms": _("paintings of the five are refused by mistake"),
}
"""What each key of `outside` in the metrics counts."""


def headline(card: ModelCard) -> str:
    """How often it is right, and where it is weakest, in three figures."""
    splits = card.metrics["splits"]
    test, artists = splits["test"], splits["test_artists"]
    weakest = movement_scores(test["confusion"], card.movements)[0]
    tested = _("{pictures} tested, by {artists} artists")
    figures = [
        (
            test["six_views"]["accuracy"],
            _("new paintings are named correctly"),
            tested.format(pictures=test["pictures"], artists=test["artists"]),
        ),
        (
            artists["six_views"]["accuracy"],
            _("paintings by new artists are named correctly"),
            tested.format(pictures=artists["pictures"], artists=artists["artists"]),
        ),
        (
            weakest.recall,
            _("paintings of {movement} are recognised, its weakest movement").format(
                movement=weakest.movement
            ),
            _("{count} of {total}").format(count=weakest.right, total=weakest.pictures),
        ),
    ]
    text = _(
        "It names the movement of a painting: {movements}. It was tried on {count} paintings that"
        " took no part in its training. Guessing would be right {chance} times."
    ).format(
        movements=in_words(card.movements, _("or")),
        count=test["pictures"] + artists["pictures"],
        chance=out_of_a_hundred(1 / len(card.movements)),
    )
    return _section(_("How good is the classifier?"), text, _tiles(figures))


def movements(card: ModelCard) -> str:
    """How well each movement is recognised, the weakest first."""
    scores = movement_scores(card.metrics["splits"]["test"]["confusion"], card.movements)
    weakest = scores[0]
    other, count = weakest.mistaken_for
    share = _("{count} of {total}")
    rows = {
        score.movement: [
            (
                score.recall,
                out_of_a_hundred(score.recall),
                share.format(count=score.right, total=score.pictures),
            ),
            (
                score.precision,
                out_of_a_hundred(score.precision),
                share.format(count=score.right, total=score.predicted),
            ),
        ]
        for score in scores
    }
    head = (_("Movement"), _("It finds"), _("When it says so, it is right"))
    text = _(
        "{movement} least of all: of {pictures} such paintings it finds {right}, and takes {count}"
        " for {other}."
    ).format(
        movement=weakest.movement,
        pictures=weakest.pictures,
        right=weakest.right,
        count=count,
        other=other,
    )
    table = charts.bars(head, rows, _("On new paintings, the weakest first"))
    return _section(_("Which movements does it know?"), text, table)


def refusals(card: ModelCard) -> str:
    """How many pictures of other kinds are refused, and how many paintings by mistake."""
    splits = card.metrics["splits"]
    whole = card.metrics.get("outside") or splits["test"]["outside"]
    figures = [
        (whole[key], words, _by_test(splits, key))
        for key, words in REFUSED.items()
        if whole.get(key) is not None
    ]
    text = _("Photographs and paintings of other movements should get no verdict.")
    return _section(_("What does it refuse?"), text + _seen_in_training(card), _tiles(figures))


def _seen_in_training(card: ModelCard) -> str:
    """That photographs of the test took part in training, where some may have."""
    share = card.metrics.get("seen", {}).get("photographs", 0)
    if not share:
        return ""
    some = _("Perhaps all")
    if share <= 0.99:
        some = _("Up to {share}").format(share=out_of_a_hundred(share))
    return " " + _(
        "{some} of these photographs took part in the training of the weights that it started"
        " from, so the first figure may flatter it."
    ).format(some=some)


def _by_test(splits: Mapping[str, Any], key: str) -> str:
    """A share of refusals in each test on its own, where the card has both."""
    shares = {words: splits[name].get("outside", {}).get(key) for name, words in TESTS.items()}
    if None in shares.values():
        return ""
    return ", ".join(f"{words} {100 * share:.0f}" for words, share in shares.items())


def limits(card: ModelCard) -> str:
    """What to know before trusting a verdict."""
    split = card.metrics["splits"]["test"]
    points = {
        _("Its categories are broad."): _(
            "Post-Impressionism counts as Impressionism here, Fauvism as Expressionism. Art"
            " between two movements may be given to either."
        ),
        _("The file matters."): f"{_collections(split)}{_shapes(split)}{_letterbox(split)}",
        _("It knows reproductions,"): _(
            "mostly of Western art. Glare, a slant or a frame in the picture make it harder."
        ),
        _("Labels are opinions."): _(
            "A movement is a historian\N{RIGHT SINGLE QUOTATION MARK}s word for a circle and its"
            " time, and collections sometimes err."
        ),
        _("Colours are no proof."): _(
            "They show what spoke for its verdict, not that it is right, nor what the painter"
            " meant."
        ),
        _("It is no expert."): _("Do not use it to attribute, date or value a work."),
    }
    items = "".join(
        f"<li><b>{escape(lead)}</b> {escape(rest)}</li>" for lead, rest in points.items() if rest
    )
    title = _("Before you take its word")
    return f'<h2>{escape(title)}</h2><ul class="limits">{items}</ul>'


def _collections(split: Mapping[str, Any]) -> str:
    """How far apart the collections are."""
    shares = sorted(by_collection(split).values())
    if len(shares) < 2:
        return ""
    return _(
        "It is right {low:.0f} to {high:.0f} times in 100, depending on the collection. "
    ).format(low=100 * shares[0], high=100 * shares[-1])


def _shapes(split: Mapping[str, Any]) -> str:
    """How files that were squashed or cropped to a square compare with the others."""
    accuracies = by_shape(split)
    if accuracies is None:
        return ""
    shaped, square = accuracies
    return _(
        "Of files in the painting\N{RIGHT SINGLE QUOTATION MARK}s own shape, as a visitor"
        "\N{RIGHT SINGLE QUOTATION MARK}s are, it names {shaped} rightly; of square ones, to which"
        " collections squash or crop, {square:.0f}."
    ).format(shaped=out_of_a_hundred(shaped), square=100 * square)


def _letterbox(split: Mapping[str, Any]) -> str:
    """How often the letterbox around a painting, not the painting, makes the verdict."""
    proportions = split.get("proportions")
    if proportions is None:
        return ""
    return " " + _(
        "Shown within bars and then stretched to a square, the same part of a painting gets another"
        " name in {share} cases."
    ).format(share=out_of_a_hundred(1 - proportions["agreement"]))


def _section(title: str, text: str, content: str) -> str:
    return f"<h2>{escape(title)}</h2><p>{escape(text)}</p>{content}"


def _tiles(figures: Iterable[tuple[float, str, str]]) -> str:
    """Large figures: each a share of 0..1, what it is of, and its small print, if any."""
    tiles = [
        f"<div><b>{out_of_a_hundred(share)}</b><span>{escape(words)}</span>"
        + (f"<small>{escape(note)}</small></div>" if note else "</div>")
        for share, words, note in figures
    ]
    return f'<div class="figures">{"".join(tiles)}</div>'
