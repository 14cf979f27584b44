"""What the tabs Paint and Paint slowly have in common: the handlers of everything about styles."""

import secrets
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Any, Generic, Self, TypeVar
from weakref import WeakValueDictionary

import gradio as gr
from gradio.blocks import Block

from app.generation_parameters import GenerationParameters
from app.translation import gettext as _
from app.ui.components.image_input import ImageInput
from app.ui.components.widgets import problem
from app.ui.context import AppContext, UploadedPicture, require_current
from app.ui.handlers import ComponentValues, Updates, errors_in_notice
from app.ui.painting.form import MaskForm
from app.ui.painting.parameters import ParametersQuestion
from app.ui.painting.session import PaintingSession
from app.ui.painting.sliders import is_settled
from app.ui.painting.style_mix import StyleMix
from app.ui.painting.style_picker import StylePicker, end_waiting, pressed_styles

FIRST_EXAMPLE = 5
"""Index of the example that is shown when the page opens: a photograph."""

SessionT = TypeVar("SessionT", bound=PaintingSession)
FormT = TypeVar("FormT")


@dataclass(frozen=True, eq=False)
class PaintingInputs(Generic[SessionT, FormT]):
    """What the page sends to every handler of a painting tab.

    Attributes:
        session: what the visitor paints.
        form: what the form says.
        blend: whether a style that is pressed joins the others.
    """

    session: SessionT
    form: FormT
    blend: bool

    def with_session(self, session: SessionT) -> Self:
        """The same with the session as it is now."""
        return replace(self, session=session)

    def with_form(self, form: FormT) -> Self:
        """The same with another form."""
        return replace(self, form=form)


