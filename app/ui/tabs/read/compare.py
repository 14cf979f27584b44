"""Two pictures side by side: both verdicts, their views and their heat maps."""

from html import escape
from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio.blocks import Block

from app.errors import UserError
from app.imaging import data_uri
from app.ui.components.image_input import ImageInput
from app.ui.components.widgets import folded, pressable
from app.ui.context import SESSION_EXPIRED, UploadedPicture, require_current
from app.ui.handlers import ComponentValues, Updates, in_page
from app.ui.tabs.explain.heatmap_view import OPACITY
from app.ui.tabs.read.evidence import evidence_legend, paint_evidence
from app.ui.tabs.read.verdict import verdict_html, views_html
from app.ui.wording import percent
from training.common.preprocessing import fit

if TYPE_CHECKING:
    from app.ui.tabs.read.tab import ReadTab

_SIDE = 640  # Longest side of each picture, in pixels.
_HINT = "It is read as the first one was, and the two stand side by side."


class Compare:
    """Lays the folded section out; the second picture lives in the visitor's session.

    Attributes:
        outputs: what `clear` changes.
    """

    def __init__(self, tab: "ReadTab") -> None:
        self.tab = tab
        self.second = gr.State(None, time_to_live=3600 * tab.context.settings.cache_hours)
        with gr.Accordion("Compare with a second picture", **folded("compare")):
            self.image_input = ImageInput(tab.context, "Compare with", "compare", hint=_HINT)
            self.notice = self.image_input.notice
            self.shown = pressable("", "compare")
        self.outputs: list[Any] = [self.second, self.shown, self.notice]

    def clear(self) -> Updates:
        """For an event handler to return: the first picture is another one."""
        return {self.second: None, self.shown: "", self.notice: self.image_input.hint}

    def connect(self, slow: dict[str, Any], quick: dict[str, Any]) -> None:
        """Connect the section's events.

        Args:
            slow: arguments of events that read a picture.
            quick: arguments of events that do not.
        """
        first: set[Block] = {self.tab.uploaded, self.tab.token}
        slow = slow | {"show_progress_on": self.shown}
        self.image_input.connect(self._receive, first, self.outputs, **slow)
        self.shown.select(
            self._show_movement, {*first, self.second}, [self.shown, self.notice], **quick
        )

    def _receive(self, values: ComponentValues, second: UploadedPicture) -> Updates:
        shown = self._html(self._first(values), second, None)
        return {self.second: second, self.shown: shown, self.notice: self.image_input.hint}

    @in_page
    def _show_movement(self, values: ComponentValues, event: gr.SelectData) -> Updates:
        """Where both pictures speak for the same movement."""
        first, second = self._first(values), values[self.second]
        if second is None:
            raise UserError(SESSION_EXPIRED)
        return {self.shown: self._html(first, second, int(event.index)), self.notice: ""}

    def _first(self, values: ComponentValues) -> UploadedPicture:
        uploaded: UploadedPicture = values[self.tab.uploaded]
        return require_current(uploaded, values[self.tab.token])

    def _html(self, first: UploadedPicture, second: UploadedPicture, movement: int | None) -> str:
        """Both pictures; `movement` is the index of the one that both maps show, if it is one."""
        sides = "".join(self._side(uploaded, movement) for uploaded in (first, second))
        said = ""
        if movement is not None:
            name = first.reading.movements[movement]
            chances = [percent(float(v.reading.probabilities[movement])) for v in (first, second)]
            said = f"{name}: {chances[0]} in the first picture, {chances[1]} in the second."
        return f'<p role="status">{escape(said)}</p><div class="versus">{sides}</div>'

    def _side(self, uploaded: UploadedPicture, movement: int | None) -> str:
        reading, title = uploaded.reading, escape(uploaded.title)
        movement = reading.best if movement is None else movement
        painted = paint_evidence(fit(uploaded.picture, _SIDE), uploaded, movement, OPACITY)
        legend = evidence_legend(uploaded, movement, evidence=painted.evidence)
        return f"""
            <article>
              <figure><div><img src="{data_uri(painted.picture)}" alt="{title}"></div>
              <figcaption><b>{title}</b> {legend}</figcaption></figure>
              {verdict_html(reading, movement, self.tab.reliabilities)}
              {views_html(reading)}
            </article>"""
