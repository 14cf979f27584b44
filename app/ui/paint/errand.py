"""What longer errands of the brush have in common: files in, a button to stop, one file back."""

import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from app.ui.notice import Said, step_by_step
from app.ui.take_home import download
from app.ui.turns import stop_heard, stop_offered
from app.ui.widgets import html

if TYPE_CHECKING:
    from app.ui.paint.tab import PaintTab


@dataclass
class StopSign:
    """Whether a visitor has asked for the end; Gradio gives each session a copy of its own."""

    raised: bool = False


class Errand(ABC):
    """Lays itself out and connects itself; to be made once the form is laid out.

    Stop lets the picture at hand be finished and ends the errand there, so that what was painted
    is given back. Gradio's own way, `cancels`, would close the generator, which then can give
    nothing back; that is what Gradio does, at the next step, when the visitor leaves.

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
        tab: "PaintTab",
        *,
        about: str,
        bring: str,
        take: str,
        elem_id: str,
        accepts: dict[str, Any],
    ) -> None:
        self.tab = tab
        html(f'<p class="small">{about}</p>')
        with gr.Row(elem_classes="onward"):
            self.bring = gr.UploadButton(bring, elem_id=elem_id, elem_classes="quiet", **accepts)
            self.stop = gr.Button(
                "Stop", visible=False, elem_id=f"stop-{elem_id}", elem_classes="quiet"
            )
            self.link = download(take, f"take-{elem_id}", visible=False)
        self.notice = html("", f"{elem_id}-notice")
        self.sign = gr.State(StopSign())
        self._connect()

    def _connect(self) -> None:
        usual: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        running = self.bring.upload(
            self._paint,
            {*self.tab.inputs, self.bring, self.sign},
            [self.stop, self.link, self.notice],
            preprocess=False,
            **usual,
            **self.tab.house.heavy,
        )
        # Whatever came of it. Neither of these may wait in a line.
        running.then(lambda: gr.update(visible=False), None, self.stop, queue=False, **usual)
        self.stop.click(self._stop, self.sign, self.stop, queue=False, **usual)

    @step_by_step
    def _paint(self, said: Said) -> Iterator[Said]:
        sign: StopSign = said[self.sign]
        sign.raised = False
        yield {
            self.stop: stop_offered(),
            self.link: gr.update(visible=False),
            self.notice: "<p>Painting &hellip;</p>",
        }
        with tempfile.TemporaryDirectory() as folder:
            yield from self.run(said, Path(folder), lambda: sign.raised)

    @staticmethod
    def _stop(sign: StopSign) -> dict[str, Any]:
        sign.raised = True
        return stop_heard()

    @abstractmethod
    def run(self, said: Said, folder: Path, enough: Callable[[], bool]) -> Iterator[Said]:
        """Paint, and say in `notice` how far it has come; at last show the file in `link`.

        Args:
            said: what the page says.
            folder: for files; it is deleted in the end.
            enough: whether the visitor has asked for the end.
        """
