"""This picture's textures: a section of the See inside tab."""

from html import escape
from typing import TYPE_CHECKING, Any

import gradio as gr
import numpy as np
from gradio.blocks import Block

from app.imaging import data_uri, encode_png
from app.orientation_plot import draw_orientations, measure_field
from app.serving.averages import Averages
from app.serving.channels import LayerView
from app.ui.components.downloads import Downloads, File, csv_bytes, npy_bytes
from app.ui.components.widgets import (
    LOADING,
    ComparedPictures,
    compare_slider,
    folded,
    html,
    pressable,
    section,
)
from app.ui.context import UploadedPicture
from app.ui.handlers import ComponentValues, Updates, in_page
from app.ui.tabs.explain.feature_map_cards import cards, compared_pictures, details
from app.ui.tabs.explain.feature_map_views import if_shipped, look
from app.ui.tabs.explain.feature_maps import EMPTY
from app.ui.tabs.explain.palette_chart import hexadecimal, name_of, swatches_html
from app.ui.tabs.explain.texture_charts import rose, strips
from training.common.depths import LAYERS
from training.common.preprocessing import fit
from training.common.texture_features.direction import directions
from training.common.texture_features.measures import MEASURES, measure
from training.common.texture_features.palette import palette
from training.common.texture_features.sheet import WORKING_SIDE, Sheet

if TYPE_CHECKING:
    from app.ui.tabs.explain.tab import ExplainTab

TEXTURE_LAYERS = LAYERS[1:3]
"""Where patterns are: above edges and colours, below parts of things."""

EACH = 6
"""Channels of each of these layers that are shown."""

_EASEL_SIDE = 1000  # Longest side of the strokes on the easel, in pixels.

_STRIPS = (
    '<p class="small">Of each movement the pale band holds eight of ten training paintings, the'
    " dark one half of them, and the tick is their middle; the blue line is this picture, measured"
    f" like them with {WORKING_SIDE} pixels on its longest side. That says how it is painted, not"
    " how well.</p>"
)


