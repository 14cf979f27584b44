"""What each layer answers to: a section of the See inside tab."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr
from gradio.blocks import Block

from app.heatmap import overlay
from app.imaging import encode_png
from app.serving.channels import LayerActivations, new_channels
from app.translation import gettext as _
from app.ui.components.downloads import Downloads, File, csv_bytes, npy_bytes
from app.ui.components.widgets import LOADING, clickable_html, folded, html, section
from app.ui.context import UploadedPicture
from app.ui.handlers import ComponentValues, Updates, errors_in_notice
from app.ui.tabs.explain.channel_panel import ChannelPanel, read_activations, table
from app.ui.tabs.explain.network_diagram import diagram_html
from app.ui.tabs.explain.sections import ExplainSession, FoldedSection
from training.common.depths import DEPTHS, Depth

FIRST_DEPTH = 3
"""Number of the depth that is shown first: textures and small shapes, at a fine grain."""

COUNTS = (12, 24, 48)
"""How many channels can be shown."""


@dataclass(frozen=True)
class FeatureMapChoices:
    """What the visitor chose.

    Attributes:
        depth: number of the depth, 1 to 9.
        count: how many channels are shown.
        inherited: whether channels of earlier layers are shown too.
    """

    depth: int
    count: int
    inherited: bool

    @property
    def place(self) -> Depth:
        """The depth."""
        return DEPTHS[self.depth - 1]

    def strongest(self, activations: LayerActivations) -> list[int]:
        """The channels that are shown, the most outstanding first."""
        new = new_channels(self.depth)
        return activations.strongest(range(new.stop) if self.inherited else new, self.count)


class FeatureMaps(FoldedSection):
    """Lays the section out."""

    def __init__(self, session: ExplainSession) -> None:
        self.session = session
        section(
            _("What each layer answers to"),
            _(
                "The network turns the picture into ever more, ever coarser maps; each channel of a"
                " map answers to a pattern of its own. Press a number to look at one depth, and a"
                " channel to see it large."
            ),
        )
        with gr.Accordion(_("Look layer by layer"), **folded("maps")) as self.fold:
            self._lay_out()
        self.choices: set[Block] = {self.depth, self.count, self.inherited}
        self.outputs: list[Any] = [
            *(self.notice, self.network, self.depth, self.channel, *self.panel.outputs),
            *(self.count, self.inherited, self.save.link, self.saved),
        ]

    def _lay_out(self) -> None:
        self.notice = html(LOADING, "maps-problem")
        self.network = clickable_html("", "maps-network")
        self.depth, self.channel = gr.State(FIRST_DEPTH), gr.State(-1)
        self.panel = ChannelPanel(self.session.context, "maps")
        with gr.Row(elem_classes="maps-choices"):
            first, *others = COUNTS
            self.count = gr.Radio(
                [
                    (_("{count} channels").format(count=first), first),
                    *((str(count), count) for count in others),
                ],
                value=first,
                show_label=False,
                container=False,
                elem_id="maps-count",
            )
            self.inherited = gr.Checkbox(
                False,
                label=_("Also channels of earlier layers"),
                container=False,
                elem_id="maps-inherited",
            )
        files = {
            _("This map, PNG"): self._png,
            _("Numbers of all channels, CSV"): self._csv,
            _("Raw maps, .npy"): self._npy,
        }
        with gr.Row(elem_classes="button-row"):
            self.save = Downloads(files, "maps")
        self.saved = html("", "maps-notice")

    @errors_in_notice
    def show(self, uploaded: UploadedPicture, values: ComponentValues) -> Updates:
        """A new picture: the depth that was looked at last."""
        choices = self._read(values)
        shown = self._show(uploaded, choices)
        return shown | {self.count: choices.count, self.inherited: choices.inherited}

    def connect(self) -> None:
        """Connect the section's own events."""
        session = self.session
        inputs: set[Block] = {*session.inputs, self.channel, *self.choices}
        quick = session.event_options | {"show_progress": "hidden", "trigger_mode": "always_last"}
        self.network.select(self._show_depth, inputs, self.outputs, **quick)
        pressed = [self.notice, self.channel, *self.panel.outputs]
        self.panel.cards.select(self._show_channel, inputs, pressed, **quick)
        for choice in (self.count, self.inherited):
            choice.input(self._show_choices, inputs, self.outputs, **quick)
        self.save.connect(inputs, self.saved, **session.event_options)

    def _read(self, values: ComponentValues) -> FeatureMapChoices:
        return FeatureMapChoices(values[self.depth], values[self.count], values[self.inherited])

    @errors_in_notice
    def _show_depth(self, values: ComponentValues, event: gr.SelectData) -> Updates:
        uploaded = self.session.uploaded(values)
        return self._show(uploaded, replace(self._read(values), depth=event.index))

    @errors_in_notice
    def _show_choices(self, values: ComponentValues) -> Updates:
        return self._show(self.session.uploaded(values), self._read(values))

    @errors_in_notice
    def _show_channel(self, values: ComponentValues, event: gr.SelectData) -> Updates:
        uploaded, choices = self.session.uploaded(values), self._read(values)
        activations = self._activations(uploaded, choices.place)
        channels = choices.strongest(activations)
        position = min(event.index, len(channels) - 1)
        return {
            self.notice: "",
            self.channel: channels[position],
            **self._show_panel(uploaded, activations, channels, position),
        }

    def _show(self, uploaded: UploadedPicture, choices: FeatureMapChoices) -> Updates:
        """Everything about one depth."""
        activations = self._activations(uploaded, choices.place)
        channels = choices.strongest(activations)
        probabilities = uploaded.reading.probabilities.tolist()
        return {
            self.notice: "",
            self.network: diagram_html(choices.depth, uploaded.picture, probabilities),
            self.depth: choices.depth,
            self.channel: channels[0],
            **self._show_panel(uploaded, activations, channels, 0),
            self.saved: "",
            **self.save.clear(),
        }

    def _show_panel(
        self,
        uploaded: UploadedPicture,
        activations: LayerActivations,
        channels: Sequence[int],
        position: int,
    ) -> Updates:
        found = [(activations, channel) for channel in channels]
        return self.panel.show(uploaded, found, position, _note(activations))

    def _activations(self, uploaded: UploadedPicture, depth: Depth) -> LayerActivations:
        layers = read_activations(self.session.context, uploaded, [depth.output])
        return layers[depth.output]

    def _png(self, values: ComponentValues) -> File:
        uploaded, channel = self.session.uploaded(values), values[self.channel]
        activations = self._activations(uploaded, self._read(values).place)
        height, width = uploaded.picture.shape[:2]
        painted = overlay(uploaded.picture, activations.heat_map(channel, width, height))
        return encode_png(painted.picture), f"{activations.layer} channel {channel}.png"

    def _csv(self, values: ComponentValues) -> File:
        uploaded, depth = self.session.uploaded(values), self._read(values).place
        rows = table(self._activations(uploaded, depth), range(depth.channels))
        return csv_bytes(rows), f"{depth.name}.csv"

    def _npy(self, values: ComponentValues) -> File:
        uploaded, depth = self.session.uploaded(values), self._read(values).place
        maps = self._activations(uploaded, depth).maps[: depth.channels]
        return npy_bytes(maps), f"{depth.name}.npy"


def _note(activations: LayerActivations) -> str:
    """What the small pictures show and do not show."""
    if activations.statistics is None:
        return _(
            "Coloured is where a channel answers more than elsewhere in the picture, and shown are"
            " those whose best place stands out most; that says where it found its pattern, but not"
            " what the pattern is, nor how much the verdict owes to it."
        )
    return _(
        "Coloured is where a channel answers more than it usually does in paintings, and shown are"
        " those that are strongest beside their usual answer, in deviations (dev.); that says where"
        " it found its pattern, but not what the pattern is, nor how much the verdict owes to it."
    )
