"""The Paint slowly tab: your picture, styles, a time; the painting, and how it came about."""

from dataclasses import replace
from html import escape
from typing import Any

import gradio as gr
import numpy as np
from gradio.blocks import Block

from app.errors import UserError
from app.generation_parameters import GenerationParameters
from app.optimize.recipe import PRESETS
from app.ui.components.image_input import ImageInput
from app.ui.components.widgets import compare_slider, problem
from app.ui.context import AppContext, UploadedPicture, require_current
from app.ui.handlers import ComponentValues, Updates, in_page
from app.ui.tabs.optimize.advanced import PRESET
from app.ui.tabs.optimize.comparison import compare_sketch
from app.ui.tabs.optimize.form import OptimizeForm
from app.ui.tabs.optimize.job import JobState
from app.ui.tabs.optimize.parameters import restore
from app.ui.tabs.optimize.progress import BUSY, JobPanel
from app.ui.tabs.optimize.session import OptimizeSession, OptimizeSettings
from app.ui.tabs.optimize.style_picker import OptimizeStylePicker
from app.ui.tabs.stylize.masking import MaskForm
from app.ui.tabs.stylize.parameters_question import ParametersQuestion
from app.ui.tabs.stylize.style_mix import StyleMix
from app.ui.tabs.stylize.widgets import is_settled, pressed, settle
from app.ui.wording import in_words

FIRST = 5
"""The example on the easel when the page opens: a photograph."""

_ALSO = "A painting saved here brings its settings back."


