"""What else is known of the reader, folded: mistakes, scores, calibration, training, data.

Each function writes one folded part from the card, and raises KeyError, IndexError, TypeError or
ValueError where the card lacks its numbers.
"""

from collections.abc import Mapping
from html import escape
from typing import Any

from app.serving.model_card import ModelCard
from app.ui.components import charts
from app.ui.tabs.report.fold import fold
from app.ui.tabs.report.scores import TESTS, by_collection, macro_recall, mistakes
from app.ui.wording import most_confused, out_of_a_hundred, percent

PARTS = {
    "train": "learned from",
    "validation": "tuned on",
    "test": "tested on",
    "test_artists": "new artists",
}
"""Parts of the data, in words short enough for a phone."""

NOT_KNOWN = "\N{EN DASH}"


def confusion(card: ModelCard) -> str:
    """What it takes for what, as a table and as sentences on the commonest mistakes."""
    counts = card.metrics["splits"]["test"]["confusion"]
    found = mistakes(counts, card.movements)[:3]
    share, true, said = found[0]
    items = "".join(
        f"<li><b>{100 * share:.0f}</b> of 100 {escape(true)} are taken for {escape(said)}</li>"
        for share, true, said in found
    )
    return fold(
        "What does it take for what?",
        f"{true} most often for {said}, {out_of_a_hundred(share)}",
        f"""
        <div class="pair confused">
        {charts.confusion(card.movements, counts, "Of 100 new paintings of each movement")}
        <div class="mistakes"><p>Each row is what a painting is, each column what the network said.
        Right answers are framed. Its commonest mistakes:</p><ul>{items}</ul></div>
        </div>""",
    )


def scores(card: ModelCard) -> str:
    """Accuracy, macro-recall, macro-F1 and calibration error of both tests, and a yardstick."""
    splits, yardstick = card.metrics["splits"], card.metrics.get("yardstick", {})
    tables = [_scored(splits[key], yardstick.get(key), words) for key, words in TESTS.items()]
    recall = macro_recall(splits["test"])
    note = f" The yardstick is {escape(yardstick['name'])}." if yardstick else ""
    return fold(
        "All scores",
        f"{_share(recall)} right on average over the movements",
        f"""
        <p>All pictures of one painting, and near copies of it, are on one side of the split; of a
        new artist nothing at all was seen in training. A painter&rsquo;s hand gives a movement
        away, so the second test is the harder and more honest one. Macro-recall is the mean over
        the movements of how many it finds: a rare one counts as much as a common one.{note}</p>
        <div class="pair">{"".join(tables)}</div>
        {_new_artists(card)}""",
    )


def _scored(split: Mapping[str, Any], yardstick: Mapping[str, float] | None, words: str) -> str:
    """Table of one test's scores."""
    rows = []
    for views, looks in (("six_views", "six looks"), ("one_view", "one look")):
        score = split[views]
        error = f"{100 * score['ece']:.1f} ({100 * score['ece_uncalibrated']:.1f} before)"
        rows.append([looks, *_right(score, macro_recall(split, views)), error])
    if yardstick:
        rows.append(["yardstick", *_right(yardstick, yardstick.get("macro_recall")), ""])
    head = ("", "right", "macro-recall", "macro-F1", "calibration error, points")
    return charts.table(head, rows, f"On {split['pictures']} {words}")


def _right(score: Mapping[str, float], recall: float | None) -> list[str]:
    return [percent(score["accuracy"]), _share(recall), percent(score["macro_f1"])]


def _share(share: float | None) -> str:
    return NOT_KNOWN if share is None else percent(share)


def _new_artists(card: ModelCard) -> str:
    """The harder test, movement by movement."""
    split = card.metrics["splits"]["test_artists"]
    true, said, share = most_confused(split["confusion"], card.movements)
    rows = [
        [name, *(percent(found[key]) for key in ("recall", "precision", "f1"))]
        for name, found in split["per_movement"].items()
    ]
    matrix = charts.confusion(
        card.movements, split["confusion"], "Of 100 paintings by new artists, of each movement"
    )
    head = ("Movement", "found (recall)", "right when said (precision)", "F1")
    return f"""
        <div class="pair">{matrix}
        <div>{charts.table(head, rows, "Movement by movement, on new artists")}
        <p>Its commonest mistake there: {percent(share)} of {escape(true)} is taken for
        {escape(said)}.</p></div></div>"""


