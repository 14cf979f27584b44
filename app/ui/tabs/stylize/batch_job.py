"""What longer errands of the brush have in common: files in, a button to stop, one file back."""

import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from app.ui.background_job import StopButton, stop_heard
from app.ui.components.downloads import download
from app.ui.components.widgets import html
from app.ui.handlers import ComponentValues, Updates, step_by_step
from app.ui.sessions import SESSIONS

if TYPE_CHECKING:
    from app.ui.tabs.stylize.tab import StylizeTab


@dataclass(eq=False)  # By identity: `Visitors` refers to it weakly.
class StopSign:
    """Whether a visitor has asked for the end; Gradio gives each session a copy of its own.

    Attributes:
        raised: whether to end after the picture at hand.
        left: whether the visitor has left, so that nobody wants the picture at hand.
    """

    raised: bool = False
    left: bool = False

    def clear(self) -> None:
        """End as soon as may be."""
        self.raised = self.left = True


class BatchJob(ABC):
    """Lays itself out and connects itself; to be made once the form is laid out.

    Stop lets the picture at hand be finished and ends the errand there, so that what was painted
    is given back. Gradio's own way, `cancels`, would close the generator, which then can give
    nothing back; that is what Gradio does, at the next step, when the visitor leaves. It waits in a
    line of its own: nobody who paints one picture waits for two hundred.

    Args:
        tab: the room.
        about: HTML of what the errand is.
        bring: words on the button that takes the files.
        take: words on the button that gives the file back.
        elem_id: of the first button; those of the other parts contain it.
        accepts: which files, as `gr.UploadButton` wants it said.
    """

    def __init__(
        self,
        tab: "StylizeTab",
        *,
        about: str,
        bring: str,
        take: str,
        elem_id: str,
        accepts: dict[str, Any],
    ) -> None:
        self.tab = tab
        html(f'<p class="small">{about}</p>')
        with gr.Row(elem_classes="button-row"):
            self.bring = gr.UploadButton(bring, elem_id=elem_id, elem_classes="quiet", **accepts)
            self.stop = gr.Button(
                "Stop", visible=False, elem_id=f"stop-{elem_id}", elem_classes="quiet"
            )
            self.link = download(take, f"take-{elem_id}", visible=False)
        self.notice = html("", f"{elem_id}-notice")
        self.sign = gr.State(StopSign())
        self._connect()

    def _connect(self) -> None:
        usual: dict[str, Any] = {"api_visibility": "private"}
        running = self.bring.upload(
            self._paint,
            {*self.tab.inputs, self.bring, self.sign},
            [self.stop, self.link, self.notice],
            preprocess=False,
            # Only while it waits for its turn: then Gradio says at which place in the line.
            show_progress_on=self.notice,
            **usual,
            **self.tab.context.lengthy,
        )
        # Whatever came of it. Neither of these may wait in a line.
        at_once = usual | {"show_progress": "hidden", "queue": False}
        running.then(lambda: gr.update(visible=False), None, self.stop, **at_once)
        self.stop.click(self._stop, self.sign, self.stop, **at_once)

    @step_by_step
    def _paint(self, values: ComponentValues, request: gr.Request) -> Iterator[Updates]:
        sign: StopSign = values[self.sign]
        sign.raised = sign.left = False
        SESSIONS.clear_on_leaving(request, sign)
        yield {
            self.stop: StopButton.offered(),
            self.link: gr.update(visible=False),
            self.notice: "<p>Painting &hellip;</p>",
        }
        with tempfile.TemporaryDirectory() as folder:
            yield from self.run(values, Path(folder), sign)

    @staticmethod
    def _stop(sign: StopSign) -> dict[str, Any]:
        sign.raised = True
        return stop_heard()

    @abstractmethod
    def run(self, values: ComponentValues, folder: Path, sign: StopSign) -> Iterator[Updates]:
        """Paint, and say in `notice` how far it has come; at last show the file in `link`.

        Args:
            values: what the page says.
            folder: for files; it is deleted in the end.
            sign: whether the visitor has asked for the end.
        """
