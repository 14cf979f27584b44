"""The Paint slowly tab: your picture, styles, a time; the painting, and its losses."""

from dataclasses import dataclass, replace
from html import escape
from typing import Any

import gradio as gr
import numpy as np
from gradio.blocks import Block

from app.errors import UserError
from app.generation_parameters import GenerationParameters
from app.optimize.recipe import PRESETS
from app.translation import gettext as _
from app.translation import ngettext
from app.ui.components.widgets import compare_slider
from app.ui.context import AppContext, UploadedPicture
from app.ui.handlers import ComponentValues, Updates
from app.ui.painting.form import MaskForm
from app.ui.painting.style_mix import StyleMix
from app.ui.painting.tab import FIRST_EXAMPLE, PaintingInputs, PaintingTab
from app.ui.tabs.optimize.advanced_form import PRESET
from app.ui.tabs.optimize.form import OptimizeForm
from app.ui.tabs.optimize.job import OptimizationState
from app.ui.tabs.optimize.job_panel import BUSY, JobPanel
from app.ui.tabs.optimize.job_view import compare_sketch
from app.ui.tabs.optimize.parameters import restore
from app.ui.tabs.optimize.session import OptimizeFormState, OptimizeSession, OptimizeSettings
from app.ui.tabs.optimize.style_picker import OptimizeStylePicker
from app.ui.wording import in_words


@dataclass(frozen=True, eq=False)
class FormAndJob:
    """What the page says beside its session: the form, and the visitor's job."""

    form: OptimizeFormState
    job_state: OptimizationState


OptimizeInputs = PaintingInputs[OptimizeSession, FormAndJob]


