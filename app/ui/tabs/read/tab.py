"""The Read tab: your picture, what we found in it, and why."""

from html import escape
from typing import Any

import gradio as gr

from app.translation import gettext as _
from app.ui.components.image_input import ImageInput
from app.ui.components.widgets import clickable_html, compare_slider, html, section
from app.ui.context import AppContext, UploadedPicture, require_current
from app.ui.handlers import Updates, errors_in_notice
from app.ui.tabs.read.compare import Compare
from app.ui.tabs.read.glossary import lay_out_glossary
from app.ui.tabs.read.reading_view import (
    compare_evidence,
    compare_movements,
    verdict_html,
    views_html,
)
from app.ui.tabs.read.worksheet import Worksheet
from app.ui.wording import compared, reliabilities

_SHOW_EVIDENCE = """
(...values) => {
  if (matchMedia("(max-width: 900px)").matches) {
    const evidence = document.querySelector("#evidence");
    evidence.scrollIntoView({ behavior: "smooth", block: "nearest" });
  }
  return values;
}"""
"""JavaScript before an event: on a phone the heat map is out of sight of the bars."""


class ReadTab:
    """Lays out the tab and connects it; to be created inside the tab.

    The picture is kept in the visitor's session, so that choosing another movement paints a map
    again but does not run the network again. The sliders send no request.

    A session that was idle too long starts again with the first example, while the page still shows
    the visitor's picture. So the page sends the token of what it shows, and both must agree.
    """

    def __init__(self, context: AppContext) -> None:
        self.context = context
        self.reliabilities = reliabilities(context.classifier.metadata.metrics)
        first = context.example(0)
        self.uploaded = gr.State(first, time_to_live=3600 * context.settings.cache_hours)
        self.token = gr.Textbox(first.token, visible=False)
        self._lay_out_picture(first)
        self._lay_out_reasons(first)
        self._lay_out_more()
        self._connect()

    def _lay_out_picture(self, first: UploadedPicture) -> None:
        self.image_input = ImageInput(self.context, _("Read"))
        self.notice = self.image_input.notice
        best = first.reading.best
        with gr.Row(elem_classes="two-columns"):
            with gr.Column(scale=7, min_width=320):
                self.evidence = compare_slider(compare_evidence(first, best), "evidence")
                self.actions = gr.Row(elem_classes="button-row")  # For buttons to other tabs.
            with gr.Column(scale=4, min_width=300):
                self.verdict = clickable_html(self._verdict(first, best), "verdict")

    def _lay_out_reasons(self, first: UploadedPicture) -> None:
        names = list(first.reading.movements)
        best, second = first.reading.ranking[:2]
        section(
            _("Why this and not that?"),
            _(
                "Choose any two movements. Red parts of the picture speak for the first, blue parts"
                " for the second."
            ),
        )
        with gr.Row(elem_classes="two-columns"):
            with gr.Column(scale=7, min_width=320):
                self.contest = compare_slider(compare_movements(first, best, second), "contest")
            with gr.Column(scale=4, min_width=300):
                self.this = gr.Dropdown(names, value=names[best], label=_("Why"), elem_id="this")
                self.that = gr.Dropdown(
                    names, value=names[second], label=_("and not"), elem_id="that"
                )
                self.comparison = html(_comparison(first, best, second), "comparison")
        section(
            _("Six views of one picture"),
            _(
                "The network looks at the whole picture and at five parts of it. This is what it"
                " would have said after each look alone. In everything above the whole picture"
                " counts as much as its five parts together."
            ),
        )
        self.views = html(views_html(first.reading), "views")

    def _lay_out_more(self) -> None:
        section(
            _("Compare, teach, look up"),
            _(
                "Put a second picture beside this one, take this reading into a classroom, or read"
                " what the five movements are."
            ),
        )
        self.compare = Compare(self.context, self.uploaded, self.token, self.reliabilities)
        self.worksheet = Worksheet(self.context, self.uploaded, self.token)
        lay_out_glossary(self.context.assets)

    def _connect(self) -> None:
        self.results: list[Any] = [
            *(self.uploaded, self.token, *self.image_input.outputs, self.evidence, self.verdict),
            *(self.contest, self.this, self.that, self.comparison, self.views),
            *(*self.compare.outputs, *self.worksheet.outputs),
        ]
        reading: dict[str, Any] = {"show_progress_on": self.verdict, "api_visibility": "private"}
        reading |= self.context.reading_queue
        self.image_input.connect(
            lambda _values, uploaded: self.show(uploaded),
            {self.uploaded},
            self.results,
            **reading,
        )
        quick: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        quick["trigger_mode"] = "always_last"
        self.verdict.select(
            self._show_evidence,
            [self.uploaded, self.token],
            [self.evidence, self.verdict, self.notice],
            js=_SHOW_EVIDENCE,
            **quick,
        )
        for choice in (self.this, self.that):
            choice.input(
                self._show_contest,
                [self.uploaded, self.token, self.this, self.that],
                [self.contest, self.comparison, self.notice],
                **quick,
            )
        self.compare.connect(reading, quick)
        self.worksheet.connect()

    @errors_in_notice
    def _show_evidence(
        self, uploaded: UploadedPicture, token: str, event: gr.SelectData
    ) -> Updates:
        require_current(uploaded, token)
        return {
            self.evidence: compare_evidence(uploaded, event.index).update_overlay(),
            self.verdict: self._verdict(uploaded, event.index),
        }

    @errors_in_notice
    def _show_contest(self, uploaded: UploadedPicture, token: str, this: str, that: str) -> Updates:
        require_current(uploaded, token)
        pair = [uploaded.reading.movements.index(name) for name in (this, that)]
        return {
            self.contest: compare_movements(uploaded, *pair).update_overlay(),
            self.comparison: _comparison(uploaded, *pair),
        }

    def _verdict(self, uploaded: UploadedPicture, chosen: int) -> str:
        return verdict_html(uploaded.reading, chosen, self.reliabilities)

    def show(self, uploaded: UploadedPicture) -> Updates:
        """For an event handler to return, with `results` as its outputs: another picture."""
        names = uploaded.reading.movements
        best, second = uploaded.reading.ranking[:2]
        return {
            self.uploaded: uploaded,
            self.token: uploaded.token,
            **self.image_input.received(uploaded),
            self.evidence: compare_evidence(uploaded, best).update(),
            self.verdict: self._verdict(uploaded, best),
            self.contest: compare_movements(uploaded, best, second).update(),
            self.this: names[best],
            self.that: names[second],
            self.comparison: _comparison(uploaded, best, second),
            self.views: views_html(uploaded.reading),
            **self.compare.clear(),
            **self.worksheet.clear(),
        }


def _comparison(uploaded: UploadedPicture, this: int, that: int) -> str:
    return f'<p class="comparison">{escape(compared(uploaded.reading, this, that))}</p>'
