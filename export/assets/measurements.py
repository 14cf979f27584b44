"""Write docs/MEASUREMENTS.md from what the shipped networks' files say was measured.

    python -m export.assets.measurements

Every number comes from the file that it is about: the evaluation scripts write what they measure
into the networks' metadata, and this one prints it. After a new export, run it again; a
test compares the page with the files.
"""

import argparse
import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import onnx

from training.common.files import save_atomically
from training.common.shipped_files import STYLIZER_FILE

FOLDER = Path("onnx_models")
OUT = Path("docs/MEASUREMENTS.md")

_HEAD = """\
# Measurements

Written by `python -m export.assets.measurements` from the metadata of the files in `onnx_models/`:
do not edit. The script that measured each part is named beside it.
"""
_SETS = {"test": "unseen paintings", "test_artists": "unseen artists"}
_VIEWS = {"six_views": "six views, as the app reads", "one_view": "one view"}


def read_metadata(path: Path) -> dict[str, Any]:
    """The metadata of a network's file, decoded where it is JSON.

    Raises:
        OSError: the file cannot be read.
    """
    model = onnx.load(path, load_external_data=False)
    return {entry.key: _decoded(entry.value) for entry in model.metadata_props}


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(map(str, line))} |\n" for line in lines)


def classifier(card: Mapping[str, Any]) -> Iterator[str]:
    """Paragraphs on the movement classifier."""
    metrics, movements = card["metrics"], card["movements"]
    yield f"## Movement classifier, version {card['version']}"
    yield (
        "By `training.classifier.evaluate`. No unseen artist has a painting in training. ECE is "
        "the expected calibration error in 15 bins; in brackets what perfectly calibrated "
        "probabilities would show on so few pictures."
    )
    if seen := metrics.get("seen"):
        yield (
            f"An earlier training run may have learned from {seen['paintings']} of the held-out "
            "paintings: they are left out. It may have seen"
            f" {percent(seen['photographs'])} of the photographs, which are not."
        )
    scores = []
    for name, title in _SETS.items():
        of = metrics["splits"][name]
        for views, words in _VIEWS.items():
            score = of[views]
            scores.append(
                [
                    f"{title} ({of['pictures']}), {words}",
                    percent(score["accuracy"]),
                    percent(score["macro_recall"]),
                    f"{score['macro_f1']:.3f}",
                    f"{score['ece']:.3f} ({score['ece_by_chance']:.3f})",
                ]
            )
    yield table(["", "accuracy", "macro-recall", "macro-F1", "ECE"], scores)
    for name, title in _SETS.items():
        yield from _by_movement(title, metrics["splits"][name], movements)
    yield from _robustness(metrics)


def _by_movement(title: str, of: Mapping[str, Any], movements: Sequence[str]) -> Iterator[str]:
    yield f"### {title.capitalize()}: {of['pictures']} by {of['artists']} artists"
    rows = [
        [name, percent(one["recall"]), percent(one["precision"]), f"{one['f1']:.3f}", *counts]
        for (name, one), counts in zip(of["per_movement"].items(), of["confusion"], strict=True)
    ]
    yield table(["", "recall", "precision", "F1", *(f"read as {m}" for m in movements)], rows)
    sources = sorted(of["per_source"].values(), key=lambda one: -one["pictures"])
    listed = (f"{percent(one['accuracy'])} of {one['pictures']}" for one in sources)
    yield f"By collection, the largest first: {', '.join(listed)}."


def _robustness(metrics: Mapping[str, Any]) -> Iterator[str]:
    """What is refused, and whether the shape of a file decides."""
    yield "### Refusals, and the shape of the file"
    outside = metrics["outside"]
    yield table(
        ["", "share"],
        [
            ["paintings of the five movements that are refused", percent(outside["false_alarms"])],
            [
                "paintings of the five movements that are called photographs",
                percent(outside["paintings_called_photographs"]),
            ],
            [
                f"photographs refused ({outside['photographs']})",
                percent(outside["photographs_caught"]),
            ],
            [
                f"paintings of other movements refused ({outside['other_movements']})",
                percent(outside["other_movements_caught"]),
            ],
        ],
    )
    yield (
        "Refusals have thresholds that are fitted on validation pictures. The same 4:3 part of a "
        "painting is shown within bars, and stretched to a square "
        "(`training.classifier.robustness`):"
    )
    rows = []
    for name, title in _SETS.items():
        both = metrics["splits"][name]["proportions"]
        shares = (both["agreement"], both["letterboxed"], both["stretched"])
        rows.append([title, *map(percent, shares)])
    yield table(["", "same verdict", "right within bars", "right stretched"], rows)


def comparison(facts: Mapping[str, Any]) -> Iterator[str]:
    """Paragraphs on the networks that were set side by side."""
    yield "## The classifier beside a transformer"
    yield (
        f"By `export.assets.explanations`: one view each; explanations of {facts['pictures']} "
        "unseen "
        "paintings. Deletion and insertion are mean probabilities (Petsiuk et al. 2018); the gain "
        "is how far both together are better than random maps; the control is the rank "
        "correlation with the same method on random weights (Adebayo et al. 2018)."
    )
    if seen := facts.get("seen"):
        listed = " and ".join(f"{seen[name]} of the {title}" for name, title in _SETS.items())
        yield f"The classifier may have learned from up to {listed}, which are all counted here."
    yield table(
        ["", "parameters", *_SETS.values(), "milliseconds"],
        [
            [
                one["network"],
                f"{one['parameters'] / 1e6:.1f} M",
                *(percent(one["accuracy"][name]) for name in _SETS),
                f"{one['milliseconds']:.0f}",
            ]
            for one in facts["networks"]
        ],
    )
    yield table(
        ["", "method", "cells", "deletion", "insertion", "gain", "control"],
        [
            [
                one["network"],
                how["method"],
                f"{how['cells']} x {how['cells']}",
                *(f"{how[key]:.2f}" for key in ("deletion", "insertion", "gain", "control")),
            ]
            for one in facts["networks"]
            for how in one["explanations"]
        ],
    )