class Textures:
    """Lays the section out; see `app.ui.tabs.explain.tab.Section`."""

    def __init__(self, tab: "ExplainTab") -> None:
        self.tab = tab
        section(
            "This picture's textures",
            "What an art teacher looks for: which way the strokes run, how coarse, hard, contrasty"
            " and colourful it is; and which textures the network found.",
        )
        with gr.Accordion("Look at strokes and colours", **folded("texture")) as self.fold:
            self._lay_out_strokes()
            self._lay_out_channels()
        self.choices: set[Block] = set()
        self.outputs: list[Any] = [
            *(self.notice, self.strokes, self.palette, self.rose, self.strips),
            *(self.compare_slider, self.details, self.cards, self.save.link, self.saved),
        ]

    def _lay_out_strokes(self) -> None:
        self.notice = html(LOADING, "texture-problem")
        with gr.Row(elem_classes="two-columns"):
            with gr.Column(scale=7, min_width=320):
                self.strokes = compare_slider(EMPTY, "texture-strokes", "opaque")
                files = {
                    "Strokes, PNG": self._png,
                    "Measures and palette, CSV": self._csv,
                    "Directions, .npy": self._npy,
                }
                with gr.Row(elem_classes="button-row"):
                    self.save = Downloads(files, "texture")
                self.saved = html("", "texture-notice")
            with gr.Column(scale=4, min_width=300):
                self.palette = html("", "texture-palette")
                self.rose = html("", "texture-rose")
        html('<h3 class="subhead">Beside the five movements</h3>')
        self.strips = html("", "texture-strips")

    def _lay_out_channels(self) -> None:
        html('<h3 class="subhead">The textures that the network found</h3>')
        with gr.Row(elem_classes="two-columns"):
            with gr.Column(scale=7, min_width=320):
                self.compare_slider = compare_slider(EMPTY, "texture-easel")
            with gr.Column(scale=4, min_width=300):
                self.details = html("", "texture-channel")
        self.cards = pressable("", "texture-channels")

    @in_page
    def show(self, uploaded: UploadedPicture, _: ComponentValues) -> Updates:
        """What is to be seen of a new picture at first."""
        reading, sheet = uploaded.reading, Sheet.of(uploaded.picture)
        likely = None if reading.refusal else reading.movement
        averages: Averages | None = if_shipped(lambda: self.tab.context.assets.averages)
        usual = None if averages is None or likely is None else averages.directions[likely]
        palettes = {} if averages is None else averages.palettes
        return {
            self.notice: "",
            self.strokes: _hang_strokes(uploaded).update(),
            self.palette: swatches_html(palette(sheet), palettes, reading.movement),
            self.rose: rose(directions(sheet), usual, reading.movement),
            self.strips: strips(measure(uploaded.picture), averages, likely)
            + (_STRIPS if averages else ""),
            **self._channels(uploaded, 0),
            self.saved: "",
            **self.save.clear(),
        }

    def connect(self) -> None:
        """Connect the section's own events."""
        tab = self.tab
        self.cards.select(
            self._press_channel,
            {tab.state, tab.token},
            [self.notice, self.compare_slider, self.details, self.cards],
            **tab.usual | {"show_progress": "hidden", "trigger_mode": "always_last"},
        )
        self.save.connect({tab.state, tab.token}, self.saved, **tab.usual)

    @in_page
    def _press_channel(self, values: ComponentValues, event: gr.SelectData) -> Updates:
        return {self.notice: ""} | self._channels(self.tab.uploaded(values), event.index)

    def _channels(self, uploaded: UploadedPicture, position: int) -> Updates:
        """The texture channels that answer most, one of them large."""
        views = look(self.tab.context, uploaded, TEXTURE_LAYERS)
        found: list[tuple[LayerView, int]] = [
            (view, channel)
            for view in views.values()
            for channel in view.strongest(range(len(view.maps)), EACH)
        ]
        position = min(position, len(found) - 1)
        layers = " and ".join(TEXTURE_LAYERS)
        shown = cards(self.tab.context, uploaded, found, position)
        return {
            self.compare_slider: compared_pictures(uploaded, *found[position]).update(),
            self.details: details(self.tab.context, *found[position]),
            self.cards: f'{shown}<p class="small">Coloured is where the {EACH} channels each of'
            f" {layers} answer that stand out most in this picture, beside a pattern that drives"
            " each up; they are textures the network can tell apart, which need not be ones that"
            " people have words for.</p>",
        }

    def _png(self, values: ComponentValues) -> File:
        uploaded = self.tab.uploaded(values)
        return encode_png(draw_orientations(uploaded.picture)), "strokes.png"

    def _npy(self, values: ComponentValues) -> File:
        field = measure_field(self.tab.uploaded(values).picture)
        return npy_bytes(np.stack(field[:2], -1)), "angle and coherence.npy"

    def _csv(self, values: ComponentValues) -> File:
        uploaded = self.tab.uploaded(values)
        averages = if_shipped(lambda: self.tab.context.assets.averages)
        return csv_bytes(table(uploaded.picture, averages)), "textures.csv"


def table(picture: np.ndarray, averages: Averages | None) -> list[list[object]]:
    """Measures and palette of a picture, uint8 RGB [H,W,3], with a head: for a CSV file."""
    movements = () if averages is None else averages.movements
    head = [
        f"{what} {movement}" for movement in movements for what in ("mean of", "share below in")
    ]
    rows: list[list[object]] = [["kind", "name", "value", "unit", *head]]
    for name, value in measure(picture).items():
        unit = next(each.unit for each in MEASURES if each.name == name).strip()
        beside: list[object] = []
        for movement in movements:
            assert averages is not None
            below = averages.share_below(name, movement, value)
            beside += [averages.spreads[name][movement].mean, f"{below:.3f}"]
        rows.append(["measure", name, f"{value:.6g}", unit, *beside])
    for colour, share in palette(Sheet.of(picture)):
        name = f"{hexadecimal(colour)} {name_of(colour)}"
        rows.append(["colour", name, f"{share:.4f}", "share of the area"])
    return rows


def _hang_strokes(uploaded: UploadedPicture) -> ComparedPictures:
    title, picture = escape(uploaded.title), fit(uploaded.picture, _EASEL_SIDE)
    return ComparedPictures(
        picture=data_uri(picture),
        overlay=data_uri(draw_orientations(picture)),
        ratio=uploaded.size[0] / uploaded.size[1],
        alt=title,
        caption=f"<b>{title}</b> as a field of strokes.",
        legend="The strokes, right of the line, follow light and dark: long where neighbours run"
        " parallel, pale dabs where nothing has a direction. They show which way the surface runs,"
        " not the painter's own strokes.",
    )
