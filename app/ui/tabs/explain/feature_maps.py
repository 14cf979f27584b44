"""What each layer answers to: a section of the See inside tab."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio.blocks import Block

from app.heatmap import overlay
from app.imaging import encode_png
from app.serving.channels import LayerView, new_channels
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
from app.ui.tabs.explain.feature_map_cards import cards, compared_pictures, details, table
from app.ui.tabs.explain.feature_map_views import look
from app.ui.tabs.explain.network_diagram import drawing
from training.common.depths import DEPTHS

if TYPE_CHECKING:
    from app.ui.tabs.explain.tab import ExplainTab

FIRST_DEPTH = 3
"""Number of the depth that is shown first: textures and small shapes, at a fine grain."""

COUNTS = (12, 24, 48)
ALL = "Also what earlier layers handed on"

_PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="
EMPTY = ComparedPictures(_PIXEL, _PIXEL, 1.5, "", "", "")
"""What hangs on an easel before there is a picture: nothing."""


class FeatureMaps:
    """Lays the section out; see `app.ui.tabs.explain.tab.Section`.

    Nothing of what was computed is kept: running the network again takes less than fetching a few
    megabytes of maps for every visitor would.
    """

    def __init__(self, tab: "ExplainTab") -> None:
        self.tab = tab
        section(
            "What each layer answers to",
            "The network turns the picture into ever more, ever coarser maps; each channel of a map"
            " answers to a pattern of its own. Press a number to look at one depth, and a channel"
            " to see it large.",
        )
        with gr.Accordion("Look layer by layer", **folded("maps")) as self.fold:
            self._lay_out()
        self.choices: set[Block] = {self.depth, self.count, self.all}
        self.outputs: list[Any] = [
            *(
                self.notice,
                self.network,
                self.depth,
                self.channel,
                self.compare_slider,
                self.details,
            ),
            *(self.cards, self.count, self.all, self.save.link, self.saved),
        ]

    def _lay_out(self) -> None:
        self.notice = html(LOADING, "maps-problem")
        self.network = pressable("", "maps-network")
        self.depth, self.channel = gr.State(FIRST_DEPTH), gr.State(-1)
        with gr.Row(elem_classes="two-columns"):
            with gr.Column(scale=7, min_width=320):
                self.compare_slider = compare_slider(EMPTY, "maps-easel")
            with gr.Column(scale=4, min_width=300):
                self.details = html("", "maps-channel")
        self.cards = pressable("", "maps-channels")
        with gr.Row(elem_classes="maps-choices"):
            self.count = gr.Radio(
                [
                    (f"{count} channels" if count == COUNTS[0] else f"{count}", count)
                    for count in COUNTS
                ],
                value=COUNTS[0],
                show_label=False,
                container=False,
                elem_id="maps-count",
            )
            self.all = gr.Checkbox(False, label=ALL, container=False, elem_id="maps-all")
        files = {
            "This map, PNG": self._png,
            "Numbers of all channels, CSV": self._csv,
            "Raw maps, .npy": self._npy,
        }
        with gr.Row(elem_classes="button-row"):
            self.save = Downloads(files, "maps")
        self.saved = html("", "maps-notice")

    @in_page
    def show(self, uploaded: UploadedPicture, values: ComponentValues) -> Updates:
        """What is to be seen of a new picture: the depth that was looked at last."""
        depth, count, everything = (values[part] for part in (self.depth, self.count, self.all))
        shown = self._show(uploaded, depth, count, everything)
        return shown | {self.count: count, self.all: everything}

    def connect(self) -> None:
        """Connect the section's own events."""
        tab = self.tab
        inputs: set[Block] = {tab.state, tab.token, self.channel, *self.choices}
        quick = tab.usual | {"show_progress": "hidden", "trigger_mode": "always_last"}
        self.network.select(self._press_depth, inputs, self.outputs, **quick)
        self.cards.select(
            self._press_channel,
            inputs,
            [self.notice, self.channel, self.cards, self.compare_slider, self.details],
            **quick,
        )
        for choice in (self.count, self.all):
            choice.input(self._choose, inputs, self.outputs, **quick)
        self.save.connect(inputs, self.saved, **tab.usual)

    @in_page
    def _press_depth(self, values: ComponentValues, event: gr.SelectData) -> Updates:
        return self._show(
            self.tab.uploaded(values), event.index, values[self.count], values[self.all]
        )

    @in_page
    def _choose(self, values: ComponentValues) -> Updates:
        uploaded = self.tab.uploaded(values)
        return self._show(uploaded, values[self.depth], values[self.count], values[self.all])

    @in_page
    def _press_channel(self, values: ComponentValues, event: gr.SelectData) -> Updates:
        uploaded, view = self._view(values)
        found = self._strongest(view, values[self.depth], values[self.count], values[self.all])
        channel = found[min(event.index, len(found) - 1)]
        return {
            self.notice: "",
            self.channel: channel,
            self.cards: self._cards(uploaded, view, found, event.index),
            self.compare_slider: compared_pictures(uploaded, view, channel).update(),
            self.details: details(self.tab.context, view, channel),
        }

    def _show(
        self, uploaded: UploadedPicture, number: int, count: int, everything: bool
    ) -> Updates:
        """Everything about one depth."""
        depth = DEPTHS[number - 1]
        view = look(self.tab.context, uploaded, [depth.output])[depth.output]
        found = self._strongest(view, number, count, everything)
        return {
            self.notice: "",
            self.network: drawing(
                number, uploaded.picture, uploaded.reading.probabilities.tolist()
            ),
            self.depth: number,
            self.channel: found[0],
            self.compare_slider: compared_pictures(uploaded, view, found[0]).update(),
            self.details: details(self.tab.context, view, found[0]),
            self.cards: self._cards(uploaded, view, found, 0),
            self.saved: "",
            **self.save.clear(),
        }

    @staticmethod
    def _strongest(view: LayerView, number: int, count: int, everything: bool) -> list[int]:
        fresh = new_channels(number)
        return view.strongest(range(fresh.stop) if everything else fresh, count)

    def _cards(
        self, uploaded: UploadedPicture, view: LayerView, found: Sequence[int], position: int
    ) -> str:
        shown = cards(self.tab.context, uploaded, [(view, channel) for channel in found], position)
        return f'{shown}<p class="small">{_sentence(view)}</p>'

    def _view(self, values: ComponentValues) -> tuple[UploadedPicture, LayerView]:
        uploaded, depth = self.tab.uploaded(values), DEPTHS[values[self.depth] - 1]
        return uploaded, look(self.tab.context, uploaded, [depth.output])[depth.output]

    def _png(self, values: ComponentValues) -> File:
        uploaded, view = self._view(values)
        channel = values[self.channel]
        height, width = uploaded.picture.shape[:2]
        painted = overlay(uploaded.picture, view.heat(channel, width, height))
        return encode_png(painted.picture), f"{view.layer} channel {channel}.png"

    def _csv(self, values: ComponentValues) -> File:
        _, view = self._view(values)
        depth = DEPTHS[values[self.depth] - 1]
        return csv_bytes(table(view, range(depth.channels))), f"{depth.name}.csv"

    def _npy(self, values: ComponentValues) -> File:
        _, view = self._view(values)
        depth = DEPTHS[values[self.depth] - 1]
        return npy_bytes(view.maps[: depth.channels]), f"{depth.name}.npy"


def _sentence(view: LayerView) -> str:
    """What the small pictures show and do not show."""
    if view.usual is None:
        shows = "where a channel answers more than elsewhere in the picture"
        which = "those whose best place stands out most"
    else:
        shows = "where a channel answers more than it usually does in paintings"
        which = "those that are strongest beside their usual answer, in deviations (dev.)"
    return (
        f"Coloured is {shows}, and shown are {which}; that says where it found its pattern, but not"
        " what the pattern is, nor how much the verdict owes to it."
    )
