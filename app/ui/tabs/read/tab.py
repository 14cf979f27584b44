"""The Read tab: your picture, what we found in it, and why."""

from html import escape
from typing import Any

import gradio as gr

from app.ui.components.image_input import ImageInput
from app.ui.components.widgets import compare_slider, html, pressable, section
from app.ui.context import AppContext, UploadedPicture, require_current
from app.ui.handlers import in_page
from app.ui.tabs.read.compare import Compare
from app.ui.tabs.read.evidence import hang_contest, hang_evidence
from app.ui.tabs.read.glossary import lay_out_glossary
from app.ui.tabs.read.verdict import verdict_html, views_html
from app.ui.tabs.read.worksheet import Worksheet
from app.ui.wording import compared, reliabilities

_SHOW_EVIDENCE = """
(...said) => {
  if (matchMedia("(max-width: 900px)").matches) {
    const evidence = document.querySelector("#evidence");
    evidence.scrollIntoView({ behavior: "smooth", block: "nearest" });
  }
  return said;
}"""
"""JavaScript before an event: where the picture is below the verdict, what changes is out of sight
of the bar that was pressed."""


class ReadTab:
    """Lays the tab out and connects it; to be made inside the tab.

    What a visitor brought is kept in that visitor's session, so that choosing another movement
    paints a map again but does not run the network again. The sliders ask the server nothing.

    A session that rested too long starts anew with the first example, while the page still shows
    the visitor's picture. So the page repeats the token of what it shows, and both must agree.
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
        self.image_input = ImageInput(self.context, "Read")
        self.notice = self.image_input.notice
        best = first.reading.best
        with gr.Row(elem_classes="room"):
            with gr.Column(scale=7, min_width=320):
                self.evidence = compare_slider(hang_evidence(first, best), "evidence")
                self.actions = gr.Row(elem_classes="onward")  # For doors to other rooms.
            with gr.Column(scale=4, min_width=300):
                self.verdict = pressable(self._verdict(first, best), "verdict")

    def _lay_out_reasons(self, first: UploadedPicture) -> None:
        names = list(first.reading.movements)
        best, second = first.reading.ranking[:2]
        section(
            "Why this and not that?",
            "Choose any two movements. Red parts of the picture speak for the first, blue parts for"
            " the second.",
        )
        with gr.Row(elem_classes="room"):
            with gr.Column(scale=7, min_width=320):
                self.contest = compare_slider(hang_contest(first, best, second), "contest")
            with gr.Column(scale=4, min_width=300):
                self.this = gr.Dropdown(names, value=names[best], label="Why", elem_id="this")
                self.that = gr.Dropdown(names, value=names[second], label="and not", elem_id="that")
                self.comparison = html(_comparison(first, best, second), "comparison")
        section(
            "Six views of one picture",
            "The network looks at the whole picture and at five parts of it. This is what it would"
            " have said after each look alone. In everything above the whole picture counts as"
            " much as its five parts together.",
        )
        self.views = html(views_html(first.reading), "views")

    def _lay_out_more(self) -> None:
        section(
            "Compare, teach, look up",
            "Put a second picture beside this one, take this reading into a classroom, or read what"
            " the five movements are.",
        )
        self.compare = Compare(self)
        self.worksheet = Worksheet(self)
        lay_out_glossary(self.context.assets)

    def _connect(self) -> None:
        self.results = results = [
            *(self.uploaded, self.token, *self.image_input.outputs, self.evidence, self.verdict),
            *(self.contest, self.this, self.that, self.comparison, self.views),
            *(*self.compare.outputs, *self.worksheet.outputs),
        ]
        slow: dict[str, Any] = {"show_progress_on": self.verdict, "api_visibility": "private"}
        slow |= self.context.light
        self.image_input.connect(
            lambda _, uploaded: self.show(uploaded), {self.uploaded}, results, **slow
        )
        quick: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        quick["trigger_mode"] = "always_last"
        outputs = [self.evidence, self.verdict, self.notice]
        self.verdict.select(
            self._show_evidence, [self.uploaded, self.token], outputs, js=_SHOW_EVIDENCE, **quick
        )
        inputs = [self.uploaded, self.token, self.this, self.that]
        outputs = [self.contest, self.comparison, self.notice]
        for choice in (self.this, self.that):
            choice.input(self._show_contest, inputs, outputs, **quick)
        self.compare.connect(slow, quick)
        self.worksheet.connect()

    @in_page
    def _show_evidence(
        self, uploaded: UploadedPicture, token: str, event: gr.SelectData
    ) -> dict[Any, Any]:
        require_current(uploaded, token)
        return {
            self.evidence: hang_evidence(uploaded, event.index).update_overlay(),
            self.verdict: self._verdict(uploaded, event.index),
        }

    @in_page
    def _show_contest(
        self, uploaded: UploadedPicture, token: str, this: str, that: str
    ) -> dict[Any, Any]:
        require_current(uploaded, token)
        pair = [uploaded.reading.movements.index(name) for name in (this, that)]
        return {
            self.contest: hang_contest(uploaded, *pair).update_overlay(),
            self.comparison: _comparison(uploaded, *pair),
        }

    def _verdict(self, uploaded: UploadedPicture, chosen: int) -> str:
        return verdict_html(uploaded.reading, chosen, self.reliabilities)

    def show(self, uploaded: UploadedPicture) -> dict[Any, Any]:
        """For an event handler to return, with `results` as its outputs: another picture."""
        names = uploaded.reading.movements
        best, second = uploaded.reading.ranking[:2]
        return {
            self.uploaded: uploaded,
            self.token: uploaded.token,
            **self.image_input.received(uploaded),
            self.evidence: hang_evidence(uploaded, best).update(),
            self.verdict: self._verdict(uploaded, best),
            self.contest: hang_contest(uploaded, best, second).update(),
            self.this: names[best],
            self.that: names[second],
            self.comparison: _comparison(uploaded, best, second),
            self.views: views_html(uploaded.reading),
            **self.compare.clear(),
            **self.worksheet.clear(),
        }


def _comparison(uploaded: UploadedPicture, this: int, that: int) -> str:
    return f'<p class="comparison">{escape(compared(uploaded.reading, this, that))}</p>'
