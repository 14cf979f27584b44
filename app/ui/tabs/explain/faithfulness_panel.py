"""Whether a heat map is to be trusted: the button, and what it brings, one part after the other."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import gradio as gr
from gradio.blocks import Block

from app.ui.components.widgets import html
from app.ui.handlers import ComponentValues, Updates, step_by_step
from app.ui.tabs.explain import heatmap_text as words
from app.ui.tabs.explain import heatmap_view as view
from app.ui.tabs.explain.heatmap_downloads import CURVES
from app.ui.tabs.explain.heatmap_state import control, try_out

if TYPE_CHECKING:
    from app.ui.tabs.explain.heatmaps import Heatmaps

_NOTHING = ""
_HIDING = (
    '<p role="status">Hiding parts of the picture and asking the network again, which takes two'
    " seconds &hellip;</p>"
)
_FORGETTING = (
    '<p role="status">Now the same method on a network with random weights, which takes some'
    " seconds the first time &hellip;</p>"
)


class FaithfulnessPanel:
    """Lays the button out; to be made inside a row. What it brings is laid out by `lay_out`."""

    def __init__(self, heat: "Heatmaps") -> None:
        self.heat = heat
        self.button = gr.Button(
            "Is this map to be trusted?", elem_id="inside-trust", elem_classes="quiet"
        )

    @property
    def notice(self) -> gr.HTML:
        """Where it is said what went wrong."""
        return self.heat.notice

    def lay_out(self) -> None:
        """Where the answer will stand."""
        self.answer = html(_NOTHING, "inside-trial")

    @property
    def curves(self) -> gr.Button:
        """Takes the trial home."""
        return self.heat.save.buttons[CURVES]

    @property
    def outputs(self) -> list[Block]:
        """What `forget` changes."""
        return [self.answer, self.curves]

    def connect(self) -> None:
        """To be called once everything is laid out."""
        usual = self.heat.tab.usual | {"show_progress": "hidden"}
        outputs = [*self.outputs, self.heat.look, self.notice]
        self.button.click(self._try, self.heat.inputs, outputs, **usual)

    def forget(self) -> Updates:
        """For an event handler to return: another map hangs there now."""
        return {self.answer: _NOTHING, self.curves: gr.update(interactive=False)}

    @step_by_step
    def _try(self, values: ComponentValues) -> Iterator[Updates]:
        heat, context = self.heat, self.heat.tab.context
        uploaded, look = heat.seen(values)
        yield {self.answer: _section(_HIDING), heat.notice: _NOTHING}
        found = try_out(context.classifier.network, uploaded.reading, look)
        look = replace(look, trial=found)
        about = words.asked(look.request, uploaded.reading.movements)
        shown = view.trial(found, about)
        yield {
            self.answer: _section(shown + _FORGETTING),
            heat.look: look,
            self.curves: gr.update(interactive=True),
        }
        cells, correlation = control(uploaded.reading, look, context.settings.provider)
        yield {self.answer: _section(shown + view.control(uploaded, look, cells, correlation))}


def _section(content: str) -> str:
    return f'<section class="trial">{content}</section>'
