"""The folded parts of the report on a transformer, the stylizer and the texture encoder.

The comparison with a transformer is measured by `export.assets.explanations` and kept in
`comparison.json`; without that file there is no such part.
"""

import json
import logging
import math
from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path
from typing import Any

from app.translation import gettext as _
from app.ui.components import charts
from app.ui.components.widgets import details_html
from app.ui.wording import out_of_a_hundred, percent

logger = logging.getLogger(__name__)

Comparison = Mapping[str, Any]
"""Content of the file: `networks`, the classifier first; `tests`, `pictures`, `engine`."""

NAMES = {
    "densenet121": "DenseNet-121",
    "efficientnet_lite2": "EfficientNet-Lite2",
    "resnet18": "ResNet-18",
    "resnet50": "ResNet-50",
    "small_cnn": _("a small network"),
    "vit_tiny": _("the transformer"),
}
METHODS = {
    "cam": _("class map (CAM, Grad-CAM)"),
    "grad-cam": _("Grad-CAM, a stage further inside"),
    "rollout": _("attention rollout"),
}
TEACHERS = {**NAMES, "inception_v3": "Inception-v3"}
INITIAL_WEIGHTS = {"random": _("from nothing"), "imagenet": _("from ImageNet weights")}
PAINTED = {
    "photograph": _("The photograph, untouched"),
    "stylizer": _("The instant painter, one pass"),
}


def read_comparison(path: Path) -> Comparison | None:
    """The measurements of the networks, or None where the file cannot be read."""
    try:
        comparison: Comparison = json.loads(path.read_text())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        logger.warning("no comparison: %r", error)
        return None
    return comparison


def transformer(comparison: Comparison) -> str:
    """HTML on the transformer beside the classifier.

    Raises:
        KeyError: the file lacks something.
        IndexError: it holds fewer than two networks.
    """
    pair = comparison["networks"][:2]
    classifier, other = pair
    tests = comparison["tests"]
    costs = charts.table(
        ("", *(_title(row) for row in pair)),
        [[words, *map(write, pair)] for words, write in _facts(tests).items()],
        _("Whole pictures, one look each; {engine} on the processor").format(
            engine=comparison["engine"]
        ),
    )
    head = (
        _("Explanation"),
        _("better by"),
        _("control"),
        _("hiding"),
        _("of chance"),
        _("uncovering"),
        _("of chance"),
    )
    maps = charts.table(
        head,
        [_explanation(row, each) for row in pair for each in row["explanations"]],
        _("Means over {count} new paintings").format(count=comparison["pictures"]),
    )
    ours, theirs = (row["accuracy"]["test"] for row in pair)
    introduction = _(
        "The network that reads here is built of convolutions: it looks at small places and puts"
        " them together. A transformer lets every place of a picture look at every other from the"
        " start. {training} These numbers are kept in a file of their own beside the"
        " network&rsquo;s."
    ).format(training=_compare_training(classifier, other))
    title = _("Can their heat maps be trusted?")
    explanation = _(
        "A map&rsquo;s brightest places are hidden first, step by step: the less is left of the"
        " network&rsquo;s certainty on the way, the better. Then they are uncovered first: the more"
        " there is of it, the better. Maps of chance stand beside both; <i>better by</i> adds up"
        " what is gained over them, in points, give or take what other paintings might have given."
        " The control is how alike a map is to one of the same network with random weights, from"
        " &minus;1 to 1: near 0 it shows what was learned, and not just the picture&rsquo;s"
        " outlines."
    )
    return details_html(
        _("A transformer beside it"),
        _("{share} right at one look, where the classifier is {classifier:.0f}").format(
            share=out_of_a_hundred(theirs), classifier=100 * ours
        ),
        f"<p>{introduction}</p>{costs}"
        f"<p>{_compare_accuracy(classifier, other, tests)}{_seen_in_training(comparison)}</p>"
        f"<h4>{title}</h4><p>{explanation} {_rollout_note(classifier, other)}</p>{maps}",
    )


