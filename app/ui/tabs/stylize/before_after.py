"""What the classifier says of a picture before and after it was painted."""

from html import escape
from typing import TYPE_CHECKING

import gradio as gr
import numpy as np

from app.errors import UserError
from app.serving.classifier import Reading
from app.serving.stylizer_bundle import STRENGTHS, Curve
from app.ui.components import charts
from app.ui.components.widgets import html, section
from app.ui.context import guarded
from app.ui.handlers import ComponentValues, Updates
from app.ui.tabs.stylize.comparison import shown_result
from app.ui.tabs.stylize.session import StylizeSession, StylizeSettings
from app.ui.wording import in_short, in_words

if TYPE_CHECKING:
    from app.ui.tabs.stylize.tab import StylizeTab


class BeforeAfter:
    """Lays the section out and connects it; what is new to read, `StylizeTab.ready` says."""

    def __init__(self, tab: "StylizeTab", first: StylizeSession) -> None:
        self.tab = tab
        section(
            "What the classifier says of it",
            "The classifier of the Read tab looks at your picture, and then at the painting.",
        )
        curve = self._curve(first, StylizeSettings(), None)
        self.view = html(self._read(first, StylizeSettings(), curve), "loop")
        self.curve = gr.State(curve)  # Strength, colours and mask leave it as it is.

    def connect(self) -> None:
        """To be called once the form is laid out."""
        self.tab.ready.change(
            self._look,
            {*self.tab.inputs, self.curve},
            [self.view, self.curve],
            api_visibility="private",
            **self.tab.context.heavy,
        )

    @guarded
    def _look(self, values: ComponentValues) -> Updates:
        try:
            session, settings = self.tab.session(values), self.tab.form.settings(values)
        except UserError:  # The session has begun anew, and will say so when it is asked to paint.
            return {self.view: gr.skip()}
        curve = self._curve(session, settings, values[self.curve])
        return {self.view: self._read(session, settings, curve), self.curve: curve}

    def _curve(
        self, session: StylizeSession, settings: StylizeSettings, known: Curve | None
    ) -> Curve:
        own, vector, size = session.own, session.style_mix.vector, settings.shown_stroke_size
        if (
            known
            and known.stroke_size == size
            and np.array_equal(known.own, own)
            and np.array_equal(known.vector, vector)
        ):
            return known
        tab = self.tab
        return tab.bundle.curve(tab.context.classifier, session.photograph(), own, vector, size)

    def _read(self, session: StylizeSession, settings: StylizeSettings, curve: Curve) -> str:
        after = self.tab.context.classifier.read(shown_result(session, settings))
        apart = len(session.regions(settings)) > 1
        return before_after_html(session.uploaded.reading, after, curve.probabilities, apart=apart)


def before_after_html(
    before: Reading, after: Reading, curve: np.ndarray, *, apart: bool = False
) -> str:
    """Both readings in a line, and how the second grows with the strength.

    Args:
        before: of the picture.
        after: of the painting.
        curve: float32 [S,K], probabilities at `STRENGTHS`, see `Studio.curve`.
        apart: whether styles have places of their own; the curve is that of their blend.
    """
    styles = ", with the styles blended all over" if apart else ""
    return f"""
        <div class="loop">
          <div aria-live="polite">
            <p class="said"><span>{escape(in_short(before))}</span>
            <i role="img" aria-label="became">&rarr;</i> <b>{escape(in_short(after))}</b></p>
            <p>{escape(_sentence(before, after))}</p>
          </div>
          <figure>{_chart(after, curve)}
          <figcaption>A small copy, painted {len(STRENGTHS)} times{styles}. Beside it
          strokes are broader, so it may be read otherwise than the painting.</figcaption>
          </figure>
        </div>"""


def _sentence(before: Reading, after: Reading) -> str:
    if after.refusal:
        return (
            "The classifier still cannot place the painting in one of its five movements."
            " More strength, or another style, may change its mind."
        )
    if before.refusal:
        return "What it refused to judge before is now a painting to the classifier."
    if set(before.named) != set(after.named):
        was, became = (in_words([r.movements[i] for i in r.named], "and") for r in (before, after))
        was = f"a place between {was}" if before.close else was
        became = f"a place between {became}" if after.close else became
        return f"The style has taken the picture from {was} to {became}."
    gain = 100 * (after.probabilities[after.best] - before.probabilities[after.best])
    if abs(gain) < 1:
        return "To the classifier the style has changed next to nothing."
    more = "more" if gain > 0 else "less"
    return f"To the classifier it is {abs(gain):.0f} points {more} {after.movement} than before."


def _chart(after: Reading, curve: np.ndarray) -> str:
    """The two movements that are likeliest in the painting, against the strength."""
    first, second = after.ranking[:2]
    series = {after.movements[index]: curve[:, index].tolist() for index in (second, first)}
    title = f"Probability of {after.movements[first]} against the strength of the style"
    strengths = [100 * strength for strength in STRENGTHS]
    return charts.curves(title, strengths, series, share=True, across="strength of the style, %")
