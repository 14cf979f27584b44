"""The Paint tab: your picture, styles, the painting, and what the classifier says of it."""

import secrets
from dataclasses import replace
from html import escape
from typing import Any

import gradio as gr
import numpy as np
from gradio.blocks import Block

from app.errors import UserError
from app.generation_parameters import GenerationParameters
from app.translation import gettext as _
from app.ui.components.widgets import compare_slider, section
from app.ui.context import AppContext, UploadedPicture, errors_as_messages
from app.ui.handlers import ComponentValues, Updates, errors_in_notice
from app.ui.painting.form import MaskForm
from app.ui.painting.sliders import is_settled, slider_positions
from app.ui.painting.style_mix import StyleMix, surprise
from app.ui.painting.style_picker import UPLOADS
from app.ui.painting.tab import FIRST_EXAMPLE, PaintingInputs, PaintingTab
from app.ui.tabs.stylize.batches import ImageBatch, VideoBatch
from app.ui.tabs.stylize.comparison import BeforeAfter, compared_pictures
from app.ui.tabs.stylize.form import STRENGTH, StylizeForm, StylizeFormState, restore
from app.ui.tabs.stylize.results import COMPARE, Result, find, keep, result_strip, strip_html
from app.ui.tabs.stylize.save import SaveButtons
from app.ui.tabs.stylize.session import StylizeSession, StylizeSettings
from app.ui.tabs.stylize.style_picker import StylizeStylePicker
from app.ui.tabs.stylize.webcam import Webcam

StylizeInputs = PaintingInputs[StylizeSession, StylizeFormState]


