"""What a visitor asks of the reader first: how often it is right, for whom not, what it refuses.

Each function writes one section from the card, and raises KeyError, IndexError, TypeError or
ValueError where the card lacks its numbers.
"""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from app.serving.model_card import ModelCard
from app.ui.components import charts
from app.ui.tabs.report.scores import TESTS, by_collection, by_shape, recognised
from app.ui.wording import in_words, out_of_a_hundred

REFUSED = {
    "photographs_caught": "photographs are refused",
    "other_movements_caught": "paintings of other movements are; the rest get a wrong name",
    "false_alarms": "paintings of the five are refused by mistake",
}
"""Keys of an `outside` in the metrics, and what is said of them."""


def headline(card: ModelCard) -> str:
    """How often it is right, and where it is weakest, in three figures."""
    splits = card.metrics["splits"]
    test, artists = splits["test"], splits["test_artists"]
    weakest = recognised(test["confusion"], card.movements)[0]
    figures = [
        (
            test["six_views"]["accuracy"],
            "new paintings are named rightly",
            f"{test['pictures']} tested, by {test['artists']} artists",
        ),
        (
            artists["six_views"]["accuracy"],
            "paintings by artists new to it are",
            f"{artists['pictures']} tested, by {artists['artists']} artists",
        ),
        (
            weakest.recall,
            f"paintings of {weakest.movement} are recognised, its weakest movement",
            f"{weakest.right} of {weakest.pictures}",
        ),
    ]
    count = test["pictures"] + artists["pictures"]
    return f"""
        <h2>How good is the reader?</h2>
        <p>It names the movement of a painting: {escape(in_words(card.movements, "or"))}. It was
        tried on {count} paintings that took no part in its training. Guessing would be right
        {out_of_a_hundred(1 / len(card.movements))} times.</p>
        {_tiles(figures)}"""


def movements(card: ModelCard) -> str:
    """For which movements its word can be taken, the weakest first."""
    found = recognised(card.metrics["splits"]["test"]["confusion"], card.movements)
    weakest = found[0]
    other, count = weakest.mistaken_for
    rows = {
        each.movement: [
            (each.recall, out_of_a_hundred(each.recall), f"{each.right} of {each.pictures}"),
            (each.precision, out_of_a_hundred(each.precision), f"{each.right} of {each.said}"),
        ]
        for each in found
    }
    head = ("Movement", "It finds", "When it says so, it is right")
    return f"""
        <h2>Which movements does it know?</h2>
        <p>{escape(weakest.movement)} least of all: of {weakest.pictures} such paintings it finds
        {weakest.right}, and takes {count} for {escape(other)}.</p>
        {charts.bars(head, rows, "On new paintings, the weakest first")}"""


def strangers(card: ModelCard) -> str:
    """What becomes of pictures that it was not made for, and of those wrongly refused."""
    splits = card.metrics["splits"]
    whole = card.metrics.get("outside") or splits["test"]["outside"]
    figures = [
        (whole[key], words, _apart(splits, key))
        for key, words in REFUSED.items()
        if whole.get(key) is not None
    ]
    return f"""
        <h2>What does it refuse?</h2>
        <p>Photographs and paintings of other movements should get no verdict.{_seen(card)}</p>
        {_tiles(figures)}"""


def _seen(card: ModelCard) -> str:
    """That photographs of the test took part in training, where some may have."""
    share = card.metrics.get("seen", {}).get("photographs", 0)
    if not share:
        return ""
    some = "Perhaps all" if share > 0.99 else f"Up to {out_of_a_hundred(share)}"
    return (
        f" {some} of these photographs took part in the training of the weights that it started"
        " from, so the first figure may flatter it."
    )


def _apart(splits: Mapping[str, Any], key: str) -> str:
    """A refusal's share in each test on its own, where the card has it of both."""
    shares = {words: splits[name].get("outside", {}).get(key) for name, words in TESTS.items()}
    if None in shares.values():
        return ""
    return ", ".join(f"{words} {100 * share:.0f}" for words, share in shares.items())


def limits(card: ModelCard) -> str:
    """What to know before its word is taken."""
    split = card.metrics["splits"]["test"]
    points = {
        "Its names are wide.": "Post-Impressionism counts as Impressionism here, Fauvism as"
        " Expressionism. Art between two movements may be given to either.",
        "The file matters.": f"{_collections(split)}{_shapes(split)}{_bars(split)}",
        "It knows reproductions,": "mostly of Western art. Glare, a slant or a frame in the"
        " picture make it harder.",
        "Labels are opinions.": "A movement is a historian\N{RIGHT SINGLE QUOTATION MARK}s word"
        " for a circle and its time, and collections sometimes err.",
        "Colours are no proof.": "They show what spoke for its verdict, not that it is right, nor"
        " what the painter meant.",
        "It is no expert.": "Do not use it to attribute, date or value a work.",
    }
    items = "".join(
        f"<li><b>{escape(lead)}</b> {escape(rest)}</li>" for lead, rest in points.items() if rest
    )
    return f'<h2>Before you take its word</h2><ul class="limits">{items}</ul>'


def _collections(split: Mapping[str, Any]) -> str:
    """How far apart the collections are."""
    shares = sorted(by_collection(split).values())
    if len(shares) < 2:
        return ""
    low, high = shares[0], shares[-1]
    return f"It is right {100 * low:.0f} to {100 * high:.0f} times of 100, by the collection. "


def _shapes(split: Mapping[str, Any]) -> str:
    """How files that were squashed or cropped to a square compare with the others."""
    found = by_shape(split)
    if found is None:
        return ""
    shaped, square = found
    return (
        "Of files in the painting\N{RIGHT SINGLE QUOTATION MARK}s own shape, as a visitor"
        f"\N{RIGHT SINGLE QUOTATION MARK}s are, it names {out_of_a_hundred(shaped)} rightly; of"
        f" square ones, to which collections squash or crop, {100 * square:.0f}."
    )


def _bars(split: Mapping[str, Any]) -> str:
    """How often the letterbox around a painting, not the painting, makes the verdict."""
    found = split.get("proportions")
    if found is None:
        return ""
    return (
        " Shown within bars and then stretched to a square, the same part of a painting gets"
        f" another name in {out_of_a_hundred(1 - found['agreement'])} cases."
    )


def _tiles(figures: Iterable[tuple[float, str, str]]) -> str:
    """Large figures: each a share of 0..1, what it is of, and its small print, if any."""
    tiles = [
        f"<div><b>{out_of_a_hundred(share)}</b><span>{escape(words)}</span>"
        + (f"<small>{escape(note)}</small></div>" if note else "</div>")
        for share, words, note in figures
    ]
    return f'<div class="figures">{"".join(tiles)}</div>'
