"""Whether a heat map is to be trusted: the button, and what it brings, one part after the other."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import gradio as gr
from gradio.blocks import Block

from app.ui.inside import heat_view as view
from app.ui.inside import heat_words as words
from app.ui.inside.heat_look import control, try_out
from app.ui.inside.heat_save import CURVES
from app.ui.notice import Said, step_by_step
from app.ui.widgets import html

if TYPE_CHECKING:
    from app.ui.inside.heat import InsideHeat

_NOTHING = ""
_HIDING = (
    '<p role="status">Hiding parts of the picture and asking the network again, which takes two'
    " seconds &hellip;</p>"
)
_FORGETTING = (
    '<p role="status">Now the same method on a network with random weights, which takes some'
    " seconds the first time &hellip;</p>"
)


class HeatTrust:
    """Lays the button out; to be made inside a row. What it brings is laid out by `lay_out`."""

    def __init__(self, heat: "InsideHeat") -> None:
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

    def forget(self) -> Said:
        """For an event handler to return: another map hangs there now."""
        return {self.answer: _NOTHING, self.curves: gr.update(interactive=False)}

    @step_by_step
    def _try(self, said: Said) -> Iterator[Said]:
        heat, house = self.heat, self.heat.tab.house
        visit, look = heat.seen(said)
        yield {self.answer: _section(_HIDING), heat.notice: _NOTHING}
        found = try_out(house.classifier.network, visit.reading, look)
        look = replace(look, trial=found)
        about = words.asked(look.wish, visit.reading.movements)
        shown = view.trial(found, about)
        yield {
            self.answer: _section(shown + _FORGETTING),
            heat.look: look,
            self.curves: gr.update(interactive=True),
        }
        cells, correlation = control(visit.reading, look, house.settings.provider)
        yield {self.answer: _section(shown + view.control(visit, look, cells, correlation))}


def _section(content: str) -> str:
    return f'<section class="trial">{content}</section>'
