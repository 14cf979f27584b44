"""A picture that was painted here comes back: are its settings wanted, or the picture?"""

from collections.abc import Callable
from html import escape
from typing import Any

import gradio as gr
from gradio.blocks import Block

from app.errors import UserError
from app.receipt import Receipt, read_receipt
from app.ui.bringing import Bringing
from app.ui.house import Visit
from app.ui.notice import Said, in_page

CHOICES = ("Restore the settings", "Use it as a picture")

_QUESTION = "This picture was painted here, and holds its settings. What do you want?"
_GONE = "Please drop the picture here again, and choose then."


class ReceiptQuestion:
    """Asks in the notice of a tab, where the next answer of the page takes the question away.

    Args:
        bringing: where pictures come in.
        restore: sets the form as a receipt says.
        receive: takes a picture.

    Attributes:
        pending: the upload that is asked about, and its receipt.
    """

    def __init__(
        self,
        bringing: Bringing,
        restore: Callable[[Said, Receipt], Said],
        receive: Callable[[Said, Visit], Said],
    ) -> None:
        self.bringing, self.restore, self.receive = bringing, restore, receive
        self.notice = bringing.notice
        hours = bringing.house.settings.cache_hours
        self.pending = gr.State(None, time_to_live=3600 * hours)

    def take(self, said: Said, upload: object) -> Said:
        """Take an upload: a picture, or one to ask about; see `Bringing.connect`."""
        house = self.bringing.house
        receipt = read_receipt(house.path(upload))
        if receipt is None:
            return self.receive(said, house.bring(upload))
        return {self.notice: question_html(), self.pending: (upload, receipt)}

    def connect(self, inputs: set[Block], results: list[Any], **slow: Any) -> Any:
        """Connect the buttons; for the arguments see `Bringing.connect`."""
        outputs = [*results, self.pending]
        return self.notice.select(self.answer, {*inputs, self.pending}, outputs, **slow)

    @in_page
    def answer(self, said: Said, event: gr.SelectData) -> Said:
        """Do what was chosen."""
        if said[self.pending] is None:
            raise UserError(_GONE)
        upload, receipt = said[self.pending]
        if event.index == 0:
            shown = self.restore(said, receipt)
        else:
            shown = self.receive(said, self.bringing.house.bring(upload))
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
