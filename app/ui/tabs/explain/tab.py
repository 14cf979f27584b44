"""The See inside tab: your picture; where, with what and by which textures the network sees it."""

from typing import Any

import gradio as gr

from app.translation import gettext as _
from app.ui.components.image_input import ImageInput
from app.ui.context import AppContext, UploadedPicture, errors_as_messages
from app.ui.handlers import ComponentValues, Updates
from app.ui.tabs.explain.feature_maps import FeatureMaps
from app.ui.tabs.explain.heatmaps import Heatmaps
from app.ui.tabs.explain.sections import ExplainSession, FoldedSection
from app.ui.tabs.explain.textures import Textures

_QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}


class ExplainTab:
    """Lays the tab out and connects it; to be made inside the tab.

    The heat map is shown with the picture; the other sections are folded, and the network is run
    for those that are open, one after the other.

    Attributes:
        results: everything that `receive` changes.
        actions: the row for buttons to other tabs.
    """

    def __init__(self, context: AppContext) -> None:
        self.context = context
        first = context.example(0)
        self.image_input = ImageInput(context, _("Look into"), "inside")
        self.notice = self.image_input.notice
        self.state = gr.State(first, time_to_live=3600 * context.settings.cache_hours)
        self.token = gr.Textbox(first.token, visible=False)
        self.session = ExplainSession(context, self.state, self.token)
        self.heatmaps = Heatmaps(self.session, first)
        self.actions = gr.Row(elem_classes="button-row")
        self.folded: tuple[FoldedSection, ...] = (FeatureMaps(self.session), Textures(self.session))
        self.open = self._states(False)
        # The token of the picture that each shows, or is about to. Whatever fills a section waits
        # for this to change: an event that left a folded section alone would spoil it, see
        # `app.ui.painting.style_picker`.
        self.requested = self._states("")
        self.results = [self.state, self.token, *self.image_input.outputs, *self.heatmaps.outputs]
        self._connect()

    def uploaded(self, values: ComponentValues) -> UploadedPicture:
        """What the visitor uploaded; for errors see `ExplainSession.uploaded`."""
        return self.session.uploaded(values)

    def receive(self, uploaded: UploadedPicture) -> Updates:
        """Another picture, an upload or from another tab; call `follow` on the event."""
        return {
            self.state: uploaded,
            self.token: uploaded.token,
            **self.image_input.received(uploaded),
            **self.heatmaps.show(uploaded),
        }

    def follow(self, event: Any) -> Any:
        """Fill the open sections after an event that called `receive`, or when the tab is opened.

        Returns:
            The event that asks for them.
        """
        inputs = {self.state, *self.open.values(), *self.requested.values()}
        return event.success(self._request_open, inputs, list(self.requested.values()), **_QUIET)

    def entered(self, tab: gr.Tab) -> None:
        """Fill the open sections when the tab is opened with a picture they do not show yet."""
        self.heatmaps.warm_up_after(self.follow(tab.select(None, None, None)))

    def _states(self, value: object) -> dict[FoldedSection, gr.State]:
        return {section: gr.State(value) for section in self.folded}

    def _connect(self) -> None:
        options = self.session.event_options | {"show_progress_on": self.heatmaps.compare_slider}
        for event in self.image_input.connect(
            lambda _values, uploaded: self.receive(uploaded), {self.state}, self.results, **options
        ):
            self.follow(event)
        self.heatmaps.connect()
        for section in self.folded:
            section.connect()
            self._connect_fold(section)

    def _connect_fold(self, section: FoldedSection) -> None:
        opened, requested = self.open[section], self.requested[section]

        @errors_as_messages
        def expand(values: ComponentValues) -> Updates:
            return {opened: True, requested: self.uploaded(values).token}

        section.fold.expand(expand, self.session.inputs, [opened, requested], **_QUIET)
        section.fold.collapse(lambda: False, None, opened, **_QUIET)

        @errors_as_messages
        def show(values: ComponentValues) -> Updates:
            # If the session had expired, the event before would have shown that.
            uploaded: UploadedPicture = values[self.state]
            return section.show(uploaded, values)

        inputs = {self.state, *section.choices}
        requested.change(show, inputs, section.outputs, **self.session.event_options | _QUIET)

    @errors_as_messages
    def _request_open(self, values: ComponentValues) -> Updates:
        uploaded: UploadedPicture = values[self.state]
        updates: Updates = {
            self.requested[section]: uploaded.token
            for section in self.folded
            if values[self.open[section]]
        }
        return updates or gr.skip()  # Gradio takes an empty answer for an error.
