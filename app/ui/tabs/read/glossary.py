"""The five movements in plain words, with swatches.

The texts say what textbooks of art history say. The swatches come from `ShippedAssets`: the picture
that was optimized for each movement, and the colours and measures of the training paintings.
"""

import functools
from collections.abc import Mapping
from html import escape

import gradio as gr
import numpy as np

from app.imaging import data_uri
from app.serving.averages import Averages
from app.serving.shipped_assets import ShippedAssets
from app.translation import gettext as _
from app.ui.components.widgets import folded, html
from app.ui.tabs.explain.channel_panel import if_shipped
from app.ui.tabs.explain.texture_charts import bar_of_colours
from app.ui.wording import in_words
from training.common.movements import MOVEMENTS
from training.common.texture_features.measures import MEASURES

ENTRIES: Mapping[str, tuple[str, str]] = {
    "Abstract": (
        _("From about 1910: Kandinsky, Mondrian, Malevich"),
        _(
            "Nothing is depicted. Lines, shapes and colours stand for themselves: strict and"
            " geometric in one painting, loose and sweeping in the next."
        ),
    ),
    "Cubism": (
        _("From 1907: Picasso, Braque, Gris"),
        _(
            "Things are seen from several sides at once, taken apart into flat facets and put "
            "together anew. Space is shallow, and early on the colours are few and muted."
        ),
    ),
    "Expressionism": (
        _("From about 1905: Kirchner, Marc, Schiele"),
        _(
            "Feeling comes before likeness. Colours are strong and need not be those of nature, "
            "shapes are bent, outlines and strokes rough. Fauvism counts as Expressionism here."
        ),
    ),
    "Impressionism": (
        _("From about 1870: Monet, Morisot, Renoir"),
        _(
            "The light of a moment, often outdoors. Short strokes of bright colour stay visible "
            "side by side, shadows have colours, edges are soft. Post-Impressionism counts as "
            "Impressionism here."
        ),
    ),
    "Realism": (
        _("From about 1840: Courbet, Millet, Repin"),
        _(
            "Everyday life and ordinary people as the eye sees them, without flattery. Light and "
            "dark model the shapes, and strokes mostly stay hidden."
        ),
    ),
}
"""Of each movement: when and by whom, and how to recognise it."""


def lay_out_glossary(assets: ShippedAssets) -> None:
    """Lay out the folded section; it never changes."""
    with gr.Accordion(_("The five movements in plain words"), **folded("glossary")):
        html(glossary_html(assets), "glossary")


@functools.cache
def glossary_html(assets: ShippedAssets) -> str:
    """All entries; without swatches where files are missing."""
    averages = if_shipped(lambda: assets.averages)
    version = if_shipped(lambda: assets.atlas.classifier_version)
    entries = "".join(_entry(name, assets, averages) for name in MOVEMENTS)
    about = ""
    if version is not None:
        text = _(
            "No swatch is a painting. The square ones were made by a program, each to make version"
            " {version} of this network as sure as it can be of one movement; the colours are the"
            " commonest of the paintings it learned from."
        ).format(version=version)
        about = f'<p class="small">{escape(text)}</p>'
    return f'<div class="glossary">{entries}</div>{about}'


def _entry(name: str, assets: ShippedAssets, averages: Averages | None) -> str:
    when, words = ENTRIES[name]
    tile = if_shipped(lambda: assets.atlas.movement(name))
    swatch = "" if tile is None else f'<img src="{data_uri(tile)}" alt="" loading="lazy">'
    measured = "" if averages is None else _measured(name, averages)
    return (
        f'<article>{swatch}<h3>{escape(name)}</h3><p class="small">{escape(when)}</p>'
        f"<p>{escape(words)}</p>{measured}</article>"
    )


def _measured(name: str, averages: Averages) -> str:
    """The commonest colours of a movement's training paintings, and their extreme measures."""
    extremes = superlatives(name, averages)
    sentence = ""
    if extremes:
        text = _(
            "Measured on {count} paintings: on the whole they are {extremes} than those of the"
            " other four."
        ).format(count=averages.counts[name], extremes=in_words(extremes, _("and")))
        sentence = f'<p class="small">{escape(text)}</p>'
    return f"{bar_of_colours(averages.palettes[name])}{sentence}"


def superlatives(name: str, averages: Averages) -> list[str]:
    """The measures in which a movement is first or last: "coarser", "darker".

    Args:
        name: of the movement.
        averages: whose medians are compared.
    """
    words = []
    for measure in MEASURES:
        medians = {
            movement: float(np.interp(0.5, averages.levels, spread.quantiles))
            for movement, spread in averages.spreads[measure.name].items()
        }
        if medians[name] == max(medians.values()):
            words.append(measure.more)
        elif medians[name] == min(medians.values()):
            words.append(measure.less)
    return words
