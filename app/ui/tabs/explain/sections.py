"""What the sections of the See inside tab share: the picture, and how a folded section behaves."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.blocks import Block

from app.ui.context import AppContext, UploadedPicture, require_current
from app.ui.handlers import ComponentValues, Updates


@dataclass(frozen=True, eq=False)
class ExplainSession:
    """The picture that a visitor uploaded last, for all sections.

    Attributes:
        context: what the tabs share.
        state: the `UploadedPicture`.
        token: the page repeats the picture's token here, see `app.ui.context.require_current`.
    """

    context: AppContext
    state: gr.State
    token: gr.Textbox

    @property
    def inputs(self) -> set[Block]:
        """What `uploaded` reads."""
        return {self.state, self.token}

    @property
    def event_options(self) -> dict[str, Any]:
        """Arguments of every event that runs a network."""
        return {"api_visibility": "private", **self.context.painting_queue}

    def uploaded(self, values: ComponentValues) -> UploadedPicture:
        """What the visitor uploaded.

        Raises:
            UserError: the session has started again, while the page shows something older.
        """
        uploaded: UploadedPicture = values[self.state]
        return require_current(uploaded, values[self.token])


class FoldedSection(ABC):
    """A folded part of the tab, filled when it is opened; laid out when it is made.

    Attributes:
        fold: what is opened.
        outputs: everything that changes with the picture.
        choices: what the visitor chose; it stays for the next picture.
    """

    fold: gr.Accordion
    outputs: list[Any]
    choices: set[Block]

    @abstractmethod
    def show(self, uploaded: UploadedPicture, values: ComponentValues) -> Updates:
        """A new picture, within a second; `values` are those of `choices`."""

    @abstractmethod
    def connect(self) -> None:
        """Connect the section's own events; called once the tab is laid out."""
