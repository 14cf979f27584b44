"""The Read tab: your picture, what we found in it, and why."""

from html import escape
from typing import Any

import gradio as gr
import numpy as np

from app.heatmap import difference, overlay
from app.ui.bringing import Bringing
from app.ui.house import House, Visit, awake
from app.ui.notice import in_page
from app.ui.read.verdict import verdict_html, views_html
from app.ui.widgets import (
    Hanging,
    data_uri,
    easel,
    html,
    pressable,
    scale,
    section,
)
from app.ui.wording import compared, reliabilities
from training.preprocessing import fit

_CONTEST_SIDE = 800  # Longest side in the second, smaller easel.

# The scales in the legends are painted by the very functions that they explain.
_WHITE, _RAMP = np.full((1, 33, 3), 255, np.uint8), np.linspace(0, 1, 33, dtype=np.float32)[None]
_EVIDENCE_LEGEND = scale("weak", "strong", overlay(_WHITE, _RAMP, 1).picture)
_CONTEST_SCALE = difference(_WHITE, 1 - 2 * _RAMP, 1).picture


class ReadTab:
    """Lays the tab out and connects it; to be made inside the tab.

    What a visitor brought is kept in that visitor's session, so that choosing another movement
    paints a map again but does not run the network again. The sliders ask the server nothing.

    A session that rested too long starts anew with the first example, while the page still shows
    the visitor's picture. So the page repeats the token of what it shows, and both must agree.
    """

    def __init__(self, house: House) -> None:
        self.house = house
        self.reliabilities = reliabilities(house.classifier.metadata.metrics)
        first = house.example(0)
        self.visit = gr.State(first, time_to_live=3600 * house.settings.cache_hours)
        self.token = gr.Textbox(first.token, visible=False)
        self._lay_out_picture(first)
        self._lay_out_reasons(first)
        self._connect()

    def _lay_out_picture(self, first: Visit) -> None:
        self.bringing = Bringing(self.house, "Read")
        self.notice = self.bringing.notice
        best = first.reading.best
        with gr.Row(elem_classes="room"):
            with gr.Column(scale=7, min_width=320):
                self.evidence = easel(_evidence(first, best), "evidence")
                self.onward = gr.Row(elem_classes="onward")  # For doors to other rooms.
            with gr.Column(scale=4, min_width=300):
                self.verdict = pressable(self._verdict(first, best), "verdict")

    def _lay_out_reasons(self, first: Visit) -> None:
        names = list(first.reading.movements)
        best, second = first.reading.ranking[:2]
        section(
            "Why this and not that?",
            "Choose any two movements. Red parts of the picture speak for the first, blue parts for"
            " the second.",
        )
        with gr.Row(elem_classes="room"):
            with gr.Column(scale=7, min_width=320):
                self.contest = easel(_contest(first, best, second), "contest")
            with gr.Column(scale=4, min_width=300):
                self.this = gr.Dropdown(names, value=names[best], label="Why", elem_id="this")
                self.that = gr.Dropdown(names, value=names[second], label="and not", elem_id="that")
                self.comparison = html(_comparison(first, best, second), "comparison")
        section(
            "Six looks at one picture",
            "The network looks at the whole picture and at five parts of it. This is what it would"
            " have said after each look alone. In everything above the whole picture counts as"
            " much as its five parts together.",
        )
        self.views = html(views_html(first.reading), "views")

    def _connect(self) -> None:
        self.results = results = [
            *(self.visit, self.token, *self.bringing.outputs, self.evidence, self.verdict),
            *(self.contest, self.this, self.that, self.comparison, self.views),
        ]
        slow: dict[str, Any] = {"show_progress_on": self.verdict, "api_visibility": "private"}
        slow |= self.house.light
        self.bringing.connect(lambda _, visit: self.show(visit), {self.visit}, results, **slow)
        quick: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        quick["trigger_mode"] = "always_last"
        outputs = [self.evidence, self.verdict, self.notice]
        self.verdict.select(self._show_evidence, [self.visit, self.token], outputs, **quick)
        inputs = [self.visit, self.token, self.this, self.that]
        outputs = [self.contest, self.comparison, self.notice]
        for choice in (self.this, self.that):
            choice.input(self._show_contest, inputs, outputs, **quick)

    @in_page
    def _show_evidence(self, visit: Visit, token: str, event: gr.SelectData) -> dict[Any, Any]:
        awake(visit, token)
        return {
            self.evidence: _evidence(visit, event.index).recolour(),
            self.verdict: self._verdict(visit, event.index),
        }

    @in_page
    def _show_contest(self, visit: Visit, token: str, this: str, that: str) -> dict[Any, Any]:
        awake(visit, token)
        pair = [visit.reading.movements.index(name) for name in (this, that)]
        return {
            self.contest: _contest(visit, *pair).recolour(),
            self.comparison: _comparison(visit, *pair),
        }

    def _verdict(self, visit: Visit, chosen: int) -> str:
        return verdict_html(visit.reading, chosen, self.reliabilities)

    def show(self, visit: Visit) -> dict[Any, Any]:
        """For an event handler to return, with `results` as its outputs: another picture."""
        names = visit.reading.movements
        best, second = visit.reading.ranking[:2]
        return {
            self.visit: visit,
            self.token: visit.token,
            **self.bringing.received(visit),
            self.evidence: _evidence(visit, best).update(),
            self.verdict: self._verdict(visit, best),
            self.contest: _contest(visit, best, second).update(),
            self.this: names[best],
            self.that: names[second],
            self.comparison: _comparison(visit, best, second),
            self.views: views_html(visit.reading),
        }


def _evidence(visit: Visit, movement: int) -> Hanging:
    """The picture, and the same under the evidence for a movement."""
    name = escape(visit.reading.movements[movement])
    painted = overlay(visit.picture, _heat(visit.picture, visit, movement), 1)
    legend = f"Right of the line: where it speaks for {name}, {_EVIDENCE_LEGEND}"
    if not painted.evidence:
        about = "any movement" if visit.reading.blank else name
        legend = f"Nothing in this picture speaks for {about}."
    return _hang(visit, visit.picture, painted.picture, legend)


def _contest(visit: Visit, this: int, that: int) -> Hanging:
    """The picture, and the same under what speaks for one movement against another."""
    name, other = (visit.reading.movements[index] for index in (this, that))
    picture = fit(visit.picture, _CONTEST_SIDE)
    painted = difference(picture, _heat(picture, visit, this, that), 1)
    legend = f"Right of the line: what speaks for {scale(name, other, _CONTEST_SCALE)}"
    if not painted.evidence:
        legend = "Choose two different movements to compare them."
        if visit.reading.blank:
            legend = "There is nothing in this picture to compare."
    return _hang(visit, picture, painted.picture, legend)


def _heat(picture: np.ndarray, visit: Visit, this: int, that: int | None = None) -> np.ndarray:
    height, width = picture.shape[:2]
    if visit.reading.blank:  # Whatever the network's map says of it means nothing.
        return np.zeros((height, width), np.float32)
    return visit.reading.heat_map(this, width, height, minus=that)


def _hang(visit: Visit, picture: np.ndarray, painted: np.ndarray, legend: str) -> Hanging:
    title, (width, height) = escape(visit.title), visit.size
    return Hanging(
        picture=data_uri(picture),
        evidence=data_uri(painted),
        ratio=width / height,
        alt=title,
        caption=f"<b>{title}</b> {width} &times; {height} pixels. {escape(visit.made)}",
        legend=legend,
    )


def _comparison(visit: Visit, this: int, that: int) -> str:
    return f'<p class="comparison">{escape(compared(visit.reading, this, that))}</p>'
