"""What can be asked of a heat map: which movement, how deep, and for experts how."""

from typing import Any

import gradio as gr

from app.errors import UserError
from app.ui.components.widgets import html
from app.ui.context import UploadedPicture
from app.ui.handlers import ComponentValues, Updates
from app.ui.tabs.explain import heatmap_text as words
from app.ui.tabs.explain.heatmap_state import DEEPEST, EXACT, USUAL, CamRequest
from training.common.depths import DEPTHS

_NOBODY = ""  # The choice of no movement to hold against.
_ABOUT_DEPTH = (
    '<p class="small">1 sees lines and colours, finely; 9 sees what decides the verdict, coarsely.'
    " At 9 the map can be exact.</p>"
)
_ABOUT_METHODS = (
    '<p class="small">CAM (Zhou et al. 2016) is exact, and for the last depth only. Grad-CAM'
    " (Selvaraju et al. 2017) and Grad-CAM++ (Chattopadhay et al. 2018) were made for the deepest"
    " maps, and are unsure of shallow ones; LayerCAM (Jiang et al. 2021) was made for all. HiResCAM"
    " (Draelos and Carin 2020) shows gradient times map, place by place.</p>"
)


class HeatmapForm:
    """Lays the form out; to be made inside a column."""

    def __init__(self, first: UploadedPicture) -> None:
        names = list(first.reading.movements)
        self.this = gr.Dropdown(
            [(name, index) for index, name in enumerate(names)],
            value=first.reading.best,
            label="Evidence for",
            elem_id="inside-this",
        )
        self.minus = gr.Dropdown(
            [("no other movement", _NOBODY), *((name, str(i)) for i, name in enumerate(names))],
            value=_NOBODY,
            label="but not for",
            elem_id="inside-minus",
        )
        self.depth = gr.Slider(
            *(1, DEEPEST, DEEPEST),
            step=1,
            label="How deep to look",
            buttons=[],
            elem_id="inside-depth",
        )
        html(_ABOUT_DEPTH)
        with gr.Row(elem_classes="button-row"):
            self.exact = gr.Button("Exact class map", elem_id="inside-exact", elem_classes="quiet")
            self.nine = gr.Button("All nine depths", elem_id="inside-nine", elem_classes="quiet")
        with gr.Accordion("Advanced", open=False, elem_id="inside-heat-advanced"):
            self.method = gr.Radio(
                [(title, name) for name, title in words.METHODS.items()],
                value=EXACT,
                label="Method",
                elem_id="inside-method",
            )
            html(_ABOUT_METHODS)
            self.depths = gr.CheckboxGroup(
                [(f"{depth.number} {depth.name}", depth.number) for depth in DEPTHS],
                value=[5, 7, 9],
                label="Depths to average",
                elem_id="inside-depths",
            )
            self.average = gr.Button(
                "Show their average", elem_id="inside-average", elem_classes="quiet"
            )
        self.parts: list[Any] = [self.this, self.minus, self.depth, self.method, self.depths]

    def movements(self, values: ComponentValues) -> tuple[int, int | None]:
        """Index of the movement, and of the one that is held against it."""
        minus = values[self.minus]
        return int(values[self.this]), None if minus in (_NOBODY, None) else int(minus)

    def gradient(self, values: ComponentValues) -> str:
        """The chosen method, or the usual one where the exact map is chosen."""
        return USUAL if values[self.method] == EXACT else str(values[self.method])

    def averaged(self, values: ComponentValues) -> tuple[int, ...]:
        """The ticked depths, from shallow to deep.

        Raises:
            UserError: none is ticked.
        """
        depths = tuple(sorted({int(depth) for depth in values[self.depths] or []}))
        if not depths:
            raise UserError("Without a depth there is nothing to average; please tick one.")
        return depths

    def show(self, values: ComponentValues, request: CamRequest) -> Updates:
        """For an event handler to return: the parts as a wish says, if they say something else."""
        wanted: Updates = {self.this: request.this, self.method: request.method}
        wanted[self.minus] = _NOBODY if request.minus is None else str(request.minus)
        if len(request.depths) == 1:
            wanted[self.depth] = request.depths[0]
        return {part: value for part, value in wanted.items() if values.get(part) != value}
