"""The See inside tab: your picture; where, with what and by which textures the network sees it."""

from typing import Any, Protocol

import gradio as gr
from gradio.blocks import Block

from app.ui.components.image_input import ImageInput
from app.ui.context import AppContext, UploadedPicture, guarded, require_current
from app.ui.handlers import ComponentValues, Updates
from app.ui.tabs.explain.feature_maps import FeatureMaps
from app.ui.tabs.explain.heatmaps import Heatmaps
from app.ui.tabs.explain.textures import Textures

_QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}


class Section(Protocol):
    """A folded part of the tab, filled when it is opened; laid out when it is made.

    Attributes:
        fold: what is opened.
        outputs: everything that changes with the picture.
        choices: what the visitor chose; it stays for the next picture.
    """

    fold: gr.Accordion
    outputs: list[Any]
    choices: set[Block]

    def show(self, uploaded: UploadedPicture, values: ComponentValues) -> Updates:
        """What is to be seen of a new picture, within a second; `said` are the choices."""

    def connect(self) -> None:
        """Connect the section's own events; called once the tab is laid out."""


class ExplainTab:
    """Lays the tab out and connects it; to be made inside the tab.

    The heat map comes with the picture; the other sections are folded, and the network is run for
    those that are open, one after the other. Sections find what the visitor brought by `uploaded`.
    """

    def __init__(self, context: AppContext) -> None:
        self.context = context
        first = context.example(0)
        self.image_input = ImageInput(context, "Look into", "inside")
        self.notice = self.image_input.notice
        self.state = gr.State(first, time_to_live=3600 * context.settings.cache_hours)
        self.token = gr.Textbox(first.token, visible=False)
        self.heat = Heatmaps(self, first)
        self.actions = gr.Row(elem_classes="button-row")  # For doors to other rooms.
        self.maps = FeatureMaps(self)
        self.texture = Textures(self)
        self.later: tuple[Section, ...] = (self.maps, self.texture)
        self.open: dict[Section, gr.State] = {section: gr.State(False) for section in self.later}
        # The token of the visit that each shows, or is about to. Whatever fills a section waits for
        # this to change: an event that left a folded section alone would spoil it, see
        # `app.ui.tabs.stylize.widgets`.
        self.wanted: dict[Section, gr.State] = {section: gr.State("") for section in self.later}
        self.results = [self.state, self.token, *self.image_input.outputs, *self.heat.outputs]
        self._connect()

    @property
    def usual(self) -> dict[str, Any]:
        """Arguments of every event that runs a network."""
        return {"api_visibility": "private", **self.context.heavy}

    def uploaded(self, values: ComponentValues) -> UploadedPicture:
        """What the visitor brought.

        Raises:
            UserError: the session has begun anew, while the page shows something older.
        """
        uploaded: UploadedPicture = values[self.state]
        return require_current(uploaded, values[self.token])

    def receive(self, uploaded: UploadedPicture) -> Updates:
        """Another picture, from the door or from another room; call `follow` on the event."""
        return {
            self.state: uploaded,
            self.token: uploaded.token,
            **self.image_input.received(uploaded),
            **self.heat.show(uploaded),
        }

    def follow(self, event: Any) -> Any:
        """Let the open sections come after an event that called `receive`, or after entering.

        Returns:
            The event that asks for them.
        """
        inputs = {self.state, *self.open.values(), *self.wanted.values()}
        return event.success(self._follow, inputs, list(self.wanted.values()), **_QUIET)

    def entered(self, tab: gr.Tab) -> None:
        """Fill the open sections when the tab is opened with a picture they do not show yet."""
        self.heat.warm_up_after(self.follow(tab.select(None, None, None)))

    def _connect(self) -> None:
        slow = self.usual | {"show_progress_on": self.heat.outputs[0]}
        for event in self.image_input.connect(
            lambda _, uploaded: self.receive(uploaded), {self.state}, self.results, **slow
        ):
            self.follow(event)
        self.heat.connect()
        for section in self.later:
            section.connect()
            self._connect_fold(section)

    def _connect_fold(self, section: Section) -> None:
        opened, wanted = self.open[section], self.wanted[section]

        @guarded
        def expand(values: ComponentValues) -> Updates:
            return {opened: True, wanted: self.uploaded(values).token}

        section.fold.expand(expand, {self.state, self.token}, [opened, wanted], **_QUIET)
        section.fold.collapse(lambda: False, None, opened, **_QUIET)

        @guarded
        def show(values: ComponentValues) -> Updates:
            uploaded: UploadedPicture = values[
                self.state
            ]  # Were it asleep, the event before had said so.
            return section.show(uploaded, values)

        inputs = {self.state, *section.choices}
        wanted.change(show, inputs, section.outputs, **self.usual | _QUIET)

    @guarded
    def _follow(self, values: ComponentValues) -> Updates:
        uploaded: UploadedPicture = values[self.state]
        return {
            self.wanted[section]: uploaded.token
            for section in self.later
            if values[self.open[section]]
        }