def _facts(tests: Mapping[str, int]) -> dict[str, Callable[[Mapping[str, Any]], str]]:
    """What the table says of each network: the words, and how the value is written."""
    test = _("Right, on {count} new paintings").format(count=tests["test"])
    artists = _("Right, on {count} by new artists").format(count=tests["test_artists"])
    million, megabytes, milliseconds = (
        _("{count:.1f} million"),
        _("{size:.1f} MB"),
        _("{time:.0f} ms"),
    )
    return {
        _("Numbers it learned"): lambda row: million.format(count=row["parameters"] / 1e6),
        _("Its file"): lambda row: megabytes.format(size=row["megabytes"]),
        _("One look takes"): lambda row: milliseconds.format(time=row["milliseconds"]),
        test: lambda row: _accuracy(row, "test"),
        artists: lambda row: _accuracy(row, "test_artists"),
        _("Its training"): lambda row: _training(row["training"]),
    }


def _accuracy(row: Mapping[str, Any], test: str) -> str:
    """Accuracy, and macro-recall where the file has it, which older ones lack."""
    accuracy, recalls = percent(row["accuracy"][test]), row.get("macro_recall")
    if not recalls:
        return accuracy
    return _("{accuracy}, macro-recall {recall}").format(
        accuracy=accuracy, recall=percent(recalls[test])
    )


def _training(training: Mapping[str, Any]) -> str:
    teacher = training.get("teacher")
    parts = [
        _("{count} rounds").format(count=training["epochs"]),
        INITIAL_WEIGHTS.get(training.get("init", ""), _("after an earlier run")),
    ]
    if teacher:
        parts.append(_("taught by {teacher}").format(teacher=TEACHERS.get(teacher, teacher)))
    return ", ".join(parts)


