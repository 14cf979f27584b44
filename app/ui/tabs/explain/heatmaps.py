"""Where it looks: a section of the See inside tab."""

from collections.abc import Iterator
from dataclasses import replace
from threading import Thread
from typing import Any

import gradio as gr
import numpy as np
from gradio.blocks import Block

from app.errors import UserError
from app.imaging import encode_png
from app.serving.faithfulness import Faithfulness
from app.translation import gettext as _
from app.ui.background_job import scroll_into_view
from app.ui.components.downloads import Downloads, File, csv_bytes, npy_bytes
from app.ui.components.widgets import clickable_html, compare_slider, html, section
from app.ui.context import UploadedPicture, require_current
from app.ui.handlers import ComponentValues, Updates, errors_in_notice, generator_errors_in_notice
from app.ui.tabs.explain import heatmap_view as view
from app.ui.tabs.explain.faithfulness_view import faithfulness_html, sanity_check_html
from app.ui.tabs.explain.heatmap_form import HeatmapForm, HeatmapInputs
from app.ui.tabs.explain.heatmap_state import (
    DEEPEST,
    EXACT,
    CamRequest,
    HeatmapState,
    initial_state,
    measure_faithfulness,
    sanity_check,
    updated_state,
    warm_up,
    with_maps,
)
from app.ui.tabs.explain.sections import ExplainSession

CURVES = _("Curves, CSV")
"""The button that waits until faithfulness was measured."""

_SHOW_ALL_DEPTHS = """
() => setTimeout(() => {
  const maps = document.querySelector("#inside-all-depths .depths");
  maps?.scrollIntoView({ behavior: "smooth", block: "nearest" });
}, 100)"""
"""JavaScript after an event: the maps of all depths are below what is in sight. In a moment, once
the page has them; where something went wrong there are none."""