class PaintingTab(ABC, Generic[SessionT, FormT]):
    """A tab with a picture, styles, masks and a form; a subclass lays it out and connects it.

    Attributes:
        inputs: components whose values `read` needs.
        outputs: components that handlers update.
    """

    image_input: ImageInput
    style_picker: StylePicker
    compare_slider: gr.HTML
    masks: MaskForm
    state: gr.State
    token: gr.Textbox
    inputs: set[Block]
    outputs: list[Any]

    def __init__(self, context: AppContext, prefix: str) -> None:
        self.context, self.bundle = context, context.bundle
        self.stylizer = context.bundle.stylizer
        also = _("A painting saved here brings its settings back.")
        self.image_input = ImageInput(context, _("Paint"), prefix, also, first=FIRST_EXAMPLE)
        self.notice = self.image_input.notice
        self._kept: WeakValueDictionary[str, SessionT] = WeakValueDictionary()

    def _add_state(self, first: SessionT) -> None:
        """The visitor's session, its token, and the question about uploads."""
        self.state = gr.State(first, time_to_live=3600 * self.context.settings.cache_hours)
        self.token = gr.Textbox(first.token, visible=False)
        self.question = ParametersQuestion(self.image_input, self.restore, self.receive)

    def _connect_styles(self, options: dict[str, Any]) -> None:
        """Connect uploads of styles, galleries, the tick and the weights of a blend.

        Args:
            options: arguments of these events.
        """
        picker, inputs, outputs = self.style_picker, self.inputs, self.outputs
        waiting = options | {"show_progress_on": self.compare_slider}
        live = options | {"show_progress": "hidden", "trigger_mode": "always_last"}
        picker.upload.upload(
            self._upload_styles,
            {*inputs, picker.upload},
            outputs,
            # Without it Gradio passes on files as they were uploaded, byte for byte.
            preprocess=False,
            **waiting,
        )
        for gallery in (*picker.galleries, picker.uploaded):
            chosen = waiting | {"trigger_mode": "always_last"}
            end_waiting(gallery.select(self._choose, inputs, outputs, **chosen))
        picker.blend.input(self._unblend, inputs, outputs, **live)
        picker.weights.input(self._weigh, {*inputs, picker.weights}, outputs, **live)

    def session(self, values: ComponentValues) -> SessionT:
        """What the visitor paints.

        Raises:
            UserError: the session has started again, while the page shows something older.
        """
        session: SessionT = values[self.state]
        return require_current(session, values[self.token])

    def read(self, values: ComponentValues) -> PaintingInputs[SessionT, FormT]:
        """What the page sends, typed.

        Raises:
            UserError: the session has started again, or the form says what it cannot.
        """
        return self._read(values, self.session(values))

    def _read(self, values: ComponentValues, session: SessionT) -> PaintingInputs[SessionT, FormT]:
        blend = values[self.style_picker.blend] is True
        return PaintingInputs(session, self._read_form(values), blend)

    def keep(self, session: SessionT, form: ComponentValues | None = None) -> Updates:
        """For an event handler to return: the session, and the key that restores it on a reload.

        Only the key is sent, to the storage of the visitor's browser tab. It leads to the session
        for as long as Gradio holds that, in memory.

        Args:
            session: as it is now.
            form: what the form says, by its parts; by default what was kept of it.
        """
        key = session.key or secrets.token_hex(16)
        kept = replace(session, key=key, form=session.form if form is None else form)
        self._kept[key] = kept
        return {self.state: kept, self.image_input.token_store: key}

    def reload(self, values: ComponentValues, key: object) -> Updates:
        """Show what the page showed before it was reloaded, or else an example.

        Args:
            values: of `inputs`.
            key: JSON from a client, so anything at all.
        """
        kept = self._kept.get(key) if isinstance(key, str) else None
        if kept is None:
            return self.receive(values, self.context.example(FIRST_EXAMPLE))
        session = replace(kept, key="")  # The key before does not keep the session alive.
        inputs = self._read(values | session.form, session)
        return self._reload(inputs) | session.form | self.style_picker.open_tab(session.style_mix)

    @abstractmethod
    def _reload(self, inputs: PaintingInputs[SessionT, FormT]) -> Updates:
        """Show a session on a page that shows none yet, and keep it."""

    @abstractmethod
    def _read_form(self, values: ComponentValues) -> FormT:
        """What the form says; UserError if it says what it cannot."""

    @abstractmethod
    def _style_size(self, form: FormT) -> float:
        """How large an uploaded style is seen."""

    @abstractmethod
    def _show(
        self,
        inputs: PaintingInputs[SessionT, FormT],
        *,
        dragged: Block | None = None,
        settled: bool = True,
    ) -> Updates:
        """Paint a session that has changed, and show it.

        Args:
            inputs: with the session as it is now.
            dragged: sliders that must be left where they are.
            settled: whether nobody drags them any more.
        """

    @abstractmethod
    def receive(
        self, values: ComponentValues, uploaded: UploadedPicture, style_mix: StyleMix | None = None
    ) -> Updates:
        """Show another picture; old masks would not fit it, and are cleared.

        Args:
            values: of `inputs`.
            uploaded: the picture.
            style_mix: of the other painting tab, to take over; without it the styles stay.
        """

    @abstractmethod
    def restore(self, values: ComponentValues, parameters: GenerationParameters) -> Updates:
        """Set form and styles by generation parameters, and the picture, if both are examples."""

    @errors_in_notice
    def _choose(self, values: ComponentValues, event: gr.SelectData) -> Updates:
        inputs, indices = self.read(values), pressed_styles(event)
        if not indices:  # The event before carried them.
            return {self.notice: gr.skip()}
        style_mix, refused = self.style_picker.choose(inputs.session, indices, blend=inputs.blend)
        updates = self._show(inputs.with_session(inputs.session.with_mix(style_mix)))
        return updates | ({self.notice: problem(refused)} if refused else {})

    @errors_in_notice
    def _upload_styles(self, values: ComponentValues) -> Updates:
        inputs, uploads = self.read(values), values[self.style_picker.upload] or []
        session, size = inputs.session, self._style_size(inputs.form)
        for upload in uploads:
            style = self.style_picker.uploaded_style(
                self.context.upload_title(upload), self.context.decode_upload(upload), size
            )
            session = self.style_picker.add(session, style, blend=inputs.blend)
        return self.image_input.with_file_notes(self._show(inputs.with_session(session)), uploads)

    @errors_in_notice
    def _weigh(self, values: ComponentValues) -> Updates:
        inputs, sliders = self.read(values), self.style_picker.weights
        style_mix = self.style_picker.weigh(inputs.session.style_mix, values[sliders])
        changed = inputs.with_session(inputs.session.with_mix(style_mix))
        return self._show(changed, dragged=sliders, settled=is_settled(values[sliders]))

    @errors_in_notice
    def _unblend(self, values: ComponentValues) -> Updates:
        inputs = self.read(values)
        style_mix = inputs.session.style_mix
        if inputs.blend or not self.style_picker.is_blend(style_mix):
            return {self.notice: self.image_input.hint}
        return self._show(inputs.with_session(inputs.session.with_mix(style_mix.alone())))

    @errors_in_notice
    def _change(self, values: ComponentValues) -> Updates:
        return self._show(self.read(values))
