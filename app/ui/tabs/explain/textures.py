"""This picture's textures: a section of the See inside tab."""

from html import escape
from typing import Any

import gradio as gr
import numpy as np
from gradio.blocks import Block

from app.imaging import data_uri, encode_png
from app.orientation_plot import draw_orientations, measure_field
from app.serving.averages import Averages
from app.translation import gettext as _
from app.ui.components.downloads import Downloads, File, csv_bytes, npy_bytes
from app.ui.components.widgets import (
    LOADING,
    ComparedPictures,
    compare_slider,
    folded,
    html,
    section,
)
from app.ui.context import UploadedPicture, require_current
from app.ui.handlers import ComponentValues, Updates, errors_in_notice
from app.ui.tabs.explain.channel_panel import EMPTY, ChannelPanel, if_shipped, read_activations
from app.ui.tabs.explain.sections import ExplainSession, FoldedSection
from app.ui.tabs.explain.texture_charts import (
    hexadecimal,
    name_of,
    rose_html,
    strips_html,
    swatches_html,
)
from app.ui.wording import in_words
from training.common.depths import LAYERS
from training.common.preprocessing import fit
from training.common.texture_features.direction import directions
from training.common.texture_features.measures import MEASURES, measure
from training.common.texture_features.palette import palette
from training.common.texture_features.working_picture import WORKING_SIDE, WorkingPicture

TEXTURE_LAYERS = LAYERS[1:3]
"""Where patterns are: shallower are edges and colours, deeper are parts of things."""

CHANNELS_PER_LAYER = 6
"""Channels of each of these layers that are shown."""

_LARGE = 1000  # Longest side of the strokes that are shown, in pixels.

_ABOUT_STRIPS = _(
    "Of each movement the pale band holds eight of ten training paintings, the dark one half of"
    " them, and the tick is their middle; the blue line is this picture, measured like them with"
    " {side} pixels on its longest side. That says how it is painted, not how well."
).format(side=WORKING_SIDE)


class Textures(FoldedSection):
    """Lays the section out."""

    def __init__(self, session: ExplainSession) -> None:
        self.session = session
        section(
            _("This picture's textures"),
            _(
                "What an art teacher looks for: which way the strokes run, how coarse, hard,"
                " contrasty and colourful it is; and which textures the network found."
            ),
        )
        with gr.Accordion(_("Look at strokes and colours"), **folded("texture")) as self.fold:
            self._lay_out_strokes()
            html(f'<h3 class="subhead">{_("The textures that the network found")}</h3>')
            self.panel = ChannelPanel(session.context, "texture")
        self.choices: set[Block] = set()
        self.outputs: list[Any] = [
            *(self.notice, self.strokes, self.palette, self.rose, self.strips),
            *(*self.panel.outputs, self.save.link, self.saved),
        ]

    def _lay_out_strokes(self) -> None:
        self.notice = html(LOADING, "texture-problem")
        with gr.Row(elem_classes="two-columns"):
            with gr.Column(scale=7, min_width=320):
                self.strokes = compare_slider(EMPTY, "texture-strokes", "opaque")
                files = {
                    _("Strokes, PNG"): self._png,
                    _("Measures and palette, CSV"): self._csv,
                    _("Directions, .npy"): self._npy,
                }
                with gr.Row(elem_classes="button-row"):
                    self.save = Downloads(files, "texture")
                self.saved = html("", "texture-notice")
            with gr.Column(scale=4, min_width=300):
                self.palette = html("", "texture-palette")
                self.rose = html("", "texture-rose")
        html(f'<h3 class="subhead">{_("Beside the five movements")}</h3>')
        self.strips = html("", "texture-strips")

    @errors_in_notice
    def show(self, uploaded: UploadedPicture, values: ComponentValues) -> Updates:
        """A new picture."""
        reading, working = uploaded.reading, WorkingPicture.of(uploaded.picture)
        likely = None if reading.refusal else reading.movement
        averages = self._averages()
        usual = None if averages is None or likely is None else averages.directions[likely]
        palettes = {} if averages is None else averages.palettes
        strips = strips_html(measure(uploaded.picture), averages, likely)
        if averages:
            strips += f'<p class="small">{_ABOUT_STRIPS}</p>'
        return {
            self.notice: "",
            self.strokes: _compared_strokes(uploaded).update(),
            self.palette: swatches_html(palette(working), palettes, reading.movement),
            self.rose: rose_html(directions(working), usual, reading.movement),
            self.strips: strips,
            **self._show_channels(uploaded, 0),
            self.saved: "",
            **self.save.clear(),
        }

    def connect(self) -> None:
        """Connect the section's own events."""
        session = self.session
        self.panel.cards.select(
            self._show_channel,
            [session.state, session.token],
            [self.notice, *self.panel.outputs],
            **session.event_options | {"show_progress": "hidden", "trigger_mode": "always_last"},
        )
        self.save.connect(session.inputs, self.saved, **session.event_options)

    @errors_in_notice
    def _show_channel(self, uploaded: UploadedPicture, token: str, event: gr.SelectData) -> Updates:
        return {self.notice: ""} | self._show_channels(
            require_current(uploaded, token), event.index
        )

    def _show_channels(self, uploaded: UploadedPicture, position: int) -> Updates:
        """The texture channels that stand out most, one of them large."""
        layers = read_activations(self.session.context, uploaded, TEXTURE_LAYERS)
        found = [
            (activations, channel)
            for activations in layers.values()
            for channel in activations.strongest(range(len(activations.maps)), CHANNELS_PER_LAYER)
        ]
        note = _(
            "Coloured is where the {count} channels each of {layers} answer that stand out most in"
            " this picture, beside a pattern that drives each up; they are textures the network can"
            " tell apart, which need not be ones that people have words for."
        ).format(count=CHANNELS_PER_LAYER, layers=in_words(TEXTURE_LAYERS, _("and")))
        return self.panel.show(uploaded, found, min(position, len(found) - 1), note)

    def _averages(self) -> Averages | None:
        return if_shipped(lambda: self.session.context.assets.averages)

    def _png(self, values: ComponentValues) -> File:
        uploaded = self.session.uploaded(values)
        return encode_png(draw_orientations(uploaded.picture)), "strokes.png"

    def _npy(self, values: ComponentValues) -> File:
        field = measure_field(self.session.uploaded(values).picture)
        return npy_bytes(np.stack(field[:2], -1)), "angle and coherence.npy"

    def _csv(self, values: ComponentValues) -> File:
        uploaded = self.session.uploaded(values)
        return csv_bytes(table(uploaded.picture, self._averages())), "textures.csv"


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
    for colour, share in palette(WorkingPicture.of(picture)):
        name = f"{hexadecimal(colour)} {name_of(colour)}"
        rows.append(["colour", name, f"{share:.4f}", "share of the area"])
    return rows


def _compared_strokes(uploaded: UploadedPicture) -> ComparedPictures:
    title, picture = escape(uploaded.title), fit(uploaded.picture, _LARGE)
    return ComparedPictures(
        picture=data_uri(picture),
        overlay=data_uri(draw_orientations(picture)),
        ratio=uploaded.size[0] / uploaded.size[1],
        alt=title,
        caption=_("{title} as a field of strokes.").format(title=f"<b>{title}</b>"),
        legend=_(
            "The strokes, right of the line, follow light and dark: long where neighbours run"
            " parallel, pale dabs where nothing has a direction. They show which way the surface"
            " runs, not the painter's own strokes."
        ),
    )