def calibration(card: ModelCard) -> str:
    """Whether its percentages mean what they say."""
    splits = card.metrics["splits"]
    figures = "".join(
        "<figure>"
        + charts.calibration(f"Calibration on {words}", splits[key]["calibration"])
        + f"<figcaption>{words.capitalize()}</figcaption></figure>"
        for key, words in TESTS.items()
    )
    paintings, artists = (100 * splits[key]["six_views"]["ece"] for key in TESTS)
    return fold(
        "Can you believe its percentages?",
        f"off by {paintings:.1f} points, on new artists by {artists:.1f}",
        f"""
        <p>Of all the times it said 80 %, was it right 80 times in a hundred? Then the dots lie on
        the dashed line. The vertical axis is how often it was right; larger dots stand for more
        paintings.</p>
        <div class="pair">{figures}</div>""",
    )


def sources(card: ModelCard) -> str:
    """How it fares with the files of each collection."""
    split = card.metrics["splits"]["test"]
    groups = {**split["per_source"], "Pictures in their true proportions": split["true_aspect"]}
    recalled = any("macro_recall" in group for group in groups.values())
    rows = [
        [
            name,
            "none tested" if group["accuracy"] is None else percent(group["accuracy"]),
            *([_share(group.get("macro_recall"))] if recalled else []),
            str(group["pictures"]),
        ]
        for name, group in groups.items()
    ]
    head = ("Collection", "right", *(["macro-recall"] if recalled else []), "paintings")
    shares = by_collection(split).values()
    gist = f"{100 * min(shares):.0f} to {out_of_a_hundred(max(shares))} right, by the collection"
    return fold(
        "Does it read the painting, or the file?",
        gist,
        f"""
        <p>Collections differ in sharpness, size and proportions. A network that leans on such marks
        does well on one collection and badly on the next; so here is each on its own.</p>
        <div class="collections">
        {charts.table(head, rows, "By where the file came from")}</div>""",
    )


def data(card: ModelCard) -> str:
    """What it was made from: pictures, their rights, settings."""
    facts = dict(card.data)
    counts = facts.pop("splits", {})
    network = {
        "name": card.name,
        "version": card.version,
        "licence of the weights": card.licence,
        "network": card.network,
        "temperature": f"{card.temperature:.3f}",
        "refuses above": percent(card.outside_threshold),
    }
    training = {**card.training, **card.training.get("settings", {})}
    training.pop("settings", None)
    groups = {"Network": network, "Training": training, "Data": facts}
    lists = "".join(
        f"<div><h4>{title}</h4><dl>{_facts(group)}</dl></div>"
        for title, group in groups.items()
        if group
    )
    learned = sum(counts.get("train", {}).values())
    gist = f"{learned} pictures, {card.network}, its settings and rights"
    return fold(
        "What was it made from?",
        gist if learned else f"{card.network}, its settings and rights",
        f'{_counted(counts)}<div class="made">{lists}</div>',
    )


def _counted(counts: Mapping[str, Mapping[str, int]]) -> str:
    """How many pictures of each kind were in each part of the data."""
    if not counts:
        return ""
    kinds = list(dict.fromkeys(kind for part in counts.values() for kind in part))
    rows = [[kind, *(str(part.get(kind, 0)) for part in counts.values())] for kind in kinds]
    head = ("Pictures of", *(PARTS.get(name, name) for name in counts))
    return charts.table(head, rows, "Numbers of pictures")


def _facts(facts: Mapping[str, Any], group: str = "") -> str:
    """A definition list's content; groups of groups become entries of their own."""
    parts = []
    for key, value in facts.items():
        name = f"{group} {key}".strip().replace("_", " ")
        if isinstance(value, Mapping) and any(isinstance(v, Mapping) for v in value.values()):
            parts.append(_facts(value, name))
        elif value is not None:
            parts.append(f"<div><dt>{escape(name)}</dt><dd>{escape(_plain(value))}</dd></div>")
    return "".join(parts)


def _plain(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(
            f"{name} {_plain(inner)}".replace("_", " ") for name, inner in value.items()
        )
    if isinstance(value, list | tuple):
        joint = "; " if any(isinstance(each, Mapping) for each in value) else ", "
        return joint.join(map(_plain, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
