"""The folded part of the report on the classifier: errors, scores, calibration, training, data.

Each function writes one folded part from the card, and raises KeyError, IndexError, TypeError or
ValueError where the card lacks its numbers.
"""

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from app.serving.model_card import ModelCard
from app.translation import gettext as _
from app.ui.components import charts
from app.ui.components.widgets import details_html
from app.ui.tabs.report.metrics import TESTS, by_collection, confused_movements, macro_recall
from app.ui.wording import most_confused, out_of_a_hundred, percent

PARTS = {
    "train": _("learned from"),
    "validation": _("tuned on"),
    "test": _("tested on"),
    "test_artists": _("new artists"),
}
"""Parts of the data, in words short enough for a phone."""

KINDS = {"other": _("other"), "photograph": _("photograph")}
"""Kinds of pictures that are no movements."""

UNKNOWN = "\N{EN DASH}"

Curves = Mapping[str, Sequence[float]]

LOSSES = {"train_cross_entropy": _("training"), "val_loss": _("unseen")}
"""Columns that hold the same loss: cross-entropy with the labels."""

ACCURACIES = {
    "train_accuracy": _("training"),
    "val_accuracy": _("unseen"),
    "val_macro_recall": _("recall"),
}

TRAINING_LOSSES = {
    "train_distillation": _("Distance from the teacher (distillation losses)"),
    "train_loss": _("All that training minimised, in one sum"),
}
"""Losses that only training has; the first one in the card is drawn."""


def confusion(card: ModelCard) -> str:
    """Which movements it confuses, as a table and as sentences on the commonest mistakes."""
    counts = card.metrics["splits"]["test"]["confusion"]
    commonest = confused_movements(counts, card.movements)[:3]
    share, true, predicted = commonest[0]
    sentence = escape(_("of 100 {true} are taken for {predicted}"))
    items = "".join(
        f"<li><b>{100 * share:.0f}</b> "
        f"{sentence.format(true=escape(true), predicted=escape(predicted))}</li>"
        for share, true, predicted in commonest
    )
    table = charts.confusion(card.movements, counts, _("Of 100 new paintings of each movement"))
    text = _(
        "Each row is what a painting is, each column what the network said. Right answers are"
        " framed. Its commonest mistakes:"
    )
    return details_html(
        _("What does it mistake for what?"),
        _("{true} most often for {predicted}, {share}").format(
            true=true, predicted=predicted, share=out_of_a_hundred(share)
        ),
        f'<div class="pair confused">{table}'
        f'<div class="mistakes"><p>{text}</p><ul>{items}</ul></div></div>',
    )


def scores(card: ModelCard) -> str:
    """Accuracy, macro-recall, macro-F1 and calibration error of both tests, and a baseline."""
    splits, baseline = card.metrics["splits"], card.metrics.get("yardstick", {})
    tables = [_score_table(splits[key], baseline.get(key), words) for key, words in TESTS.items()]
    text = _(
        "All pictures of one painting, and near copies of it, are on one side of the split; of a"
        " new artist nothing at all was seen in training. A painter&rsquo;s hand gives a movement"
        " away, so the second test is the harder and more honest one. Macro-recall is the mean over"
        " the movements of how many it finds: a rare one counts as much as a common one."
    )
    if baseline:
        text += " " + _("The yardstick is {name}.").format(name=escape(baseline["name"]))
    return details_html(
        _("All scores"),
        _("{share} right on average over the movements").format(
            share=_share(macro_recall(splits["test"]))
        ),
        f'<p>{text}</p><div class="pair">{"".join(tables)}</div>{_new_artists(card)}',
    )


