"""What each layer answers to: a section of the See inside tab."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio.blocks import Block

from app.heatmap import overlay
from app.imaging import encode_png
from app.serving.channels import LayerView, new_channels
from app.ui.house import Visit
from app.ui.inside.maps_cards import cards, details, hang, table
from app.ui.inside.maps_net import drawing
from app.ui.inside.maps_views import look
from app.ui.notice import Said, in_page
from app.ui.take_home import File, TakeHome, csv_bytes, npy_bytes
from app.ui.widgets import LOOKING, Hanging, easel, folded, html, pressable, section
from training.depths import DEPTHS

if TYPE_CHECKING:
    from app.ui.inside.tab import InsideTab

FIRST_DEPTH = 3
"""Number of the depth that is shown first: textures and small shapes, at a fine grain."""

COUNTS = (12, 24, 48)
ALL = "Also what earlier layers handed on"

_PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="
EMPTY = Hanging(_PIXEL, _PIXEL, 1.5, "", "", "")
"""What hangs on an easel before there is a picture: nothing."""


class InsideMaps:
    """Lays the section out; see `app.ui.inside.tab.Section`.

    Nothing of what was computed is kept: running the network again takes less than fetching a few
    megabytes of maps for every visitor would.
    """

    def __init__(self, tab: "InsideTab") -> None:
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
            *(self.notice, self.network, self.depth, self.channel, self.easel, self.details),
            *(self.cards, self.count, self.all, self.save.link, self.saved),
        ]

    def _lay_out(self) -> None:
        self.notice = html(LOOKING, "maps-problem")
        self.network = pressable("", "maps-network")
        self.depth, self.channel = gr.State(FIRST_DEPTH), gr.State(-1)
        with gr.Row(elem_classes="room"):
            with gr.Column(scale=7, min_width=320):
                self.easel = easel(EMPTY, "maps-easel")
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
        with gr.Row(elem_classes="onward"):
            self.save = TakeHome(files, "maps")
        self.saved = html("", "maps-notice")

    @in_page
    def show(self, visit: Visit, said: Said) -> Said:
        """What is to be seen of a new picture: the depth that was looked at last."""
        depth, count, everything = (said[part] for part in (self.depth, self.count, self.all))
        shown = self._show(visit, depth, count, everything)
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
            [self.notice, self.channel, self.cards, self.easel, self.details],
            **quick,
        )
        for choice in (self.count, self.all):
            choice.input(self._choose, inputs, self.outputs, **quick)
        self.save.connect(inputs, self.saved, **tab.usual)

    @in_page
    def _press_depth(self, said: Said, event: gr.SelectData) -> Said:
        return self._show(self.tab.visit(said), event.index, said[self.count], said[self.all])

    @in_page
    def _choose(self, said: Said) -> Said:
        visit = self.tab.visit(said)
        return self._show(visit, said[self.depth], said[self.count], said[self.all])

    @in_page
    def _press_channel(self, said: Said, event: gr.SelectData) -> Said:
        visit, view = self._view(said)
        found = self._strongest(view, said[self.depth], said[self.count], said[self.all])
        channel = found[min(event.index, len(found) - 1)]
        return {
            self.notice: "",
            self.channel: channel,
            self.cards: self._cards(visit, view, found, event.index),
            self.easel: hang(visit, view, channel).update(),
            self.details: details(self.tab.house, view, channel),
        }

    def _show(self, visit: Visit, number: int, count: int, everything: bool) -> Said:
        """Everything about one depth."""
        depth = DEPTHS[number - 1]
        view = look(self.tab.house, visit, [depth.output])[depth.output]
        found = self._strongest(view, number, count, everything)
        return {
            self.notice: "",
            self.network: drawing(number, visit.picture, visit.reading.probabilities.tolist()),
            self.depth: number,
            self.channel: found[0],
            self.easel: hang(visit, view, found[0]).update(),
            self.details: details(self.tab.house, view, found[0]),
            self.cards: self._cards(visit, view, found, 0),
            self.saved: "",
            **self.save.clear(),
        }

    @staticmethod
    def _strongest(view: LayerView, number: int, count: int, everything: bool) -> list[int]:
        fresh = new_channels(number)
        return view.strongest(range(fresh.stop) if everything else fresh, count)

    def _cards(self, visit: Visit, view: LayerView, found: Sequence[int], position: int) -> str:
        shown = cards(self.tab.house, visit, [(view, channel) for channel in found], position)
        return f'{shown}<p class="small">{_sentence(view)}</p>'

    def _view(self, said: Said) -> tuple[Visit, LayerView]:
        visit, depth = self.tab.visit(said), DEPTHS[said[self.depth] - 1]
        return visit, look(self.tab.house, visit, [depth.output])[depth.output]

    def _png(self, said: Said) -> File:
        visit, view = self._view(said)
        channel = said[self.channel]
        height, width = visit.picture.shape[:2]
        painted = overlay(visit.picture, view.heat(channel, width, height))
        return encode_png(painted.picture), f"{view.layer} channel {channel}.png"

    def _csv(self, said: Said) -> File:
        _, view = self._view(said)
        depth = DEPTHS[said[self.depth] - 1]
        return csv_bytes(table(view, range(depth.channels))), f"{depth.name}.csv"

    def _npy(self, said: Said) -> File:
        _, view = self._view(said)
        depth = DEPTHS[said[self.depth] - 1]
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
