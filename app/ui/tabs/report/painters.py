"""The report's sections on the two painters, from what their files say of themselves."""

import json
from collections.abc import Mapping

from app.ui.components import charts
from app.ui.tabs.report.fold import fold
from app.ui.wording import percent

_PAINTED = {
    "photograph": "The photograph, untouched",
    "stylizer": "The instant painter, one pass",
}


def instant(metadata: Mapping[str, str]) -> str:
    """HTML on the instant painter, from the metadata of `stylizer.onnx`.

    Raises:
        KeyError: an entry is missing.
        ValueError: one cannot be read.
    """
    metrics, data = json.loads(metadata["metrics"]), json.loads(metadata["data"])
    rows = [
        [
            _PAINTED.get(name, name.replace("stylizer, ", "The same, ")),
            f"{score['style']:.3f}",
            f"{score['content']:.3f}",
            f"{score['lpips']:.2f}",
            f"{score['ssim']:.2f}",
        ]
        for name, score in metrics["scores"].items()
    ]
    caption = (
        f"{metrics['pairs']} new photographs in new styles, {metrics['size']} pixels; losses by"
        " VGG19"
    )
    return fold(
        "How well does the instant painter paint?",
        _gain(metrics["scores"]),
        f"""
        <p>Style loss says how far a picture is from the painting&rsquo;s style, content loss how
        far it is from what the photograph shows (0 is nearest); LPIPS and SSIM say how much of the
        photograph is left (0 and 1 are all of it).</p>
        {charts.table(("", "style loss", "content loss", "LPIPS", "SSIM"), rows, caption)}
        <p>Losses do not see whether all styles look alike. So one photograph was painted in
        {metrics["pairs"]} new styles: the strokes that two of them add to it correlate by
        {metrics["stroke_likeness"]:.2f} on average, and the colours before and after by
        {metrics["colour_leak"]:.2f} (0 is nothing in common, 1 the same). The painter was taught
        with {data["photographs"]} photographs and {data["styles"]} paintings.</p>""",
    )


def _gain(scores: Mapping[str, Mapping[str, float]]) -> str:
    """How far one pass goes to the style."""
    before, after = (scores[name]["style"] for name in ("photograph", "stylizer"))
    return f"one pass leaves {percent(after / before)} of the way to the style"


def slow(metadata: Mapping[str, str]) -> str:
    """HTML on the slow painter's network, from the metadata of `texture_encoder.onnx`.

    Raises:
        KeyError: an entry is missing.
        ValueError: one cannot be read.
    """
    metrics = json.loads(metadata["metrics"])
    style, content, gatys = (
        metrics["correlation"]["style"],
        metrics["correlation"]["content"],
        metrics["gatys"],
    )
    rows = [
        [layer, f"{style[layer]['pearson']:.3f}", f"{content[layer]['pearson']:.3f}"]
        for layer in style
    ]
    left = {name: f"{score['total']:.2f}" for name, score in gatys["scores"].items()}
    caption = f"{metrics['pictures']} new photographs and paintings, {metrics['size']} pixels"
    return fold(
        "Does the slow painter see as VGG19 does?",
        f"it leaves {gatys['ratio']:.1f} times VGG19\N{RIGHT SINGLE QUOTATION MARK}s own loss",
        f"""
        <p>Paint slowly optimises by a small network that was taught to see style and content as
        VGG19 does, in a fraction of its time. The table says how well the distances that it sees
        between pictures go along with VGG19&rsquo;s: 1 is perfectly. What counts in the end is the
        picture: of {gatys["pairs"]} photographs painted in {gatys["steps"]} steps, VGG19&rsquo;s
        own loss falls from {left["photograph"]} to {left["encoder"]} by this network, and to
        {left["teacher"]} by VGG19 itself. So it leaves {gatys["ratio"]:.1f} times as much.</p>
        {charts.table(("Layer", "style distances", "content distances"), rows, caption)}""",
    )