def _score_table(split: Mapping[str, Any], baseline: Mapping[str, float] | None, words: str) -> str:
    """Table of one test's scores."""
    rows = []
    for views, label in (("six_views", _("six looks")), ("one_view", _("one look"))):
        score = split[views]
        error = _("{after:.1f} ({before:.1f} before)").format(
            after=100 * score["ece"], before=100 * score["ece_uncalibrated"]
        )
        rows.append([label, *_cells(score, macro_recall(split, views)), error])
    if baseline:
        rows.append([_("yardstick"), *_cells(baseline, baseline.get("macro_recall")), ""])
    head = (
        "",
        _("right"),
        _("macro-recall"),
        _("macro-F1"),
        _("calibration error, points"),
    )
    caption = _("On {count} {paintings}").format(count=split["pictures"], paintings=words)
    return charts.table(head, rows, caption)


def _cells(score: Mapping[str, float], recall: float | None) -> list[str]:
    return [percent(score["accuracy"]), _share(recall), percent(score["macro_f1"])]


def _share(share: float | None) -> str:
    return UNKNOWN if share is None else percent(share)


def _new_artists(card: ModelCard) -> str:
    """The harder test, movement by movement."""
    split = card.metrics["splits"]["test_artists"]
    true, predicted, share = most_confused(split["confusion"], card.movements)
    rows = [
        [name, *(percent(score[key]) for key in ("recall", "precision", "f1"))]
        for name, score in split["per_movement"].items()
    ]
    matrix = charts.confusion(
        card.movements,
        split["confusion"],
        _("Of 100 paintings by new artists, of each movement"),
    )
    head = (_("Movement"), _("found (recall)"), _("right when said (precision)"), "F1")
    table = charts.table(head, rows, _("Movement by movement, on new artists"))
    text = _("Its commonest mistake there: {share} of {true} is taken for {predicted}.").format(
        share=percent(share), true=true, predicted=predicted
    )
    return f'<div class="pair">{matrix}<div>{table}<p>{escape(text)}</p></div></div>'


def calibration(card: ModelCard) -> str:
    """How far its percentages can be trusted."""
    splits = card.metrics["splits"]
    title = _("Calibration on {paintings}")
    figures = "".join(
        "<figure>"
        + charts.calibration(title.format(paintings=words), splits[key]["calibration"])
        + f"<figcaption>{words.capitalize()}</figcaption></figure>"
        for key, words in TESTS.items()
    )
    paintings, artists = (100 * splits[key]["six_views"]["ece"] for key in TESTS)
    text = _(
        "Of all the times it said 80 %, was it right 80 times in a hundred? Then the dots lie on"
        " the dashed line. The vertical axis is how often it was right; larger dots stand for more"
        " paintings."
    )
    return details_html(
        _("Can you believe its percentages?"),
        _("off by {paintings:.1f} points, on new artists by {artists:.1f}").format(
            paintings=paintings, artists=artists
        ),
        f'<p>{text}</p><div class="pair">{figures}</div>',
    )


def collections(card: ModelCard) -> str:
    """Its accuracy on the files of each collection."""
    split = card.metrics["splits"]["test"]
    groups = {
        **split["per_source"],
        _("Pictures in their true proportions"): split["true_aspect"],
    }
    has_recall = any("macro_recall" in group for group in groups.values())
    rows = [
        [
            name,
            _("none tested") if group["accuracy"] is None else percent(group["accuracy"]),
            *([_share(group.get("macro_recall"))] if has_recall else []),
            str(group["pictures"]),
        ]
        for name, group in groups.items()
    ]
    head = (
        _("Collection"),
        _("right"),
        *([_("macro-recall")] if has_recall else []),
        _("paintings"),
    )
    shares = by_collection(split).values()
    text = _(
        "Collections differ in sharpness, size and proportions. A network that leans on such marks"
        " does well on one collection and badly on the next; so here is each on its own."
    )
    table = charts.table(head, rows, _("By where the file came from"))
    return details_html(
        _("Does it read the painting, or the file?"),
        _("{low:.0f} to {high} right, by the collection").format(
            low=100 * min(shares), high=out_of_a_hundred(max(shares))
        ),
        f'<p>{text}</p><div class="collections">{table}</div>',
    )