def _compare_training(classifier: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    ours, theirs = classifier["training"], other["training"]
    text = _(
        "They learned from other collections of paintings or in other ways, as the table says."
    )
    if all(ours.get(key) == theirs.get(key) for key in ("recipe", "teacher")):
        text = _(
            "It learned from the same paintings, by the same recipe and from the same teacher."
        )
    if ours.get("init") == "earlier run" and theirs.get("init") == "random":
        text += " " + _(
            "{network} had been trained before, though, so this compares two networks as they are,"
            " and not the best that either kind can be."
        ).format(network=_title(classifier))
    return escape(text)


def _compare_accuracy(
    classifier: Mapping[str, Any], other: Mapping[str, Any], tests: Mapping[str, int]
) -> str:
    """Which is right more often over both tests together, if the difference is significant."""
    count = sum(tests.values())
    ours, theirs = (
        sum(row["accuracy"][name] * number for name, number in tests.items()) / count
        for row in (classifier, other)
    )
    points = 100 * abs(ours - theirs)
    if abs(ours - theirs) < 2 * math.sqrt((ours * (1 - ours) + theirs * (1 - theirs)) / count):
        text = _("Which of them reads better cannot be told from {count} paintings.")
        return escape(text.format(count=count))
    if theirs > ours:
        text = _("{network} reads better, by {points:.1f} points over both tests.")
        return escape(text.format(network=_title(other), points=points))
    text = _(
        "On these paintings and after so much training {other} reads worse, by {points:.1f} points"
        " over both tests. So {classifier} reads here, and the other's weights are not shipped."
    )
    return escape(text.format(other=_name(other), points=points, classifier=_name(classifier)))


def _seen_in_training(comparison: Comparison) -> str:
    """That the classifier may have learned from some of the pictures, where it may."""
    seen = comparison.get("seen")
    if not seen:
        return ""
    return " " + _(
        "Up to {test} and {artists} of these paintings took part in the training of the weights"
        " that the classifier started from; the figures above this part leave them out."
    ).format(test=seen["test"], artists=seen["test_artists"])


def _rollout_note(classifier: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """What must be known of attention rollout, if it is in the table."""
    if not any(
        each["method"] == "rollout" for row in (classifier, other) for each in row["explanations"]
    ):
        return ""
    return _(
        "Attention rollout is the same for all movements: it shows where the transformer gathers"
        " from, and not what speaks for its verdict."
    )


def _explanation(row: Mapping[str, Any], each: Mapping[str, Any]) -> list[str]:
    """A row of the table of explanations."""
    areas = ("deletion", "random_deletion", "insertion", "random_insertion")
    control = each["control"]
    return [
        f"{_title(row)}: {METHODS.get(each['method'], each['method'])}",
        _signed(f"{100 * each['gain']:+.1f}") + f" \N{PLUS-MINUS SIGN} {100 * each['error']:.1f}",
        _("flat maps") if control is None else _signed(f"{round(control, 2) + 0.0:.2f}"),
        *(percent(each[key]) for key in areas),
    ]


def _signed(number: str) -> str:
    return number.replace("-", "\N{MINUS SIGN}")


def _name(row: Mapping[str, Any]) -> str:
    return NAMES.get(row["network"], str(row["network"]))


def _title(row: Mapping[str, Any]) -> str:
    name = _name(row)
    return name[0].upper() + name[1:]


def stylizer(metadata: Mapping[str, str]) -> str:
    """HTML on the stylizer, from the metadata of `stylizer.onnx`.

    Raises:
        KeyError: an entry is missing.
        ValueError: one cannot be read.
    """
    metrics, data = json.loads(metadata["metrics"]), json.loads(metadata["data"])
    weaker = _("The same, strength {strength}")
    rows = [
        [
            PAINTED.get(name, weaker.format(strength=name.rpartition(" ")[2])),
            f"{score['style']:.3f}",
            f"{score['content']:.3f}",
            f"{score['lpips']:.2f}",
            f"{score['ssim']:.2f}",
        ]
        for name, score in metrics["scores"].items()
    ]
    caption = _("{pairs} new photographs in new styles, {size} pixels; losses by VGG19").format(
        pairs=metrics["pairs"], size=metrics["size"]
    )
    table = charts.table(("", _("style loss"), _("content loss"), "LPIPS", "SSIM"), rows, caption)
    before, after = (metrics["scores"][name]["style"] for name in ("photograph", "stylizer"))
    about_losses = _(
        "Style loss says how far a picture is from the painting&rsquo;s style, content loss how far"
        " it is from what the photograph shows (0 is nearest); LPIPS and SSIM say how much of the"
        " photograph is left (0 and 1 are all of it)."
    )
    about_strokes = _(
        "Losses do not see whether all styles look alike. So one photograph was painted in {pairs}"
        " new styles: the strokes that two of them add to it correlate by {strokes:.2f} on average,"
        " and the colours before and after by {colours:.2f} (0 is nothing in common, 1 the same)."
        " The painter was taught with {photographs} photographs and {styles} paintings."
    ).format(
        pairs=metrics["pairs"],
        strokes=metrics["stroke_likeness"],
        colours=metrics["colour_leak"],
        photographs=data["photographs"],
        styles=data["styles"],
    )
    return details_html(
        _("How well does the instant painter paint?"),
        _("one pass leaves {share} of the way to the style").format(share=percent(after / before)),
        f"<p>{about_losses}</p>{table}<p>{about_strokes}</p>",
    )


def texture_encoder(metadata: Mapping[str, str]) -> str:
    """HTML on the network of Paint slowly, from the metadata of `texture_encoder.onnx`.

    Raises:
        KeyError: an entry is missing.
        ValueError: one cannot be read.
    """
    metrics = json.loads(metadata["metrics"])
    style, content = (metrics["correlation"][kind] for kind in ("style", "content"))
    optimized = metrics["gatys"]
    rows = [
        [layer, f"{style[layer]['pearson']:.3f}", f"{content[layer]['pearson']:.3f}"]
        for layer in style
    ]
    caption = _("{count} new photographs and paintings, {size} pixels").format(
        count=metrics["pictures"], size=metrics["size"]
    )
    table = charts.table((_("Layer"), _("style distances"), _("content distances")), rows, caption)
    losses = {name: f"{score['total']:.2f}" for name, score in optimized["scores"].items()}
    text = _(
        "Paint slowly optimises by a small network that was taught to see style and content as"
        " VGG19 does, in a fraction of its time. The table says how well the distances that it sees"
        " between pictures go along with VGG19&rsquo;s: 1 is perfectly. What counts in the end is"
        " the picture: of {pairs} photographs painted in {steps} steps, VGG19&rsquo;s own loss"
        " falls from {photograph} to {encoder} by this network, and to {teacher} by VGG19 itself."
        " So it leaves {ratio:.1f} times as much."
    ).format(
        pairs=optimized["pairs"],
        steps=optimized["steps"],
        photograph=losses["photograph"],
        encoder=losses["encoder"],
        teacher=losses["teacher"],
        ratio=optimized["ratio"],
    )
    return details_html(
        _("Does the slow painter see as VGG19 does?"),
        _("it leaves {ratio:.1f} times VGG19\N{RIGHT SINGLE QUOTATION MARK}s own loss").format(
            ratio=optimized["ratio"]
        ),
        f"<p>{text}</p>{table}",
    )
