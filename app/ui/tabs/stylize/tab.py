"""The Paint tab: your picture, styles, the painting, and what the classifier says of it."""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from html import escape
from typing import Any

import gradio as gr
import numpy as np
from gradio.blocks import Block

from app.generation_parameters import GenerationParameters
from app.ui.components.image_input import ImageInput
from app.ui.components.widgets import ComparedPictures, compare_slider, problem
from app.ui.context import AppContext, UploadedPicture, require_current
from app.ui.handlers import ComponentValues, Updates, in_page
from app.ui.tabs.stylize.before_after import BeforeAfter
from app.ui.tabs.stylize.comparison import compared_pictures
from app.ui.tabs.stylize.form import STRENGTH, PaintForm
from app.ui.tabs.stylize.masking import MaskForm
from app.ui.tabs.stylize.more import lay_out_more
from app.ui.tabs.stylize.parameters import restore
from app.ui.tabs.stylize.parameters_question import ParametersQuestion
from app.ui.tabs.stylize.results import COMPARE, Result, find, keep, strip, strip_html
from app.ui.tabs.stylize.save import Save
from app.ui.tabs.stylize.session import UPLOADED_STYLE_SIDE, StylizeSession, StylizeSettings
from app.ui.tabs.stylize.style_mix import Style, StyleMix, surprise
from app.ui.tabs.stylize.style_picker import MOST_GUESTS, StylePicker
from app.ui.tabs.stylize.widgets import is_settled, pressed, settle, slider_positions
from training.common.preprocessing import fit

FIRST = 5
"""The example on the easel when the page opens: a photograph."""

_ALSO = "A painting saved here brings its settings back."


