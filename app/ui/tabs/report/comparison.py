"""The report's section on a transformer beside the network that reads, from `comparison.json`.

`export.assets.explanations` measures it; without that file there is no such section.
"""

import json
import logging
import math
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from app.ui.components import charts
from app.ui.tabs.report.fold import fold
from app.ui.wording import out_of_a_hundred, percent

logger = logging.getLogger(__name__)

Comparison = Mapping[str, Any]
"""What the file holds: `networks`, the one that reads first; `tests`, `pictures`, `engine`."""

NAMES = {
    "densenet121": "DenseNet-121",
    "efficientnet_lite2": "EfficientNet-Lite2",
    "resnet18": "ResNet-18",
    "resnet50": "ResNet-50",
    "small_cnn": "a small network",
    "vit_tiny": "the transformer",
}
METHODS = {
    "cam": "class map (CAM, Grad-CAM)",
    "grad-cam": "Grad-CAM, a stage further inside",
    "rollout": "attention rollout",
}
TEACHERS = {**NAMES, "inception_v3": "Inception-v3"}
STARTS = {"random": "from nothing", "imagenet": "from ImageNet weights"}


def read_comparison(path: Path) -> Comparison | None:
    """What was measured of the networks, or None where it cannot be read."""
    try:
        found: Comparison = json.loads(path.read_text())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        logger.warning("no comparison: %r", error)
        return None
    return found


def compared(comparison: Comparison) -> str:
    """HTML of the section.

    Raises:
        KeyError: the file lacks something.
        IndexError: it holds fewer than two networks.
    """
    reader, other = comparison["networks"][:2]
    tests = comparison["tests"]
    costs = charts.table(
        ("", *(_title(row) for row in (reader, other))),
        [
            [words, *(write(row) for row in (reader, other))]
            for words, write in _facts(tests).items()
        ],
        f"Whole pictures, one look each; {comparison['engine']} on the processor",
    )
    head = ("Explanation", "better by", "control", "hiding", "of chance", "uncovering", "of chance")
    maps = charts.table(
        head,
        [_explained(row, each) for row in (reader, other) for each in row["explanations"]],
        f"Means over {comparison['pictures']} new paintings",
    )
    ours, theirs = (row["accuracy"]["test"] for row in (reader, other))
    return fold(
        "A transformer beside it",
        f"{out_of_a_hundred(theirs)} right at one look, where the reader is {100 * ours:.0f}",
        f"""
        <p>The network that reads here is built of convolutions: it looks at small places and puts
        them together. A transformer lets every place of a picture look at every other from the
        start. {_learned(reader, other)} These numbers are kept in a file of their own beside the
        network&rsquo;s.</p>
        {costs}
        <p>{_verdict(reader, other, tests)}{_seen(comparison)}</p>
        <h4>Can their heat maps be trusted?</h4>
        <p>A map&rsquo;s brightest places are hidden first, step by step: the less is left of the
        network&rsquo;s certainty on the way, the better. Then they are uncovered first: the more
        there is of it, the better. Maps of chance stand beside both; <i>better by</i> adds up what
        is gained over them, in points, give or take what other paintings might have given. The
        control is how alike a map is to one of the same network with random weights, from
        &minus;1 to 1: near 0 it shows what was learned, and not just the picture&rsquo;s outlines.
        {_note(reader, other)}</p>
        {maps}""",
    )


def _facts(tests: Mapping[str, int]) -> dict[str, Any]:
    """What is said of each network, in words, and how it is written."""
    return {
        "Numbers it learned": lambda row: f"{row['parameters'] / 1e6:.1f} million",
        "Its file": lambda row: f"{row['megabytes']:.1f} MB",
        "One look takes": lambda row: f"{row['milliseconds']:.0f} ms",
        f"Right, on {tests['test']} new paintings": lambda row: _right(row, "test"),
        f"Right, on {tests['test_artists']} by new artists": lambda row: _right(
            row, "test_artists"
        ),
        "Its training": lambda row: _training(row["training"]),
    }


def _right(row: Mapping[str, Any], test: str) -> str:
    """Accuracy, and macro-recall where the file has it, which older ones lack."""
    recalls = row.get("macro_recall")
    recall = f", macro-recall {percent(recalls[test])}" if recalls else ""
    return percent(row["accuracy"][test]) + recall


def _training(training: Mapping[str, Any]) -> str:
    teacher = training.get("teacher")
    parts = [
        f"{training['epochs']} rounds",
        STARTS.get(training.get("init", ""), "after an earlier run"),
    ]
    return ", ".join(parts + ([f"taught by {TEACHERS.get(teacher, teacher)}"] if teacher else []))


def _learned(reader: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    ours, theirs = reader["training"], other["training"]
    alike = all(ours.get(key) == theirs.get(key) for key in ("recipe", "teacher"))
    said = (
        "It learned from the same paintings, by the same recipe and from the same teacher."
        if alike
        else "They learned from other collections of paintings or in other ways, as the table says."
    )
    if ours.get("init") == "earlier run" and theirs.get("init") == "random":
        said += (
            f" {_title(reader)} had been trained before, though, so this compares two networks"
            " as they are, and not the best that either kind can be."
        )
    return escape(said)


def _verdict(reader: Mapping[str, Any], other: Mapping[str, Any], tests: Mapping[str, int]) -> str:
    """Who reads better, over both tests together, if it can be told."""
    count = sum(tests.values())
    ours, theirs = (
        sum(row["accuracy"][name] * number for name, number in tests.items()) / count
        for row in (reader, other)
    )
    name, points = _name(other), 100 * abs(ours - theirs)
    if abs(ours - theirs) < 2 * math.sqrt((ours * (1 - ours) + theirs * (1 - theirs)) / count):
        return escape(f"Which of them reads better cannot be told from {count} paintings.")
    if theirs > ours:
        return escape(f"{_title(other)} reads better, by {points:.1f} points over both tests.")
    return escape(
        f"On these paintings and after so much training {name} reads worse, by {points:.1f} points"
        f" over both tests. So {_name(reader)} reads here, and the other's weights are not shipped."
    )


def _seen(comparison: Comparison) -> str:
    """That the reader may have learned from some of the pictures, where it may."""
    seen = comparison.get("seen")
    if not seen:
        return ""
    return (
        f" Up to {seen['test']} and {seen['test_artists']} of these paintings took part in the"
        " training of the weights that the reader started from; the figures above this part leave"
        " them out."
    )


def _note(reader: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """What must be known of the methods in the table."""
    if not any(
        each["method"] == "rollout" for row in (reader, other) for each in row["explanations"]
    ):
        return ""
    return (
        "Attention rollout is the same for all movements: it shows where the transformer gathers"
        " from, and not what speaks for its verdict."
    )


def _explained(row: Mapping[str, Any], each: Mapping[str, Any]) -> list[str]:
    areas = ("deletion", "random_deletion", "insertion", "random_insertion")
    control = each["control"]
    return [
        f"{_title(row)}: {METHODS.get(each['method'], each['method'])}",
        _signed(f"{100 * each['gain']:+.1f}") + f" \N{PLUS-MINUS SIGN} {100 * each['error']:.1f}",
        "flat maps" if control is None else _signed(f"{round(control, 2) + 0.0:.2f}"),
        *(percent(each[key]) for key in areas),
    ]


def _signed(number: str) -> str:
    return number.replace("-", "\N{MINUS SIGN}")


def _name(row: Mapping[str, Any]) -> str:
    return NAMES.get(row["network"], str(row["network"]))


def _title(row: Mapping[str, Any]) -> str:
    name = _name(row)
    return name[0].upper() + name[1:]
