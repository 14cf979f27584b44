"""Two pictures side by side: both verdicts, their views and their heat maps."""

from collections.abc import Mapping
from html import escape
from typing import Any

import gradio as gr

from app.errors import UserError
from app.imaging import data_uri
from app.translation import gettext as _
from app.ui.components.image_input import ImageInput
from app.ui.components.widgets import clickable_html, folded
from app.ui.context import SESSION_EXPIRED, AppContext, UploadedPicture, require_current
from app.ui.handlers import ComponentValues, Updates, errors_in_notice
from app.ui.tabs.explain.heatmap_view import OPACITY
from app.ui.tabs.read.reading_view import (
    evidence_legend,
    paint_evidence,
    verdict_html,
    views_html,
)
from app.ui.wording import percent
from training.common.preprocessing import fit

_SIDE = 640  # Longest side of each picture, in pixels.


class Compare:
    """The folded section; the second picture is kept in the visitor's session.

    Args:
        context: what reads the second picture.
        uploaded: state that holds the first picture.
        token: of the first picture, as the page knows it.
        reliabilities: see `verdict_html`.

    Attributes:
        outputs: components that `clear` updates.
    """

    def __init__(
        self,
        context: AppContext,
        uploaded: gr.State,
        token: gr.Textbox,
        reliabilities: Mapping[str, str],
    ) -> None:
        self.uploaded, self.token, self.reliabilities = uploaded, token, reliabilities
        hint = _("It is read as the first one was, and the two stand side by side.")
        self.second = gr.State(None, time_to_live=3600 * context.settings.cache_hours)
        with gr.Accordion(_("Compare with a second picture"), **folded("compare")):
            self.image_input = ImageInput(context, _("Compare with"), "compare", hint=hint)
            self.notice = self.image_input.notice
            self.shown = clickable_html("", "compare")
        self.outputs: list[Any] = [self.second, self.shown, self.notice]

    def clear(self) -> Updates:
        """For an event handler to return: the first picture is another one."""
        return {self.second: None, self.shown: "", self.notice: self.image_input.hint}

    def connect(self, reading: dict[str, Any], quick: dict[str, Any]) -> None:
        """Connect the section's events.

        Args:
            reading: arguments of events that read a picture.
            quick: arguments of events that do not.
        """
        first = [self.uploaded, self.token]
        reading = reading | {"show_progress_on": self.shown}
        self.image_input.connect(self._receive, set(first), self.outputs, **reading)
        self.shown.select(
            self._show_movement, [*first, self.second], [self.shown, self.notice], **quick
        )

    def _receive(self, values: ComponentValues, second: UploadedPicture) -> Updates:
        first = require_current(values[self.uploaded], values[self.token])
        shown = self._html(first, second, None)
        return {self.second: second, self.shown: shown, self.notice: self.image_input.hint}

    @errors_in_notice
    def _show_movement(
        self,
        first: UploadedPicture,
        token: str,
        second: UploadedPicture | None,
        event: gr.SelectData,
    ) -> Updates:
        """The evidence for the same movement in both pictures."""
        require_current(first, token)
        if second is None:
            raise UserError(SESSION_EXPIRED)
        return {self.shown: self._html(first, second, int(event.index)), self.notice: ""}

    def _html(self, first: UploadedPicture, second: UploadedPicture, movement: int | None) -> str:
        """Both pictures; `movement` is the index of the one that both maps show, if it is one."""
        sides = "".join(self._side(uploaded, movement) for uploaded in (first, second))
        sentence = ""
        if movement is not None:
            one, other = (
                percent(float(each.reading.probabilities[movement])) for each in (first, second)
            )
            sentence = _("{movement}: {one} in the first picture, {other} in the second.").format(
                movement=first.reading.movements[movement], one=one, other=other
            )
        return f'<p role="status">{escape(sentence)}</p><div class="side-by-side">{sides}</div>'

    def _side(self, uploaded: UploadedPicture, movement: int | None) -> str:
        reading, title = uploaded.reading, escape(uploaded.title)
        movement = reading.best if movement is None else movement
        painted = paint_evidence(fit(uploaded.picture, _SIDE), uploaded, movement, OPACITY)
        legend = evidence_legend(uploaded, movement, evidence=painted.evidence)
        return f"""
            <article>
              <figure><div><img src="{data_uri(painted.picture)}" alt="{title}"></div>
              <figcaption><b>{title}</b> {legend}</figcaption></figure>
              {verdict_html(reading, movement, self.reliabilities)}
              {views_html(reading)}
            </article>"""