def learning(card: ModelCard) -> str:
    """Loss and accuracy over the training; a loss that only training has is drawn apart.

    Raises:
        KeyError: the card has no curves.
    """
    columns = dict(card.curves)
    if card.training.get("settings", {}).get("mixup"):  # A mixed picture has no right label.
        for name in ("train_cross_entropy", "train_accuracy"):
            columns.pop(name, None)
    figures = [
        _figure(columns, LOSSES, _("Cross-entropy with the labels"), share=False),
        _figure(columns, ACCURACIES, _("How often it was right"), share=True),
    ]
    training = (
        _figure(columns, {name: _("training")}, title, share=False)
        for name, title in TRAINING_LOSSES.items()
    )
    figures.append(next(filter(None, training), ""))
    text = _(
        "Cross-entropy is low where the right movement was likely to it: 0 is perfect, and"
        " {chance:.2f} is what guessing costs. <i>Unseen</i> are paintings kept from it."
    ).format(chance=math.log(len(card.movements)))
    return details_html(
        _("How it learned"),
        _("{count} rounds through all paintings").format(count=len(columns["epoch"])),
        f'<p>{text} {_how_to_compare(columns)}</p><div class="pair">{"".join(figures)}</div>',
    )


def _how_to_compare(columns: Curves) -> str:
    """HTML of which lines of the charts can be compared."""
    recall = ""
    if "val_macro_recall" in columns:
        recall = _("<i>Recall</i> is the mean over the movements.") + " "
    if "train_cross_entropy" in columns:
        return recall + _("Where the two lines part, it has begun to learn by heart.")
    return recall + _(
        "What training minimised held more than cross-entropy, so it has a chart of its own and is"
        " not to be compared."
    )


def _figure(columns: Curves, names: Mapping[str, str], title: str, *, share: bool) -> str:
    """A chart of those columns that there are, with its caption; empty if there are none."""
    series = {words: columns[name] for name, words in names.items() if name in columns}
    if not series:
        return ""
    label = _("{title}, over the training").format(title=title)
    chart = charts.curves(label, columns["epoch"], series, share=share)
    return f"<figure>{chart}<figcaption>{title}</figcaption></figure>"


def data(card: ModelCard) -> str:
    """What it was made from: pictures, their rights, settings."""
    facts = dict(card.data)
    counts = facts.pop("splits", {})
    network = {
        _("name"): card.name,
        _("version"): card.version,
        _("licence of the weights"): card.licence,
        _("network"): card.network,
        _("temperature"): f"{card.temperature:.3f}",
        _("refuses above"): percent(card.outside_threshold),
    }
    training = {**card.training, **card.training.get("settings", {})}
    training.pop("settings", None)
    groups = {_("Network"): network, _("Training"): training, _("Data"): facts}
    lists = "".join(
        f'<div><h4>{title}</h4><dl translate="no">{_facts(group)}</dl></div>'
        for title, group in groups.items()
        if group
    )
    learned = sum(counts.get("train", {}).values())
    summary = _("{network}, its settings and rights").format(network=card.network)
    if learned:
        summary = _("{count} pictures, {rest}").format(count=learned, rest=summary)
    return details_html(
        _("What was it made from?"),
        summary,
        f'{_counts_table(counts)}<div class="made">{lists}</div>',
    )


def _counts_table(counts: Mapping[str, Mapping[str, int]]) -> str:
    """How many pictures of each kind were in each part of the data."""
    if not counts:
        return ""
    kinds = list(dict.fromkeys(kind for part in counts.values() for kind in part))
    rows = [
        [
            KINDS.get(kind, kind),
            *(str(part.get(kind, 0)) for part in counts.values()),
        ]
        for kind in kinds
    ]
    head = (_("Pictures of"), *(PARTS.get(name, name) for name in counts))
    return charts.table(head, rows, _("Numbers of pictures"))


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
        return _("yes") if value else _("no")
    return f"{value:g}" if isinstance(value, float) else str(value)