class StylizeTab(PaintingTab[StylizeSession, StylizeFormState]):
    """Lays the tab out and connects it; to be created inside the tab.

    Every handler gets the whole form and paints anew; where the style vector has not changed, only
    colours and mask are, see `StylizeSession.paint`. Sessions that rested too long are noticed as
    in `ReadTab`.
    """

    style_picker: StylizeStylePicker

    def __init__(self, context: AppContext) -> None:
        super().__init__(context, "paint")
        with gr.Row(elem_classes="two-columns"):
            left = gr.Column(scale=7, min_width=320)
            right = gr.Column(scale=4, min_width=300)
        with right:
            self.style_picker = StylizeStylePicker(self.bundle)
        first = self._first_session()
        with left:
            self.compare_slider = compare_slider(
                compared_pictures(first, first.parts, StylizeSettings()), "painting", "opaque"
            )
            self.masks = MaskForm()
            self.save = SaveButtons(context)
            self.strip = result_strip()
        with right:
            self.form = StylizeForm(self.masks)
        self.before_after = BeforeAfter(context.classifier, self.bundle, first)
        self._add_state(first)
        self.painted = gr.State("")  # Changes whenever there is a new painting to read.
        self.inputs = {self.state, self.token, self.style_picker.blend, *self.form.parts}
        self.outputs = [
            *(self.state, self.token, self.painted, *self.image_input.outputs),
            *(self.compare_slider, self.strip, *self.form.parts, self.masks.pens),
            *self.style_picker.outputs,
        ]
        self.receive_outputs = [*self.outputs, *self.style_picker.previews.outputs]
        self._connect()
        self._lay_out_batches()

    def _first_session(self) -> StylizeSession:
        uploaded = self.context.example(FIRST_EXAMPLE)
        first = StylizeSession(
            uploaded=uploaded,
            own=self.stylizer.encode(uploaded.picture),
            style_mix=self.style_picker.first,
            is_initial=True,
        )
        return first.paint(self.stylizer, StylizeSettings())

    def _connect(self) -> None:
        picker, form, inputs = self.style_picker, self.form, self.inputs
        options: dict[str, Any] = {"api_visibility": "private", **self.context.painting_queue}
        live = options | {"show_progress": "hidden", "trigger_mode": "always_last"}
        # While it is painted, or waits for its turn, the compare slider says so.
        waiting = options | {"show_progress_on": self.compare_slider}
        received = self.image_input.connect(
            self.receive,
            inputs,
            [*self.receive_outputs, self.question.pending],
            receive_upload=self.question.receive_upload,
            restore=self.reload,
            **waiting,
        )
        answered = self.question.connect(inputs, self.receive_outputs, **waiting)
        gone_back = self.strip.select(
            self._select_result, inputs, self.receive_outputs, trigger_mode="always_last", **waiting
        )
        for event in (*received, answered, gone_back):
            self.follow(event)
        self._connect_styles(options)
        picker.mixer.input(self._mix, {*inputs, picker.mixer}, self.outputs, **live)
        picker.surprise.click(self._surprise, inputs, self.outputs, **waiting)
        changing = (form.strength, form.stroke_size, form.colours, form.native, *self.masks.parts)
        for part in changing:
            part.input(self._change, inputs, self.outputs, **live)
        form.style_size.input(self._resize, inputs, self.outputs, **live)
        curve = self.before_after.curve
        self.painted.change(
            self._read_painting, {*inputs, curve}, [self.before_after.view, curve], **options
        )
        self.save.connect(inputs, self._session_and_settings)

    def _lay_out_batches(self) -> None:
        section(
            _("More than one picture"),
            _("The same styles for a whole folder, for a video, or for what your camera sees."),
        )
        shared = (self.context, self.inputs, self._session_and_settings)
        with gr.Accordion(_("Many pictures at once"), open=False):
            self.image_batch = ImageBatch(*shared)
        with gr.Accordion(_("An animation or a short video"), open=False):
            self.video_batch = VideoBatch(*shared)
        with gr.Accordion(_("Live from your camera"), open=False):
            self.webcam = Webcam(*shared)

    def entered(self, tab: gr.Tab) -> None:
        """Make the previews when the tab is opened with a picture that has none yet."""
        self.follow(tab.select(None, None, None))

    def follow(self, event: Any) -> None:
        """Make the previews after an event that called `receive`."""
        self.style_picker.previews.connect(event, self.state, self.token)

    def result(self, values: ComponentValues) -> tuple[str, np.ndarray, str]:
        """Title of the painting that is shown, uint8 RGB [H,W,3], and how it was made.

        Raises:
            UserError: the session has started again, or the form says what it cannot.
        """
        session, settings = self._session_and_settings(values)
        title = _("{title}, painted").format(title=session.uploaded.title)
        made = _("Painted here after {styles}.").format(styles=session.style_mix.description())
        return title, session.shown(settings), made

    def _session_and_settings(
        self, values: ComponentValues
    ) -> tuple[StylizeSession, StylizeSettings]:
        inputs = self.read(values)
        return inputs.session, inputs.form.settings

    def _read_form(self, values: ComponentValues) -> StylizeFormState:
        return self.form.read(values)

    def _style_size(self, form: StylizeFormState) -> float:
        return form.settings.style_size

    def _form_with(self, form: StylizeFormState, updates: Updates) -> StylizeFormState:
        """What the form will say once the page shows an answer."""
        return self.form.read(form.values | updates)

    @errors_in_notice
    def _mix(self, values: ComponentValues) -> Updates:
        inputs, mixer = self.read(values), self.style_picker.mixer
        style_mix = self.style_picker.mix(values[mixer])
        changed = inputs.with_session(inputs.session.with_mix(style_mix))
        return self._show(changed, dragged=mixer, settled=is_settled(values[mixer]))

    @errors_in_notice
    def _surprise(self, values: ComponentValues) -> Updates:
        inputs = self.read(values)
        style_mix, strength = surprise(self.style_picker.styles, np.random.default_rng())
        updates: Updates = {self.form.strength: slider_positions(STRENGTH, [100 * strength])}
        changed = inputs.with_session(inputs.session.with_mix(style_mix))
        return updates | self._show(changed.with_form(self._form_with(inputs.form, updates)))

    @errors_in_notice
    def _resize(self, values: ComponentValues) -> Updates:
        inputs = self.read(values)
        session = inputs.session.resized(inputs.form.settings.style_size, self.stylizer)
        return self._show(inputs.with_session(session))

    @errors_in_notice
    def _select_result(self, values: ComponentValues, event: gr.SelectData) -> Updates:
        inputs = self.read(values)
        result = find(inputs.session.results, event.index)
        if event.value == COMPARE:
            return self._compare(inputs, result)
        return self._go_back(inputs, result)

    def _compare(self, inputs: StylizeInputs, result: Result) -> Updates:
        """Show a result left of the line; if it is there already, the picture again."""
        settings = inputs.form.settings
        is_shown = inputs.session.compared == result.number
        session = inputs.session.paint(self.stylizer, settings)
        session = replace(session, compared=None if is_shown else result.number)
        comparison = compared_pictures(session, session.parts, settings)
        if not is_shown:
            label = escape(result.label)
            left = _("Left of the line: {title}.").format(title=label)
            comparison = replace(
                comparison,
                picture=result.source(),
                alt=label,
                legend=f"{left} {comparison.legend}",
            )
        return self.keep(session) | {
            self.notice: self.image_input.hint,
            self.compare_slider: comparison.update(),
            self.strip: strip_html(session.results, session.compared),
        }

    def _go_back(self, inputs: StylizeInputs, result: Result) -> Updates:
        """Paint the same photograph just as it was painted."""
        session, updates = inputs.session, dict(result.form)
        uploaded = result.photograph(session.uploaded, self.context)
        form = self._form_with(inputs.form, updates)
        if uploaded.token != session.uploaded.token:
            session = session.received(uploaded, self.stylizer)
            updates |= self.style_picker.previews.clear()
        session = session.with_mix(result.styles(session.uploaded_styles))
        session = session.resized(form.settings.style_size, self.stylizer)
        changed = inputs.with_session(session).with_form(form)
        return updates | self._paint(changed, new_picture=True, keeps_result=False)

    @errors_as_messages
    def _read_painting(self, values: ComponentValues) -> Updates:
        try:
            session, settings = self._session_and_settings(values)
        except UserError:  # The session has started again, which the next painting will say.
            return {self.before_after.view: gr.skip()}
        return self.before_after.update(session, settings, values[self.before_after.curve])

    def use_as_style(self, values: ComponentValues, title: str, picture: np.ndarray) -> Updates:
        """Take a picture, uint8 RGB [H,W,3], of another tab as a style.

        Raises:
            UserError: the session has started again.
        """
        inputs = self.read(values)
        size = inputs.form.settings.style_size
        style = self.style_picker.uploaded_style(title, picture, size)
        session = self.style_picker.add(inputs.session, style, blend=inputs.blend)
        # The compare slider was perhaps never in sight, and would not know the picture.
        updates = self._paint(inputs.with_session(session), new_picture=True)
        return updates | {self.style_picker.tabs: gr.update(selected=UPLOADS)}

    def receive(
        self, values: ComponentValues, uploaded: UploadedPicture, style_mix: StyleMix | None = None
    ) -> Updates:
        """See `PaintingTab.receive`; for `receive_outputs`. Call `follow` on the event."""
        cleared: Updates = {self.masks.drawing: {}}
        session: StylizeSession = values[self.state].received(uploaded, self.stylizer)
        updates = dict(cleared)
        if style_mix is not None:
            session, _lost = self.style_picker.adopt(session, style_mix)
            updates |= self.style_picker.open_tab(session.style_mix)
        inputs = self._read(values | cleared, session)
        return self._paint(inputs, new_picture=True) | updates | self.style_picker.previews.clear()

    def _reload(self, inputs: StylizeInputs) -> Updates:
        updates = self._paint(inputs, new_picture=True, keeps_result=False)
        return updates | self.style_picker.previews.clear()

    def restore(self, values: ComponentValues, parameters: GenerationParameters) -> Updates:
        """See `PaintingTab.restore`."""
        inputs = self.read(values)
        session, now = inputs.session, inputs.form.settings
        restored = restore(parameters, now, self.style_picker.find, session.uploaded)
        updates = self.form.update(restored.settings)
        form = self._form_with(inputs.form, updates)
        if restored.example is not None:
            session = session.received(self.context.example(restored.example), self.stylizer)
            updates |= self.style_picker.previews.clear()
        style_mix = restored.style_mix or session.style_mix
        known = {style.key for style in session.uploaded_styles}
        new = [s for s in style_mix.styles if s.picture is not None and s.key not in known]
        session = session.with_mix(style_mix).with_uploaded_styles(new)
        session = session.resized(form.settings.style_size, self.stylizer)
        changed = inputs.with_session(session).with_form(form)
        updates |= self._paint(changed, new_picture=restored.example is not None)
        return updates | {self.notice: f'<p role="status">{escape(restored.notice)}</p>'}

    def _show(
        self, inputs: StylizeInputs, *, dragged: Block | None = None, settled: bool = True
    ) -> Updates:
        return self._paint(inputs, dragged=dragged, settled=settled)

    def _paint(
        self,
        inputs: StylizeInputs,
        *,
        dragged: Block | None = None,
        settled: bool = True,
        new_picture: bool = False,
        keeps_result: bool = True,
    ) -> Updates:
        """Paint, in small while a slider is dragged, and show it.

        Args:
            inputs: what is painted, and how.
            dragged: sliders that must be left where they are.
            settled: whether nobody drags them any more.
            new_picture: whether the picture in the compare slider is another one.
            keeps_result: whether to keep the painting among the last ones.
        """
        session, form = inputs.session, inputs.form
        new_picture = new_picture or session.compared is not None
        session = replace(session, compared=None) if new_picture else session
        updates = self.style_picker.update(session, dragged=dragged)
        updates |= self.masks.update(session.style_mix, per_style=form.mask_per_style)
        updates[self.notice] = self.image_input.hint
        is_draft = not (settled and form.settled)
        if is_draft:
            parts = session.draft(self.stylizer, form.settings)
        else:
            session = session.paint(self.stylizer, form.settings)
            parts = session.parts
        comparison = compared_pictures(session, parts, form.settings)
        if new_picture:
            updates[self.compare_slider] = comparison.update()
        else:
            updates[self.compare_slider] = comparison.update_overlay()
        if is_draft:
            return updates | self.keep(session)
        if keeps_result:
            number = session.results[-1].number + 1 if session.results else 0
            result = Result.of(number, session.uploaded, session.style_mix, comparison, form.values)
            session = replace(session, results=keep(session.results, result))
        updates |= self.keep(session, form.values)
        return updates | {
            self.token: session.token,
            self.painted: secrets.token_hex(4),
            self.strip: strip_html(session.results),
        }
