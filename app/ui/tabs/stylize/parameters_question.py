"""A picture that was painted here comes back: are its settings wanted, or the picture?"""

from collections.abc import Callable
from html import escape
from typing import Any

import gradio as gr
from gradio.blocks import Block

from app.errors import UserError
from app.generation_parameters import GenerationParameters, read_parameters
from app.ui.components.image_input import ImageInput
from app.ui.context import UploadedPicture
from app.ui.handlers import ComponentValues, Updates, in_page

CHOICES = ("Restore the settings", "Use it as a picture")

_QUESTION = "This picture was painted here, and holds its settings. What do you want?"
_GONE = "Please drop the picture here again, and choose then."


class ParametersQuestion:
    """Asks in the notice of a tab, where the next answer of the page takes the question away.

    Args:
        image_input: where pictures come in.
        restore: sets the form as a receipt says.
        receive: takes a picture.

    Attributes:
        pending: the upload that is asked about, and its receipt.
    """

    def __init__(
        self,
        image_input: ImageInput,
        restore: Callable[[ComponentValues, GenerationParameters], Updates],
        receive: Callable[[ComponentValues, UploadedPicture], Updates],
    ) -> None:
        self.image_input, self.restore, self.receive = image_input, restore, receive
        self.notice = image_input.notice
        hours = image_input.context.settings.cache_hours
        self.pending = gr.State(None, time_to_live=3600 * hours)

    def take(self, values: ComponentValues, upload: object) -> Updates:
        """Take an upload: a picture, or one to ask about; see `ImageInput.connect`."""
        context = self.image_input.context
        parameters = read_parameters(context.upload_path(upload))
        if parameters is None:
            return self.receive(values, context.receive_upload(upload))
        return {self.notice: question_html(), self.pending: (upload, parameters)}

    def connect(self, inputs: set[Block], results: list[Any], **slow: Any) -> Any:
        """Connect the buttons; for the arguments see `ImageInput.connect`."""
        outputs = [*results, self.pending]
        return self.notice.select(self.answer, {*inputs, self.pending}, outputs, **slow)

    @in_page
    def answer(self, values: ComponentValues, event: gr.SelectData) -> Updates:
        """Do what was chosen."""
        if values[self.pending] is None:
            raise UserError(_GONE)
        upload, parameters = values[self.pending]
        if event.index == 0:
            shown = self.restore(values, parameters)
        else:
            shown = self.receive(values, self.image_input.context.receive_upload(upload))
        return shown | {self.pending: None}


def question_html() -> str:
    """The question with a button for each answer."""
    buttons = "".join(
        f'<button type="button" class="quiet" data-index="{index}">{escape(words)}</button>'
        for index, words in enumerate(CHOICES)
    )
    return (
        f'<p class="question" role="status">{escape(_QUESTION)}</p>'
        f'<div class="answers">{buttons}</div>'
    )