class Heatmaps:
    """Lays the section out.

    The exact class map is computed with the reading, so it is shown at once. Any other request is
    computed at all nine depths together, in one pass, and the maps are kept: then the slider runs
    no network.

    Attributes:
        outputs: everything that `show` changes.
    """

    def __init__(self, session: ExplainSession, first: UploadedPicture) -> None:
        self.session = session
        section(
            _("Where it looks"),
            _(
                "The network turns the picture into maps of what it sees, layer by layer. Choose"
                " how deep to look: the colours show where in the picture the score of a movement"
                " comes from."
            ),
            first=True,
        )
        state = initial_state(first)
        with gr.Row(elem_classes="two-columns"):
            with gr.Column(scale=7, min_width=320):
                shown = view.compared_pictures(first, state)
                self.compare_slider = compare_slider(shown, "inside-heat")
                with gr.Row(elem_classes="button-row"):
                    self.trust = gr.Button(
                        _("Is this map to be trusted?"),
                        elem_id="inside-trust",
                        elem_classes="quiet",
                    )
                    self.save = self._lay_out_downloads()
            with gr.Column(scale=4, min_width=300):
                self.form = HeatmapForm(first)
                self.notice = html("", "inside-heat-notice")
        self.all_depths = clickable_html("", "inside-all-depths")
        self.faithfulness = html("", "inside-faithfulness")
        cache_seconds = 3600 * session.context.settings.cache_hours
        self.state = gr.State(state, time_to_live=cache_seconds)
        self.outputs: list[Any] = [
            *(self.compare_slider, self.state, self.notice, self.all_depths),
            *(self.faithfulness, self.save.buttons[CURVES], self.save.link),
            *(self.form.this, self.form.minus, self.form.depth, self.form.method),
        ]

    def _lay_out_downloads(self) -> Downloads:
        files = {
            _("Picture, PNG"): self._png,
            _("Map, .npy"): self._npy,
            CURVES: self._csv,
        }
        return Downloads(files, "inside-heat", disabled=[CURVES])

    @property
    def inputs(self) -> set[Block]:
        """What `read` reads."""
        return {*self.session.inputs, self.state, *self.form.parts}

    def read(self, values: ComponentValues) -> HeatmapInputs:
        """What the page sends.

        Raises:
            UserError: the session has started again, while the page shows something older.
        """
        uploaded = self.session.uploaded(values)
        state: HeatmapState = values[self.state]
        current = require_current(state, uploaded.token)
        return HeatmapInputs(uploaded, current, self.form.read(values))

    def show(self, uploaded: UploadedPicture) -> Updates:
        """A new picture: at first with the exact class map."""
        state = initial_state(uploaded)
        return {
            self.compare_slider: view.compared_pictures(uploaded, state).update(),
            self.state: state,
            self.notice: "",
            self.all_depths: "",
            **self._clear(),
            **self.form.show(state.request),
        }

    def warm_up_after(self, opened: Any) -> None:
        """Import PyTorch once somebody has opened the tab: it is likely to be needed soon.

        Not meanwhile: that would keep the first pictures waiting for seconds.
        """
        opened.then(self._warm_up, None, None, api_visibility="private", queue=False)

    def connect(self) -> None:
        """Connect the section's own events."""
        form, options = self.form, self.session.event_options
        live = options | {
            "show_progress_on": self.compare_slider,
            "trigger_mode": "always_last",
        }
        for event, handler in (
            (form.this.input, self._show_movements),
            (form.minus.input, self._show_movements),
            (form.depth.input, self._show_depth),
            (form.method.input, self._show_method),
            (form.exact.click, self._show_exact),
            (form.average.click, self._show_average),
        ):
            event(handler, self.inputs, self.outputs, **live)
        shown = form.all_depths.click(self._show_all_depths, self.inputs, self.outputs, **live)
        shown.success(None, None, None, js=_SHOW_ALL_DEPTHS)
        scroll = scroll_into_view("inside-heat")
        self.all_depths.select(
            self._show_pressed_depth, self.inputs, self.outputs, js=scroll, **live
        )
        self.trust.click(
            self._measure_faithfulness,
            self.inputs,
            [self.faithfulness, self.save.buttons[CURVES], self.state, self.notice],
            **options | {"show_progress": "hidden"},
        )
        self.save.connect(self.inputs, self.notice)

    @errors_in_notice
    def _show_movements(self, values: ComponentValues) -> Updates:
        inputs = self.read(values)
        return self._show(inputs, inputs.choices.with_movements(inputs.state.request))

    @errors_in_notice
    def _show_depth(self, values: ComponentValues) -> Updates:
        inputs = self.read(values)
        choices = inputs.choices
        return self._show(inputs, choices.with_depth(inputs.state.request, choices.depth))

    @errors_in_notice
    def _show_pressed_depth(self, values: ComponentValues, event: gr.SelectData) -> Updates:
        inputs, depth = self.read(values), int(event.index)
        return self._show(inputs, inputs.choices.with_depth(inputs.state.request, depth))

    @errors_in_notice
    def _show_method(self, values: ComponentValues) -> Updates:
        inputs = self.read(values)
        return self._show(inputs, inputs.choices.with_method(inputs.state.request))

    @errors_in_notice
    def _show_exact(self, values: ComponentValues) -> Updates:
        inputs = self.read(values)
        request = replace(inputs.state.request, method=EXACT, depths=(DEEPEST,))
        return self._show(inputs, request)

    @errors_in_notice
    def _show_average(self, values: ComponentValues) -> Updates:
        inputs = self.read(values)
        return self._show(inputs, inputs.choices.with_average(inputs.state.request))

    @errors_in_notice
    def _show_all_depths(self, values: ComponentValues) -> Updates:
        """The maps of all depths; the large one stays as it is."""
        inputs = self.read(values)
        uploaded, state = inputs.uploaded, inputs.state
        request = replace(state.request, method=inputs.choices.gradient_method)
        state = replace(with_maps(uploaded, state, request, self._provider), all_depths=True)
        return {
            self.all_depths: view.all_depths_html(uploaded, state),
            self.state: state,
            self.notice: "",
        }

    def _show(self, inputs: HeatmapInputs, request: CamRequest) -> Updates:
        """Another map of the same picture."""
        uploaded = inputs.uploaded
        state = updated_state(uploaded, inputs.state, request, self._provider)
        shown: Updates = {}
        if state.all_depths:
            # The exact map needs no gradients: those of other movements may still be there.
            same = state.maps_key is not None and state.maps_key[:2] == request.maps_key[:2]
            shown[self.all_depths] = view.all_depths_html(uploaded, state) if same else ""
            state = replace(state, all_depths=same)
        return shown | {
            self.compare_slider: view.compared_pictures(uploaded, state).update_overlay(),
            self.state: state,
            self.notice: "",
            **self._clear(),
            **self.form.show(request, inputs.choices),
        }

    def _clear(self) -> Updates:
        """Remove what belongs to the map before: its faithfulness and its files."""
        return {
            self.faithfulness: "",
            self.save.buttons[CURVES]: gr.update(interactive=False),
            **self.save.clear(),
        }

    @generator_errors_in_notice
    def _measure_faithfulness(self, values: ComponentValues) -> Iterator[Updates]:
        inputs, context = self.read(values), self.session.context
        uploaded, state = inputs.uploaded, inputs.state
        wait = _(
            "Hiding parts of the picture and running the network again, which takes two seconds"
        )
        yield {self.faithfulness: _section(_status(wait)), self.notice: ""}
        found = measure_faithfulness(context.classifier.network, uploaded.reading, state)
        about = view.subject(state.request, uploaded.reading.movements)
        shown = faithfulness_html(found, about)
        wait = _(
            "Now the same method on a network with random weights, which takes some seconds the"
            " first time"
        )
        yield {
            self.faithfulness: _section(shown + _status(wait)),
            self.state: replace(state, faithfulness=found),
            self.save.buttons[CURVES]: gr.update(interactive=True),
        }
        cells, correlation = sanity_check(uploaded.reading, state, self._provider)
        check = sanity_check_html(uploaded, state, cells, correlation)
        yield {self.faithfulness: _section(shown + check)}

    def _png(self, values: ComponentValues) -> File:
        inputs = self.read(values)
        uploaded, state = inputs.uploaded, inputs.state
        painted = view.paint(uploaded.picture, uploaded, state.request, state.cells, view.OPACITY)
        return encode_png(painted.picture), _file_name(inputs, "png")

    def _npy(self, values: ComponentValues) -> File:
        inputs = self.read(values)
        return npy_bytes(inputs.state.cells.astype(np.float32)), _file_name(inputs, "npy")

    def _csv(self, values: ComponentValues) -> File:
        inputs = self.read(values)
        if inputs.state.faithfulness is None:
            raise UserError(
                _("There are no curves yet; first ask whether the map is to be trusted.")
            )
        return csv_bytes(_table(inputs.state.faithfulness)), _file_name(inputs, "csv")

    @property
    def _provider(self) -> str:
        return self.session.context.settings.provider

    def _warm_up(self) -> None:
        Thread(target=warm_up, args=(self._provider,), daemon=True).start()


def _section(content: str) -> str:
    return f'<section class="faithfulness">{content}</section>'


def _status(sentence: str) -> str:
    return f'<p role="status">{sentence} &hellip;</p>'


def _file_name(inputs: HeatmapInputs, ending: str) -> str:
    """The picture, the movement, the method, the depth: "harbour Cubism not Realism grad-cam 4"."""
    request, movements = inputs.state.request, inputs.uploaded.reading.movements
    title = inputs.uploaded.title.rpartition(".")[0] or inputs.uploaded.title
    minus = [] if request.minus is None else ["not", movements[request.minus]]
    depths = map(str, request.depths)
    return f"{' '.join([title, movements[request.this], *minus, request.method, *depths])}.{ending}"


def _table(found: Faithfulness) -> list[list[str]]:
    """All four curves as a table with a head."""
    columns = {
        "share": found.shares,
        "deletion": found.map.deletion,
        "deletion_random": found.random.deletion,
        "insertion": found.map.insertion,
        "insertion_random": found.random.insertion,
    }
    rows = zip(*columns.values(), strict=True)
    return [[*columns], *([f"{value:.4f}" for value in row] for row in rows)]