class StylizeTab:
    """Lays the tab out and connects it; to be made inside the tab.

    Every handler is told the whole form and paints anew; where the style vector has not changed,
    only colours and mask are, see `StylizeSession.paint`. Sessions that rested too long are noticed
    as in `ReadTab`.
    """

    def __init__(self, context: AppContext) -> None:
        self.context, self.bundle, self.stylizer = context, context.bundle, context.bundle.stylizer
        uploaded = context.example(FIRST)
        self.image_input = ImageInput(context, "Paint", "paint", _ALSO, first=FIRST)
        self.notice = self.image_input.notice
        with gr.Row(elem_classes="two-columns"):
            left = gr.Column(scale=7, min_width=320)
            right = gr.Column(scale=4, min_width=300)
        with right:
            self.style_picker = StylePicker(self.bundle)
        first = self._first(uploaded)
        with left:
            self.compare_slider = compare_slider(
                compared_pictures(first, first.parts, StylizeSettings()), "painting", "opaque"
            )
            self.masks = MaskForm()
            self.save = Save(self)
            self.strip = strip()
        with right:
            self.form = PaintForm(self.masks)
        self.before_after = BeforeAfter(self, first)
        self.state = gr.State(first, time_to_live=3600 * context.settings.cache_hours)
        self.token = gr.Textbox(first.token, visible=False)
        self.ready = gr.State("")  # Changes whenever there is something new to read.
        self.question = ParametersQuestion(self.image_input, self._restore, self.receive)
        self.inputs: set[Block] = {
            self.state,
            self.token,
            self.style_picker.blend,
            *self.form.parts,
        }
        self._connect()
        self.before_after.connect()
        self.save.connect()
        self.more = lay_out_more(self)

    def _first(self, uploaded: UploadedPicture) -> StylizeSession:
        own = self.stylizer.encode(uploaded.picture)
        first = StylizeSession(uploaded, own, self.style_picker.first, is_initial=True)
        return first.paint(self.stylizer, StylizeSettings())

    def _connect(self) -> None:
        style_picker, form, inputs = self.style_picker, self.form, self.inputs
        self.results = [
            *(
                self.state,
                self.token,
                self.ready,
                *self.image_input.outputs,
                self.compare_slider,
                self.strip,
            ),
            *(*form.parts, self.masks.pens, *style_picker.outputs),
        ]
        usual: dict[str, Any] = {"api_visibility": "private", **self.context.heavy}
        live = usual | {"show_progress": "hidden", "trigger_mode": "always_last"}
        # While it is painted, or waits for its turn, the easel says so.
        slow = usual | {"show_progress_on": self.compare_slider}
        chosen = slow | {"trigger_mode": "always_last"}
        # Without preprocessing Gradio hands over files as they were uploaded, byte for byte.
        as_sent = slow | {"preprocess": False}
        self.brought = [*self.results, *style_picker.previews.outputs]
        come = self.image_input.connect(
            self.receive,
            inputs,
            [*self.brought, self.question.pending],
            receive_upload=self.question.take,
            **slow,
        )
        answered = self.question.connect(inputs, self.brought, **slow)
        gone_back = self.strip.select(self._look_back, inputs, self.brought, **chosen)
        for event in (*come, answered, gone_back):
            self.follow(event)
        style_picker.bring.upload(
            self._bring_styles, {*inputs, style_picker.bring}, self.results, **as_sent
        )
        for gallery in (style_picker.paintings, style_picker.movements):
            settle(gallery.select(self._choose, inputs, self.results, **chosen))
        settle(
            style_picker.uploaded_styles.select(self._choose_guest, inputs, self.results, **chosen)
        )
        style_picker.mixer.input(self._mix, {*inputs, style_picker.mixer}, self.results, **live)
        style_picker.weights.input(
            self._weigh, {*inputs, style_picker.weights}, self.results, **live
        )
        for slider in (form.strength, form.strokes):
            slider.input(self._change, inputs, self.results, **live)
        style_picker.blend.input(self._unblend, inputs, self.results, **live)
        style_picker.surprise.click(self._surprise, inputs, self.results, **slow)
        for part in (form.colours, form.native, *self.masks.parts):
            part.input(self._change, inputs, self.results, **live)
        form.size.input(self._resize, inputs, self.results, **live)

    def entered(self, tab: gr.Tab) -> None:
        """Make the previews when the tab is opened with a picture that has none yet."""
        self.follow(tab.select(None, None, None))

    def follow(self, event: Any) -> None:
        """Make the previews after an event that called `receive`."""
        self.style_picker.previews.connect(self, event)

    @in_page
    def _choose(self, values: ComponentValues, event: gr.SelectData) -> Updates:
        return self._take(values, [self.style_picker.styles[index] for index in pressed(event)])

    @in_page
    def _choose_guest(self, values: ComponentValues, event: gr.SelectData) -> Updates:
        uploaded_styles = self.session(values).uploaded_styles
        return self._take(values, [uploaded_styles[index] for index in pressed(event)])

    @in_page
    def _bring_styles(self, values: ComponentValues) -> Updates:
        session, uploads = self.session(values), values[self.style_picker.bring] or []
        for upload in uploads:
            session = self._welcome(
                values,
                session,
                self.context.upload_title(upload),
                self.context.decode_upload(upload),
            )
        return self.image_input.with_file_notes(self._paint(values, session), uploads)

    @in_page
    def _mix(self, values: ComponentValues) -> Updates:
        mixer = self.style_picker.mixer
        session = replace(self.session(values), style_mix=self.style_picker.mix(values[mixer]))
        return self._paint(values, session, dragged=mixer)

    @in_page
    def _weigh(self, values: ComponentValues) -> Updates:
        weights, session = self.style_picker.weights, self.session(values)
        session = replace(
            session, style_mix=self.style_picker.weigh(session.style_mix, values[weights])
        )
        return self._paint(values, session, dragged=weights)

    @in_page
    def _unblend(self, values: ComponentValues) -> Updates:
        session, style_picker = self.session(values), self.style_picker
        if values[style_picker.blend] is True or not style_picker.is_blend(session.style_mix):
            return {self.notice: self.image_input.hint}
        return self._paint(values, replace(session, style_mix=session.style_mix.alone()))

    @in_page
    def _surprise(self, values: ComponentValues) -> Updates:
        style_mix, strength = surprise(self.style_picker.styles, np.random.default_rng())
        told = {self.form.strength: slider_positions(STRENGTH, [100 * strength])}
        return told | self._paint(values | told, replace(self.session(values), style_mix=style_mix))

    @in_page
    def _look_back(self, values: ComponentValues, event: gr.SelectData) -> Updates:
        session = self.session(values)
        result = find(session.results, event.index)
        if event.value == COMPARE:
            return self._compare(values, session, result)
        return self._go_back(values, session, result)

    def _compare(self, values: ComponentValues, session: StylizeSession, result: Result) -> Updates:
        """Show a result left of the line; if it is there already, the picture again."""
        settings = self.form.settings(values)
        again = session.compared == result.number
        session = session.paint(self.stylizer, settings)
        session = replace(session, compared=None if again else result.number)
        comparison = compared_pictures(session, session.parts, settings)
        if not again:
            legend = f"Left of the line: {escape(result.words)}. {comparison.legend}"
            comparison = replace(
                comparison, picture=result.source(), alt=escape(result.words), legend=legend
            )
        return {
            self.state: session,
            self.notice: self.image_input.hint,
            self.compare_slider: comparison.update(),
            self.strip: strip_html(session.results, session.compared),
        }

    def _go_back(self, values: ComponentValues, session: StylizeSession, result: Result) -> Updates:
        """Paint just as it was painted, the same photograph."""
        uploaded, told = result.uploaded(session, self.context), dict(result.form)
        cleared = {}
        if uploaded.token != session.uploaded.token:
            session = session.receive(uploaded, self.stylizer)
            cleared = self.style_picker.previews.clear()
        session = replace(session, style_mix=result.styles(session))
        session = session.resized(self.form.settings(values | told).size, self.stylizer)
        return cleared | told | self._paint(values | told, session, anew=True, keeps=False)

    @in_page
    def _change(self, values: ComponentValues) -> Updates:
        return self._paint(values, self.session(values))

    @in_page
    def _resize(self, values: ComponentValues) -> Updates:
        session = self.session(values).resized(self.form.settings(values).size, self.stylizer)
        return self._paint(values, session)

    def paint_with(self, values: ComponentValues, title: str, picture: np.ndarray) -> Updates:
        """Take a picture, uint8 RGB [H,W,3], from another tab as a style.

        Raises:
            UserError: the session has begun anew.
        """
        session = self._welcome(values, self.session(values), title, picture)
        # The easel was perhaps never in sight, and would not know the picture.
        shown = self._paint(values, session, anew=True)
        return shown | {self.style_picker.tabs: gr.update(selected="guests")}

    def session(self, values: ComponentValues) -> StylizeSession:
        """What the visitor is painting.

        Raises:
            UserError: the session has begun anew, while the page shows something older.
        """
        session: StylizeSession = values[self.state]
        return require_current(session, values[self.token])

    def _take(self, values: ComponentValues, styles: Sequence[Style]) -> Updates:
        session = self.session(values)
        if not styles:  # The event before told of them.
            return {self.notice: gr.skip()}
        blend = values[self.style_picker.blend] is True
        style_mix, refused = session.style_mix.pressed(styles, blend=blend)
        shown = self._paint(values, replace(session, style_mix=style_mix))
        return shown | ({self.notice: problem(refused)} if refused else {})

    def _welcome(
        self, values: ComponentValues, session: StylizeSession, title: str, picture: np.ndarray
    ) -> StylizeSession:
        """Take a picture, uint8 RGB [H,W,3], as a style of the visitor's own."""
        vector = self.stylizer.encode(picture, self.form.settings(values).size)
        uploaded_style = Style(title, vector, picture=fit(picture, UPLOADED_STYLE_SIDE))
        blend = values[self.style_picker.blend] is True
        style_mix = self.style_picker.choose(session.style_mix, uploaded_style, blend=blend)
        return replace(
            session,
            uploaded_styles=(*session.uploaded_styles, uploaded_style)[-MOST_GUESTS:],
            style_mix=style_mix,
        )

    def receive(
        self, values: ComponentValues, uploaded: UploadedPicture, style_mix: StyleMix | None = None
    ) -> Updates:
        """Another picture on the easel; for `brought`. Call `follow` on the event.

        An old mask would not fit it.

        Args:
            values: what the page says.
            uploaded: the picture.
            style_mix: of the Paint slowly tab, to take over; without it the brush stays.
        """
        session = values[self.state].receive(uploaded, self.stylizer)
        if style_mix is not None:
            session = self.style_picker.adopt(session, style_mix)
        wiped: Updates = {self.masks.sheet: {}}
        shown = self._paint(values | wiped, session, anew=True)
        shown |= {**wiped, **self.image_input.received(uploaded)}
        if style_mix is not None:
            shown[self.style_picker.blend] = len(session.style_mix.styles) > 1
            shown[self.style_picker.tabs] = gr.update(
                selected=self.style_picker.shelf_of(session.style_mix)
            )
        return shown | self.style_picker.previews.clear()

    def _restore(self, values: ComponentValues, parameters: GenerationParameters) -> Updates:
        """Set the form as a receipt says, and the picture, if both are examples."""
        session = self.session(values)
        restored = restore(
            parameters, self.style_picker.known, self.form.settings(values), session.uploaded
        )
        cleared = {}
        if restored.example is not None:
            uploaded = self.context.example(restored.example)
            session = session.receive(uploaded, self.stylizer)
            cleared = self.style_picker.previews.clear()
        style_mix = restored.style_mix or session.style_mix
        known = {uploaded_style.key for uploaded_style in session.uploaded_styles}
        new = (s for s in style_mix.styles if s.picture is not None and s.key not in known)
        session = replace(
            session,
            style_mix=style_mix,
            uploaded_styles=(*session.uploaded_styles, *new)[-MOST_GUESTS:],
        )
        session = session.resized(restored.settings.size, self.stylizer)
        told = self.form.show(restored.settings)
        shown = self._paint(values | told, session, anew=restored.example is not None)
        notice = f'<p role="status">{escape(restored.notice)}</p>'
        return cleared | told | shown | {self.notice: notice}

    def _paint(
        self,
        values: ComponentValues,
        session: StylizeSession,
        *,
        dragged: Any = None,
        anew: bool = False,
        keeps: bool = True,
    ) -> Updates:
        """Paint, in small while a slider is dragged, and show it.

        Args:
            values: what the page says.
            session: what is painted, in which styles.
            dragged: the part whose sliders must be left where they are.
            anew: whether the picture on the easel is another one.
            keeps: whether to keep the painting among the last ones.
        """
        settings, anew = self.form.settings(values), anew or session.compared is not None
        moving = dragged is not None and not is_settled(values[dragged])
        session = replace(session, compared=None) if anew else session
        shown = self.style_picker.show(session, dragged=dragged) | self.masks.show(
            values, session.style_mix
        )
        shown[self.notice] = self.image_input.hint
        if moving or not self.form.settled(values):
            comparison = compared_pictures(
                session, session.draft(self.stylizer, settings), settings
            )
            return shown | {
                self.state: session,
                self.compare_slider: _change_of(comparison, anew=anew),
            }
        session = session.paint(self.stylizer, settings)
        comparison = compared_pictures(session, session.parts, settings)
        if keeps:
            told: dict[Block, Any] = {part: values[part] for part in self.form.parts}
            results = keep(session.results, Result.of(session, comparison, told))
            session = replace(session, results=results)
        return shown | {
            self.state: session,
            self.token: session.token,
            self.ready: secrets.token_hex(4),
            self.compare_slider: _change_of(comparison, anew=anew),
            self.strip: strip_html(session.results),
        }


def _change_of(comparison: ComparedPictures, *, anew: bool) -> dict[str, Any]:
    """For an event handler to return for the easel."""
    return comparison.update() if anew else comparison.update_overlay()