class OptimizeTab:
    """Lays the tab out and connects it; to be made inside the tab.

    Choosing shows what the instant painter makes of it, within a second; only the button paints
    slowly. While it does, styles and settings may be changed for the next time, but not the
    picture. Sessions that rested too long are noticed as in `ReadTab`.
    """

    def __init__(self, context: AppContext) -> None:
        self.context, self.stylizer = context, context.bundle.stylizer
        self.image_input = ImageInput(context, "Paint", "slowly", _ALSO, first=FIRST)
        self.notice = self.image_input.notice
        with gr.Row(elem_classes="two-columns"):
            left = gr.Column(scale=7, min_width=320)
            right = gr.Column(scale=4, min_width=300)
        with right:
            self.style_picker = OptimizeStylePicker(context.bundle)
        first = self._first()
        with left:
            self.compare_slider = compare_slider(compare_sketch(first), "slowly", "opaque")
            self.masks = MaskForm("slowly-")
            self.work = JobPanel(self)
        with right:
            self.form = OptimizeForm(self.masks)
        self.work.lay_out_story()
        rest = 3600 * context.settings.cache_hours
        self.state = gr.State(first, time_to_live=rest)
        self.job_state = gr.State(JobState(), time_to_live=rest, delete_callback=JobState.clear)
        self.token = gr.Textbox(first.token, visible=False)
        self.inputs: set[Block] = {
            *(self.state, self.job_state, self.token, self.style_picker.blend),
            *self.form.parts,
        }
        self.question = ParametersQuestion(self.image_input, self._restore, self.receive)
        self._connect()
        self.work.connect()

    def _first(self) -> OptimizeSession:
        session = OptimizeSession(
            self.context.example(FIRST), self.style_picker.first, is_initial=True
        )
        return session.sketched(self.stylizer, OptimizeSettings(PRESETS[PRESET]))

    def _connect(self) -> None:
        style_picker, inputs = self.style_picker, self.inputs
        self.results = [
            *(self.state, self.token, *self.image_input.outputs, self.compare_slider),
            *(*style_picker.outputs, *self.form.parts, self.masks.pens),
            *(self.form.paint, self.form.go_on),
        ]
        usual: dict[str, Any] = {"api_visibility": "private", **self.context.heavy}
        live = usual | {"show_progress": "hidden", "trigger_mode": "always_last"}
        # Without preprocessing Gradio hands over files as they were uploaded, byte for byte.
        slow = usual | {"show_progress_on": self.compare_slider}
        as_sent = slow | {"preprocess": False}
        self.image_input.connect(
            self.receive,
            inputs,
            [*self.results, self.question.pending],
            receive_upload=self.question.take,
            check=self._check_idle,
            **slow,
        )
        self.question.connect(inputs, self.results, **slow)
        style_picker.bring.upload(
            self._bring_styles, {*inputs, style_picker.bring}, self.results, **as_sent
        )
        for gallery in (style_picker.wall, style_picker.uploaded_styles):
            chosen = slow | {"trigger_mode": "always_last"}
            settle(gallery.select(self._choose, inputs, self.results, **chosen))
        style_picker.blend.input(self._unblend, inputs, self.results, **live)
        style_picker.weights.input(
            self._weigh, {*inputs, style_picker.weights}, self.results, **live
        )
        for part in self.form.advanced.sketched:
            part.input(self._change, inputs, self.results, **live)

    def _restore(self, values: ComponentValues, parameters: GenerationParameters) -> Updates:
        """Set the form as a receipt says, and the picture, if both are examples."""
        session = self.session(values)
        now = self.form.settings(values)
        restored = restore(parameters, self.style_picker.known, now, session.uploaded)
        moved = restored.example is not None and not values[self.job_state].busy
        if moved:
            session = session.receive(self.context.example(restored.example or 0))
        session = replace(session, style_mix=restored.style_mix or session.style_mix)
        session = session.sketched(self.stylizer, restored.settings)
        shown = self._show(values, session) | self.form.show(restored.settings)
        if moved:
            shown[self.compare_slider] = compare_sketch(session).update()
        return shown | {self.notice: f'<p role="status">{escape(restored.notice)}</p>'}

    @in_page
    def _choose(self, values: ComponentValues, event: gr.SelectData) -> Updates:
        session, indices = self.session(values), pressed(event)
        if not indices:  # The event before told of them.
            return {self.notice: gr.skip()}
        blend = values[self.style_picker.blend] is True
        style_mix, refused = self.style_picker.choose(session, indices, blend=blend)
        shown = self._sketch(values, replace(session, style_mix=style_mix))
        return shown | ({self.notice: problem(refused)} if refused else {})

    @in_page
    def _bring_styles(self, values: ComponentValues) -> Updates:
        session, uploads = self.session(values), values[self.style_picker.bring] or []
        for upload in uploads:
            style = self.style_picker.style(
                self.context.upload_title(upload), self.context.decode_upload(upload)
            )
            session = self.style_picker.welcome(
                session, style, blend=values[self.style_picker.blend] is True
            )
        return self.image_input.with_file_notes(self._sketch(values, session), uploads)

    @in_page
    def _weigh(self, values: ComponentValues) -> Updates:
        told, session = values[self.style_picker.weights], self.session(values)
        session = replace(session, style_mix=self.style_picker.weigh(session.style_mix, told))
        if not is_settled(told):
            return {self.state: session}
        return self._sketch(values, session, dragged=True)

    @in_page
    def _unblend(self, values: ComponentValues) -> Updates:
        session = self.session(values)
        if values[self.style_picker.blend] is True or len(session.style_mix.styles) < 2:
            return {self.notice: self.image_input.hint}
        return self._sketch(values, replace(session, style_mix=session.style_mix.alone()))

    @in_page
    def _change(self, values: ComponentValues) -> Updates:
        return self._sketch(values, self.session(values))

    def receive(
        self, values: ComponentValues, uploaded: UploadedPicture, style_mix: StyleMix | None = None
    ) -> Updates:
        """Another picture on the easel; an old mask would not fit it.

        Args:
            values: what the page says.
            uploaded: the picture.
            style_mix: of the Paint tab, to take over; without it the styles stay.

        Raises:
            UserError: one is being painted.
        """
        self._check_idle(values)
        session = values[self.state].receive(uploaded)
        lost: list[str] = []
        if style_mix is not None:
            session, lost = self.style_picker.adopt(session, style_mix)
        wiped: Updates = {self.masks.sheet: {}}
        session = session.sketched(self.stylizer, self.form.settings(values | wiped))
        shown = self._show(values, session) | wiped | self.image_input.received(uploaded)
        shown[self.compare_slider] = compare_sketch(session).update()
        if style_mix is not None:
            shown[self.style_picker.blend] = len(session.style_mix.styles) > 1
            shown[self.style_picker.tabs] = gr.update(
                selected=self.style_picker.shelf_of(session.style_mix)
            )
        if lost:
            shown[self.notice] = f'<p role="status">{escape(_not_slowly(lost))}</p>'
        return shown

    def _check_idle(self, values: ComponentValues) -> None:
        if values[self.job_state].busy:
            raise UserError(BUSY)

    def session(self, values: ComponentValues) -> OptimizeSession:
        """What the visitor is about to paint.

        Raises:
            UserError: the session has begun anew, while the page shows something older.
        """
        session: OptimizeSession = values[self.state]
        return require_current(session, values[self.token])

    def home(self, values: ComponentValues) -> tuple[np.ndarray, str, str]:
        """The newest painting, uint8 RGB [H,W,3], its title, and how it was made.

        Raises:
            UserError: nothing was painted slowly yet, or the session has begun anew.
        """
        self.session(values)
        job_state: JobState = values[self.job_state]
        if job_state.home is None:
            raise UserError("There is no painting yet; please press Paint first.")
        return job_state.home

    def _sketch(
        self, values: ComponentValues, session: OptimizeSession, *, dragged: bool = False
    ) -> Updates:
        session = session.sketched(self.stylizer, self.form.settings(values))
        return self._show(values, session, dragged=dragged)

    def _show(
        self, values: ComponentValues, session: OptimizeSession, *, dragged: bool = False
    ) -> Updates:
        """What was chosen, for the next painting; the sketch, unless one is being painted."""
        job_state: JobState = values[self.job_state]
        shown = self.style_picker.show(session, dragged=dragged) | {
            **self.masks.show(values, session.style_mix),
            self.state: session,
            self.token: session.token,
            self.notice: self.image_input.hint,
        }
        if job_state.busy:
            return shown | {self.notice: f'<p role="status">{escape(_NEXT_TIME)}</p>'}
        job_state.put_away()
        return shown | {
            self.compare_slider: compare_sketch(session).update_overlay(),
            self.form.paint: gr.update(value="Paint"),
            self.form.go_on: gr.update(visible=False),
        }


_NEXT_TIME = "This will count when you press Paint the next time."


def _not_slowly(titles: list[str]) -> str:
    are = "is a style" if len(titles) == 1 else "are styles"
    return f"{in_words(titles, 'and')} {are} of the Paint tab only; please choose another here."
