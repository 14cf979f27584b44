"""The report on a network, in plain words, from its own metadata and a file beside it."""

import logging
from collections.abc import Callable, Iterable, Mapping
from html import escape
from typing import Any

from app.serving.card import ModelCard
from app.ui import charts
from app.ui.wording import in_words, most_confused, out_of_a_hundred, percent

logger = logging.getLogger(__name__)

SPLITS = {"test": "new paintings", "test_artists": "new artists"}
"""The two tests, in words; keys of `metrics["splits"]`."""


Section = Callable[[Any], str]
"""Writes HTML from numbers; raises KeyError, IndexError, TypeError or ValueError without them."""


def report(card: ModelCard, others: Iterable[tuple[Section, Any]] = ()) -> str:
    """HTML of the whole report; a section whose numbers are not there is left out.

    Args:
        card: what the reader's file says of it.
        others: sections on other networks, each with its numbers.
    """
    found = [_written(section, card) for section in SECTIONS]
    last = SECTIONS.index(_data)
    found[last:last] = [_written(section, facts) for section, facts in others]
    return f'<article class="report">{"".join(found)}</article>'


def _written(section: Section, facts: Any) -> str:
    try:
        return section(facts)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        logger.warning("no section on %s: %r", section.__name__.strip("_"), error)
        return ""


def _headline(card: ModelCard) -> str:
    splits = card.metrics["splits"]
    figures = [
        (out_of_a_hundred(splits[key]["six_views"]["accuracy"]), f"right, on {words}")
        for key, words in SPLITS.items()
    ]
    miss = 100 * splits["test"]["six_views"]["ece"]
    figures.append(
        (f"± {miss:.1f}", "points between how sure it says it is and how often it is right")
    )
    tiles = "".join(f"<div><b>{number}</b><span>{words}</span></div>" for number, words in figures)
    names = in_words(card.movements, "and")
    return f"""
        <h2>How good is the reader?</h2>
        <p>Every number on this page was measured on pictures that took no part in the training,
        and travels with the network. The reader tells apart {escape(names)}.
        Guessing would be right {out_of_a_hundred(1 / len(card.movements))} times.</p>
        <div class="figures">{tiles}</div>"""


def _scores(card: ModelCard) -> str:
    splits, yardstick = card.metrics["splits"], card.metrics.get("yardstick", {})
    rows = []
    for key, words in SPLITS.items():
        for views, looks in (("six_views", "six looks"), ("one_view", "one look")):
            score = splits[key][views]
            error = f"{100 * score['ece']:.1f} ({100 * score['ece_uncalibrated']:.1f} before)"
            rows.append([f"{words.capitalize()}, {looks}", *_right(score), error])
        if key in yardstick:
            rows.append([f"{words.capitalize()}, yardstick", *_right(yardstick[key]), ""])
    test, artists = splits["test"], splits["test_artists"]
    note = f" The yardstick is {escape(yardstick['name'])}." if yardstick else ""
    head = ("Test", "right", "macro-F1", "calibration error, points")
    return f"""
        <h2>Scores</h2>
        <p>Tested on {test["pictures"]} new paintings by {test["artists"]} artists and on
        {artists["pictures"]} paintings by {artists["artists"]} new artists. All pictures of one
        painting, and near copies of it, are on one side of the split; and of a new artist nothing
        at all was seen in training. A painter's hand gives a movement away, so the second test is
        the harder and more honest one.{note}</p>
        {charts.table(head, rows, "Scores on both tests")}"""


def _right(score: Mapping[str, float]) -> list[str]:
    return [percent(score["accuracy"]), percent(score["macro_f1"])]


def _confusion(card: ModelCard) -> str:
    tables = []
    for key, words in SPLITS.items():
        counts = card.metrics["splits"][key]["confusion"]
        true, said, share = most_confused(counts, card.movements)
        tables.append(
            f"<div>{charts.confusion(card.movements, counts, words.capitalize())}"
            f"<p>Its commonest mistake: {percent(share)} of {escape(true)} is taken for"
            f" {escape(said)}.</p></div>"
        )
    return f"""
        <h2>What it takes for what</h2>
        <p>Each row is what a painting really was, each column what the network said, out of a
        hundred paintings. A perfect reader has 100 all along the diagonal.</p>
        <div class="pair">{"".join(tables)}</div>"""


def _movements(card: ModelCard) -> str:
    rows = [
        [
            name,
            *(percent(score[key]) for key in ("precision", "recall", "f1")),
            str(score["pictures"]),
        ]
        for name, score in card.metrics["splits"]["test"]["per_movement"].items()
    ]
    head = ("Movement", "right when it says so", "found of all there are", "F1", "paintings")
    return f"""
        <h2>Movement by movement</h2>
        <p>The first number (precision) is how far to trust its word; the second (recall) how many
        of a movement's paintings it recognises; F1 weighs both.</p>
        {charts.table(head, rows, "On new paintings")}"""