def stylizer(card: Mapping[str, Any]) -> Iterator[str]:
    """Paragraphs on the feed-forward stylizer."""
    metrics, training = card["metrics"], card["training"]
    yield f"## Stylizer, version {card['version']}"
    yield (
        f"By `training.style.evaluate_stylizer`: {metrics['pairs']} unseen photographs in "
        "unseen styles, "
        f"{metrics['size']} px; losses by VGG19's features."
        f" Trained for {training['minutes']} minutes on {training['device']}."
    )
    yield table(
        ["", "style loss", "content loss", "LPIPS", "SSIM"],
        [
            [name, *(f"{score[key]:.3f}" for key in ("style", "content", "lpips", "ssim"))]
            for name, score in metrics["scores"].items()
        ],
    )
    yield (
        "What two styles add to one photograph correlates by"
        f" {metrics['stroke_likeness']:.2f} on average, and the "
        f"colours before and after by {metrics['colour_leak']:.2f} (0: nothing in common)."
    )


def texture_encoder(card: Mapping[str, Any]) -> Iterator[str]:
    """Paragraphs on the network of the optimisation."""
    metrics = card["metrics"]
    yield f"## Texture encoder, version {card['version']}"
    yield (
        f"By `training.style.evaluate_texture_encoder`: Pearson correlation of distances between"
        f" {metrics['pictures']} unseen "
        f"pictures with VGG19's, {metrics['size']} px."
    )
    correlation = metrics["correlation"]
    yield table(
        ["", *correlation["style"]],
        [
            [f"{kind} distances", *(f"{one['pearson']:.3f}" for one in layers.values())]
            for kind, layers in correlation.items()
        ],
    )
    gatys = metrics["gatys"]
    total = {name: f"{score['total']:.2f}" for name, score in gatys["scores"].items()}
    yield (
        f"Optimising {gatys['pairs']} unseen pairs with {gatys['steps']} steps of L-BFGS, judged by"
        " VGG19's losses "
        f"(content + {gatys['beta']:.0f} x style): {total['photograph']} for the photograph,"
        f" {total['encoder']} by the texture encoder, "
        f"{total['teacher']} by VGG19 itself: {gatys['ratio']:.2f} times as much."
    )


def reference_map(facts: Mapping[str, Any]) -> Iterator[str]:
    """Paragraphs on the map of training paintings."""
    measured = facts["measured"]
    paintings = sum(cluster["paintings"] for cluster in facts["clusters"])
    yield f"## Map of {paintings} training paintings"
    yield (
        f"By `export.assets.reference_map`, with the classifier's embeddings"
        f" (version {facts['reader']}) in"
        f" {facts['settings']['dimensions']} principal "
        "components. Movement: one of the five, or another."
    )
    yield table(
        ["", "value"],
        [
            ["variance kept by the components", percent(measured["variance_kept"])],
            ["ten nearest kept by the components", percent(measured["neighbours_kept"])],
            ["ten nearest kept on the plane", percent(measured["neighbours_on_map"])],
            ["trustworthiness of the plane", f"{measured['trustworthiness']:.3f}"],
            [
                "unseen paintings: movement by the ten nearest embeddings",
                percent(measured["unseen_movement_by_neighbours"]),
            ],
            [
                "unseen paintings: movement by the ten nearest on the plane",
                percent(measured["unseen_movement_on_map"]),
            ],
            ["the commonest movement", percent(measured["commonest_movement"])],
        ],
    )


def percent(share: float) -> str:
    """A share, in per cent with one decimal."""
    return f"{100 * share:.1f} %"


def page(folder: Path) -> str:
    """The whole page, from the shipped files.

    Raises:
        OSError: a file cannot be read.
        KeyError: a measurement is missing.
    """
    paragraphs = [
        _HEAD,
        *classifier(read_metadata(folder / "movement_classifier.onnx")),
        *comparison(json.loads((folder / "comparison.json").read_text(encoding="utf-8"))),
        *stylizer(read_metadata(folder / STYLIZER_FILE)),
        *texture_encoder(read_metadata(folder / "texture_encoder.onnx")),
        *reference_map(json.loads((folder / "map" / "map.json").read_text(encoding="utf-8"))),
    ]
    return "\n".join(_wrapped(each) for each in paragraphs)


def _wrapped(text: str) -> str:
    """A paragraph in lines of 100 characters; headings and tables as they are."""
    return text if text.startswith(("#", "|")) else f"{textwrap.fill(text, 100)}\n"


def main() -> None:
    """Read the command line and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=Path, default=FOLDER, help="the shipped networks")
    parser.add_argument("--out", type=Path, default=OUT)
    arguments = parser.parse_args()
    text = page(arguments.models)
    save_atomically(arguments.out, lambda path: path.write_text(text, encoding="utf-8"))


if __name__ == "__main__":
    main()