class OptimizeTab(PaintingTab[OptimizeSession, FormAndJob]):
    """Lays the tab out and connects it; to be created inside the tab.

    Choosing shows what the instant stylizer makes of it, within a second; only the button paints
    slowly. While it does, styles and settings may be changed for the next time, but not the
    picture. Sessions that rested too long are noticed as in `ReadTab`.
    """

    def __init__(self, context: AppContext) -> None:
        super().__init__(context, "slowly")
        with gr.Row(elem_classes="two-columns"):
            left = gr.Column(scale=7, min_width=320)
            right = gr.Column(scale=4, min_width=300)
        with right:
            self.style_picker = OptimizeStylePicker(self.bundle)
        first = OptimizeSession(
            uploaded=context.example(FIRST_EXAMPLE),
            style_mix=self.style_picker.first,
            is_initial=True,
        ).sketched(self.stylizer, OptimizeSettings(recipe=PRESETS[PRESET]))
        with left:
            self.compare_slider = compare_slider(compare_sketch(first), "slowly", "opaque")
            self.masks = MaskForm("slowly-")
            self.job_panel = JobPanel(context, self.compare_slider)
        with right:
            self.form = OptimizeForm(self.masks)
        self.job_panel.lay_out_history()
        self.job_state = self.job_panel.job_state
        self._add_state(first)
        self.inputs = {
            *(self.state, self.job_state, self.token, self.style_picker.blend),
            *self.form.parts,
        }
        self.outputs = [
            *(self.state, self.token, *self.image_input.outputs, self.compare_slider),
            *(*self.style_picker.outputs, *self.form.parts, self.masks.pens),
            *(self.form.paint, self.form.go_on),
        ]
        self._connect()

    def _connect(self) -> None:
        inputs, outputs = self.inputs, self.outputs
        options: dict[str, Any] = {"api_visibility": "private", **self.context.painting_queue}
        live = options | {"show_progress": "hidden", "trigger_mode": "always_last"}
        waiting = options | {"show_progress_on": self.compare_slider}
        self.image_input.connect(
            self.receive,
            inputs,
            [*outputs, self.question.pending],
            receive_upload=self.question.receive_upload,
            restore=self.reload,
            check=self._check_idle,
            **waiting,
        )
        self.question.connect(inputs, outputs, **waiting)
        self._connect_styles(options)
        for part in self.form.advanced.sketched:
            part.input(self._change, inputs, outputs, **live)
        self.job_panel.connect(self.form, inputs, self._session_and_settings)

    def result(self, values: ComponentValues) -> tuple[str, np.ndarray, str]:
        """Title of the newest painting, uint8 RGB [H,W,3], and how it was made.

        Raises:
            UserError: nothing was painted slowly yet, or the session has started again.
        """
        self.session(values)
        state: OptimizationState = values[self.job_state]
        if state.result is None:
            raise UserError(_("There is no painting yet; please press Paint first."))
        return state.result

    def receive(
        self, values: ComponentValues, uploaded: UploadedPicture, style_mix: StyleMix | None = None
    ) -> Updates:
        """See `PaintingTab.receive`.

        Raises:
            UserError: one is being painted.
        """
        self._check_idle(values)
        session: OptimizeSession = values[self.state].with_picture(uploaded)
        updates: Updates = {self.masks.drawing: {}}
        inputs = self._read(values | {self.masks.drawing: {}}, session)
        if style_mix is not None:
            session, lost = self.style_picker.adopt(session, style_mix)
            updates |= self.style_picker.open_tab(session.style_mix)
            if lost:
                updates[self.notice] = f'<p role="status">{escape(_not_here(lost))}</p>'
        return self._sketch(inputs.with_session(session), new_picture=True) | updates

    def _reload(self, inputs: OptimizeInputs) -> Updates:
        return self._sketch(inputs, new_picture=True)

    def restore(self, values: ComponentValues, parameters: GenerationParameters) -> Updates:
        """See `PaintingTab.restore`."""
        inputs = self.read(values)
        session, form = inputs.session, inputs.form.form
        restored = restore(parameters, form.settings, self.style_picker.find, session.uploaded)
        new_picture = restored.example is not None and not inputs.form.job_state.busy
        if new_picture:
            session = session.with_picture(self.context.example(restored.example or 0))
        session = session.with_mix(restored.style_mix or session.style_mix)
        form = replace(form, settings=restored.settings)
        changed = inputs.with_session(session).with_form(replace(inputs.form, form=form))
        return (
            self._sketch(changed, new_picture=new_picture)
            | self.form.update(restored.settings)
            | {self.notice: f'<p role="status">{escape(restored.notice)}</p>'}
        )

    def _read_form(self, values: ComponentValues) -> FormAndJob:
        return FormAndJob(self.form.read(values), values[self.job_state])

    def _style_size(self, form: FormAndJob) -> float:
        return form.form.settings.recipe.style_scale

    def _session_and_settings(
        self, values: ComponentValues
    ) -> tuple[OptimizeSession, OptimizeSettings]:
        inputs = self.read(values)
        return inputs.session, inputs.form.form.settings

    def _check_idle(self, values: ComponentValues) -> None:
        if values[self.job_state].busy:
            raise UserError(BUSY)

    def _show(
        self, inputs: OptimizeInputs, *, dragged: Block | None = None, settled: bool = True
    ) -> Updates:
        if not settled:
            return self.keep(inputs.session)
        return self._sketch(inputs, dragged=dragged)

    def _sketch(
        self, inputs: OptimizeInputs, *, dragged: Block | None = None, new_picture: bool = False
    ) -> Updates:
        """What was chosen, for the next painting; the sketch, unless one is being painted.

        Args:
            inputs: what was chosen.
            dragged: sliders that must be left where they are.
            new_picture: whether the picture in the compare slider is another one.
        """
        form, job_state = inputs.form.form, inputs.form.job_state
        session = inputs.session.sketched(self.stylizer, form.settings)
        updates = self.style_picker.update(session, dragged=dragged)
        updates |= self.masks.update(session.style_mix, per_style=form.mask_per_style)
        updates |= self.keep(session) | {
            self.token: session.token,
            self.notice: self.image_input.hint,
        }
        if job_state.busy:
            sentence = _("This will count when you press Paint the next time.")
            return updates | {self.notice: f'<p role="status">{escape(sentence)}</p>'}
        job_state.discard()
        comparison = compare_sketch(session)
        return updates | {
            self.compare_slider: comparison.update()
            if new_picture
            else comparison.update_overlay(),
            self.form.paint: gr.update(value=_("Paint")),
            self.form.go_on: gr.update(visible=False),
        }


def _not_here(titles: list[str]) -> str:
    """That styles of the Paint tab cannot be painted slowly."""
    sentence = ngettext(
        "{titles} is a style of the Paint tab only; please choose another here.",
        "{titles} are styles of the Paint tab only; please choose another here.",
        len(titles),
    )
    return sentence.format(titles=in_words(titles, _("and")))