def _calibration(card: ModelCard) -> str:
    figures = "".join(
        "<figure>"
        + charts.calibration(f"Calibration on {words}", card.metrics["splits"][key]["calibration"])
        + f"<figcaption>{words.capitalize()}</figcaption></figure>"
        for key, words in SPLITS.items()
    )
    return f"""
        <h2>Can you believe its percentages?</h2>
        <p>Of all the times it said 80 %, was it right 80 times in a hundred? Then the dots lie on
        the dashed line. The vertical axis is how often it was right; larger dots stand for more
        paintings.</p>
        <div class="pair">{figures}</div>"""


def _strangers(card: ModelCard) -> str:
    outside = card.metrics["outside"]
    rows = [
        ["Photographs", percent(outside["photographs_caught"]), str(outside["photographs"])],
        [
            "Other movements",
            percent(outside["other_movements_caught"]),
            str(outside["other_movements"]),
        ],
    ]
    return f"""
        <h2>When it refuses</h2>
        <p>A picture that is no painting of these movements should get no verdict. The refusal is
        set so that few paintings are turned away by mistake: {percent(outside["false_alarms"])}
        of them were.</p>
        {charts.table(("Strangers", "refused", "tested"), rows, "How many strangers it notices")}"""


def _sources(card: ModelCard) -> str:
    split = card.metrics["splits"]["test"]
    groups = {**split["per_source"], "Pictures in their true proportions": split["true_aspect"]}
    rows = [[name, _share(group), str(group["pictures"])] for name, group in groups.items()]
    return f"""
        <h2>Does it read the painting, or the file?</h2>
        <p>Collections differ in sharpness, size and proportions. A network that leans on such marks
        does well on one collection and badly on the next; so here is each on its own.</p>
        {charts.table(("Collection", "right", "paintings"), rows, "By where the file came from")}"""


def _curves(card: ModelCard) -> str:
    found = card.curves
    figures = "".join(
        "<figure>"
        + charts.curves(
            f"{title} over the training",
            found["epoch"],
            {"training": found[f"train_{key}"], "unseen": found[f"val_{key}"]},
            share=key == "accuracy",
        )
        + f"<figcaption>{title}</figcaption></figure>"
        for key, title in (
            ("loss", "How wrong it was (loss)"),
            ("accuracy", "How often it was right"),
        )
    )
    return f"""
        <h2>How it learned</h2>
        <p>The dashed line is on the paintings it learned from, the full one on paintings that were
        kept from it. When they part, it has begun to learn by heart.</p>
        <div class="pair">{figures}</div>"""


def _data(card: ModelCard) -> str:
    network = {
        "name": card.name,
        "version": card.version,
        "licence of the weights": card.licence,
        "network": card.network,
        "temperature": f"{card.temperature:.3f}",
        "refuses above": percent(card.outside_threshold),
    }
    groups = {"Data": card.data, "Training": card.training, "File": network}
    lists = "".join(
        f"<div><h3>{title}</h3><dl>{_facts(facts)}</dl></div>" for title, facts in groups.items()
    )
    return f'<h2>What the reader was made from</h2><div class="trio">{lists}</div>'


def _limits(card: ModelCard) -> str:
    scores = card.metrics["splits"]["test"]["per_movement"]
    weakest = min(scores, key=lambda name: scores[name]["recall"])
    points = [
        f"It knows {len(card.movements)} movements. Art between two of them, or of yet another, is"
        " forced into one of them, or refused.",
        f"It is weakest at {weakest}: it recognises {out_of_a_hundred(scores[weakest]['recall'])}.",
        "A movement is a historian's word, given to a painter's circle and time. The network knows"
        " only what paintings look like, and labels of collections are sometimes wrong.",
        "It was taught with reproductions, mostly of Western art. A photograph taken at an angle,"
        " with glare or with the frame in view is harder for it.",
        "The coloured places show what spoke for its verdict. They do not show that the verdict is"
        " right, nor what the painter meant.",
        "Do not use it to attribute, date or value a work.",
    ]
    items = "".join(f"<li>{escape(point)}</li>" for point in points)
    return f'<h2>Limits of the reader</h2><ul class="limits">{items}</ul>'


SECTIONS: tuple[Callable[[ModelCard], str], ...] = (
    _headline,
    _scores,
    _confusion,
    _movements,
    _calibration,
    _strangers,
    _sources,
    _curves,
    _data,
    _limits,
)


def _share(group: Mapping[str, Any]) -> str:
    return "none tested" if group["accuracy"] is None else percent(group["accuracy"])


def _facts(facts: Mapping[str, Any], group: str = "") -> str:
    """A definition list's content; groups of groups become entries of their own."""
    parts = []
    for key, value in facts.items():
        name = f"{group} {key}".strip().replace("_", " ")
        if isinstance(value, Mapping) and any(isinstance(v, Mapping) for v in value.values()):
            parts.append(_facts(value, name))
        elif value is not None:
            parts.append(f"<dt>{escape(name)}</dt><dd>{escape(_plain(value))}</dd>")
    return "".join(parts)


def _plain(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(
            f"{name} {_plain(inner)}".replace("_", " ") for name, inner in value.items()
        )
    if isinstance(value, list | tuple):
        return ", ".join(map(_plain, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
