"""The form of the heat maps: which movement, how deep, and for experts by which method."""

from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from app.errors import UserError
from app.translation import gettext as _
from app.ui.components.widgets import html
from app.ui.context import UploadedPicture
from app.ui.handlers import ComponentValues, Updates
from app.ui.tabs.explain.heatmap_state import (
    DEEPEST,
    DEFAULT_METHOD,
    EXACT,
    CamRequest,
    HeatmapState,
)
from app.ui.tabs.explain.heatmap_view import METHODS
from training.common.depths import DEPTHS

_NONE = ""  # The choice of no movement to subtract.
_ABOUT_DEPTH = _(
    "1 sees lines and colours, finely; 9 sees what decides the verdict, coarsely. At 9 the map can"
    " be exact."
)
_ABOUT_METHODS = _(
    "CAM (Zhou et al. 2016) is exact, and for the last depth only. Grad-CAM (Selvaraju et al. 2017)"
    " and Grad-CAM++ (Chattopadhay et al. 2018) were made for the deepest maps, and are unsure of"
    " shallow ones; LayerCAM (Jiang et al. 2021) was made for all. HiResCAM (Draelos and Carin"
    " 2020) shows gradient times map, place by place."
)


@dataclass(frozen=True)
class HeatmapChoices:
    """What the form says.

    Attributes:
        this: index of the movement.
        minus: index of a movement to subtract, or None.
        depth: 1 to 9.
        method: one of METHODS.
        depths: the ticked ones, from shallow to deep.
    """

    this: int
    minus: int | None
    depth: int
    method: str
    depths: tuple[int, ...]

    @property
    def gradient_method(self) -> str:
        """The chosen method, or the default one where the exact map is chosen."""
        return DEFAULT_METHOD if self.method == EXACT else self.method

    def with_movements(self, request: CamRequest) -> CamRequest:
        """The request for the chosen movements."""
        return replace(request, this=self.this, minus=self.minus)

    def with_depth(self, request: CamRequest, depth: int) -> CamRequest:
        """The request at one depth."""
        return replace(request, method=self.gradient_method, depths=(depth,))

    def with_method(self, request: CamRequest) -> CamRequest:
        """The request by the chosen method."""
        depths = (DEEPEST,) if self.method == EXACT else request.depths
        return replace(request, method=self.method, depths=depths)

    def with_average(self, request: CamRequest) -> CamRequest:
        """The request for the average of the ticked depths.

        Raises:
            UserError: none is ticked.
        """
        if not self.depths:
            reason = _("Without a depth there is nothing to average; please tick one.")
            raise UserError(reason)
        return replace(request, method=self.gradient_method, depths=self.depths)


@dataclass(frozen=True, eq=False)
class HeatmapInputs:
    """What the page sends: the picture, the map that is shown, and what the form says."""

    uploaded: UploadedPicture
    state: HeatmapState
    choices: HeatmapChoices


class HeatmapForm:
    """Lays the form out; to be made inside a column."""

    def __init__(self, first: UploadedPicture) -> None:
        names = list(first.reading.movements)
        self.this = gr.Dropdown(
            [(name, index) for index, name in enumerate(names)],
            value=first.reading.best,
            label=_("Evidence for"),
            elem_id="inside-this",
        )
        others = [(name, str(index)) for index, name in enumerate(names)]
        self.minus = gr.Dropdown(
            [(_("no other movement"), _NONE), *others],
            value=_NONE,
            label=_("but not for"),
            elem_id="inside-minus",
        )
        self.depth = gr.Slider(
            *(1, DEEPEST, DEEPEST),
            step=1,
            label=_("How deep to look"),
            buttons=[],
            elem_id="inside-depth",
        )
        html(f'<p class="small">{_ABOUT_DEPTH}</p>')
        with gr.Row(elem_classes="button-row"):
            self.exact = gr.Button(
                _("Exact class map"), elem_id="inside-exact", elem_classes="quiet"
            )
            self.all_depths = gr.Button(
                _("All nine depths"), elem_id="inside-nine", elem_classes="quiet"
            )
        self._lay_out_advanced()
        self.parts: list[Any] = [self.this, self.minus, self.depth, self.method, self.depths]

    def _lay_out_advanced(self) -> None:
        with gr.Accordion(_("Advanced"), open=False, elem_id="inside-heat-advanced"):
            self.method = gr.Radio(
                [(title, name) for name, title in METHODS.items()],
                value=EXACT,
                label=_("Method"),
                elem_id="inside-method",
            )
            html(f'<p class="small">{_ABOUT_METHODS}</p>')
            self.depths = gr.CheckboxGroup(
                [(f"{depth.number} {depth.name}", depth.number) for depth in DEPTHS],
                value=[5, 7, 9],
                label=_("Depths to average"),
                elem_id="inside-depths",
            )
            self.average = gr.Button(
                _("Show their average"), elem_id="inside-average", elem_classes="quiet"
            )

    def read(self, values: ComponentValues) -> HeatmapChoices:
        """What the form says."""
        minus = values[self.minus]
        return HeatmapChoices(
            this=int(values[self.this]),
            minus=None if minus in (_NONE, None) else int(minus),
            depth=int(values[self.depth]),
            method=str(values[self.method]),
            depths=tuple(sorted({int(depth) for depth in values[self.depths] or []})),
        )

    def show(self, request: CamRequest, choices: HeatmapChoices | None = None) -> Updates:
        """For an event handler to return: the parts as a request says.

        Args:
            request: what is shown.
            choices: what the parts say already, which is left as it is.
        """
        wanted: Updates = {self.this: request.this, self.method: request.method}
        wanted[self.minus] = _NONE if request.minus is None else str(request.minus)
        if len(request.depths) == 1:
            wanted[self.depth] = request.depths[0]
        if choices is None:
            return wanted
        minus = _NONE if choices.minus is None else str(choices.minus)
        present: Updates = {
            self.this: choices.this,
            self.method: choices.method,
            self.minus: minus,
            self.depth: choices.depth,
        }
        return {part: value for part, value in wanted.items() if present[part] != value}
