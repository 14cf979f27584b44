"""Where it looks: a section of the See inside tab."""

from dataclasses import replace
from threading import Thread
from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio.blocks import Block

from app.ui.background_job import scroll_into_view
from app.ui.components.widgets import compare_slider, html, pressable, section
from app.ui.context import UploadedPicture, require_current
from app.ui.handlers import ComponentValues, Updates, in_page
from app.ui.tabs.explain.faithfulness_panel import FaithfulnessPanel
from app.ui.tabs.explain.heatmap_downloads import heat_files
from app.ui.tabs.explain.heatmap_form import HeatmapForm
from app.ui.tabs.explain.heatmap_state import (
    DEEPEST,
    EXACT,
    CamRequest,
    HeatmapState,
    answered,
    initial_state,
    updated_state,
    warm_up,
)
from app.ui.tabs.explain.heatmap_view import all_depths, compared_pictures

if TYPE_CHECKING:
    from app.ui.tabs.explain.tab import ExplainTab

_TEXT = (
    "The network turns the picture into maps of what it sees, layer by layer. Choose how deep to"
    " look: the colours show where in the picture the score of a movement comes from."
)

_SHOW_NINE = """
() => setTimeout(() => {
  const maps = document.querySelector("#inside-depth-wall .depths");
  maps?.scrollIntoView({ behavior: "smooth", block: "nearest" });
}, 100)"""
"""JavaScript after an event: the maps of all depths are below what is in sight. In a moment, once
the page has them; where something went wrong there are none."""


class Heatmaps:
    """Lays the section out.

    The exact class map came with the reading, so it is there at once. Any other question is
    answered at all nine depths together, in one pass, and the answer is kept: then the slider asks
    nothing of the network.
    """

    def __init__(self, tab: "ExplainTab", first: UploadedPicture) -> None:
        self.tab = tab
        section("Where it looks", _TEXT, first=True)
        seen = initial_state(first)
        with gr.Row(elem_classes="two-columns"):
            with gr.Column(scale=7, min_width=320):
                self.compare_slider = compare_slider(compared_pictures(first, seen), "inside-heat")
                with gr.Row(elem_classes="button-row"):
                    self.trust = FaithfulnessPanel(self)
                    self.save = heat_files(self)
            with gr.Column(scale=4, min_width=300):
                self.form = HeatmapForm(first)
                self.notice = html("", "inside-heat-notice")
        self.wall = pressable("", "inside-depth-wall")
        self.trust.lay_out()
        rest = 3600 * tab.context.settings.cache_hours
        self.look = gr.State(seen, time_to_live=rest)
        self.outputs: list[Any] = [
            *(
                self.compare_slider,
                self.look,
                self.notice,
                self.wall,
                *self.trust.outputs,
                self.save.link,
            ),
            *(self.form.this, self.form.minus, self.form.depth, self.form.method),
        ]

    @property
    def inputs(self) -> set[Block]:
        """What every handler is told."""
        return {self.tab.state, self.tab.token, self.look, *self.form.parts}

    def show(self, uploaded: UploadedPicture) -> Updates:
        """What is to be seen of a new picture at first: the exact class map."""
        seen = initial_state(uploaded)
        shown: Updates = {
            self.compare_slider: compared_pictures(uploaded, seen).update(),
            self.look: seen,
            self.notice: "",
        }
        shown |= {self.wall: ""} | self.trust.forget() | self.save.clear()
        return shown | self.form.show({}, seen.request)

    def warm_up_after(self, opened: Any) -> None:
        """Import PyTorch once somebody has opened the tab: a look into the depths is near.

        Not meanwhile: that would keep the first views waiting for seconds.
        """
        opened.then(self._warm_up, None, None, api_visibility="private", queue=False)

    def connect(self) -> None:
        """Connect the section's own events."""
        form = self.form
        live = self.tab.usual | {
            "show_progress_on": self.compare_slider,
            "trigger_mode": "always_last",
        }
        for event, handler in (
            (form.this.input, self._ask),
            (form.minus.input, self._ask),
            (form.depth.input, self._deepen),
            (form.method.input, self._choose),
            (form.exact.click, self._exact),
            (form.average.click, self._average),
        ):
            event(handler, self.inputs, self.outputs, **live)
        nine = form.nine.click(self._nine, self.inputs, self.outputs, **live)
        nine.success(None, None, None, js=_SHOW_NINE)
        self.wall.select(
            self._press, self.inputs, self.outputs, js=scroll_into_view("inside-heat"), **live
        )
        self.trust.connect()
        self.save.connect(self.inputs, self.notice)

    def seen(self, values: ComponentValues) -> tuple[UploadedPicture, HeatmapState]:
        """What the visitor brought, and what of it hangs on the easel.

        Raises:
            UserError: the session has begun anew, while the page shows something older.
        """
        uploaded = self.tab.uploaded(values)
        seen: HeatmapState = values[self.look]
        return uploaded, require_current(seen, uploaded.token)

    @in_page
    def _ask(self, values: ComponentValues) -> Updates:
        this, minus = self.form.movements(values)
        return self._show(values, replace(self._wish(values), this=this, minus=minus))

    @in_page
    def _deepen(self, values: ComponentValues) -> Updates:
        return self._show(values, self._at(values, int(values[self.form.depth])))

    @in_page
    def _press(self, values: ComponentValues, event: gr.SelectData) -> Updates:
        return self._show(values, self._at(values, int(event.index)))

    @in_page
    def _choose(self, values: ComponentValues) -> Updates:
        method, request = values[self.form.method], self._wish(values)
        depths = (DEEPEST,) if method == EXACT else request.depths
        return self._show(values, replace(request, method=method, depths=depths))

    @in_page
    def _exact(self, values: ComponentValues) -> Updates:
        return self._show(values, replace(self._wish(values), method=EXACT, depths=(DEEPEST,)))

    @in_page
    def _average(self, values: ComponentValues) -> Updates:
        method, depths = self.form.gradient(values), self.form.averaged(values)
        return self._show(values, replace(self._wish(values), method=method, depths=depths))

    @in_page
    def _nine(self, values: ComponentValues) -> Updates:
        """The wall of nine; the easel stays as it is."""
        uploaded, seen = self.seen(values)
        asked = replace(seen.request, method=self.form.gradient(values))
        seen = replace(answered(uploaded, seen, asked, self._provider), walled=True)
        return {self.wall: all_depths(uploaded, seen), self.look: seen, self.notice: ""}

    def _wish(self, values: ComponentValues) -> CamRequest:
        return self.seen(values)[1].request

    def _at(self, values: ComponentValues, depth: int) -> CamRequest:
        return replace(self._wish(values), method=self.form.gradient(values), depths=(depth,))

    def _show(self, values: ComponentValues, request: CamRequest) -> Updates:
        """Another map of the same picture."""
        uploaded, before = self.seen(values)
        seen = updated_state(uploaded, before, request, self._provider)
        shown = {
            self.compare_slider: compared_pictures(uploaded, seen).update_overlay(),
            self.look: seen,
            self.notice: "",
        }
        if before.walled:
            # The exact map asks nothing, so the wall may show what was asked before.
            same = seen.question is not None and seen.question[:2] == (request.this, request.minus)
            shown |= {self.wall: all_depths(uploaded, seen) if same else ""}
            shown |= {self.look: replace(seen, walled=same)}
        return shown | self.trust.forget() | self.save.clear() | self.form.show(values, request)

    @property
    def _provider(self) -> str:
        return self.tab.context.settings.provider

    def _warm_up(self) -> None:
        Thread(target=warm_up, args=(self._provider,), daemon=True).start()
