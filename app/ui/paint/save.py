"""Taking the painting home: in full size, with its receipt inside the file."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import gradio as gr

from app.receipt import encode_with_receipt
from app.ui.notice import Said, progress, step_by_step
from app.ui.paint.receipt import write
from app.ui.take_home import again, offer, press
from app.ui.widgets import html

if TYPE_CHECKING:
    from app.ui.paint.tab import PaintTab


class Save:
    """Lays the buttons out, and connects them; to be made inside a column.

    What is painted on pressing is a file only then; see `app.ui.take_home.again`.
    """

    def __init__(self, tab: "PaintTab") -> None:
        self.tab = tab
        with gr.Row(elem_classes="onward") as self.row:
            self.button = gr.Button("Download in full size", elem_id="save", elem_classes="quiet")
            self.link = again("take")
        self.notice = html("", "save-notice")

    def connect(self) -> None:
        """To be called once the form is laid out."""
        saved = self.button.click(
            self._save,
            self.tab.inputs,
            [self.link, self.notice],
            # Only while it waits for its turn: then Gradio says at which place in the line.
            show_progress_on=self.notice,
            api_visibility="private",
            # At its own resolution one may take minutes, for which nobody waits who paints.
            concurrency_id="saving",
            concurrency_limit=self.tab.house.settings.heavy_jobs,
        )
        saved.success(None, None, None, js=press("take"))

    @step_by_step
    def _save(self, said: Said) -> Iterator[Said]:
        tab = self.tab
        sitting, wish = tab.sitting(said), tab.form.wish(said)
        yield {self.link: gr.update(visible=False), self.notice: "<p>Painting &hellip;</p>"}
        for step in sitting.paint_full(tab.stylizer, wish):
            if step.painting is None:
                doing = f"Painting part {step.step} of {step.total - 1}"
                yield {self.notice: progress(step, doing)}
        assert step.picture is not None
        png = encode_with_receipt(
            step.picture, write(sitting.visit.title, sitting.brush, wish, tab.stylizer)
        )
        name = f"{sitting.visit.title.rpartition('.')[0] or sitting.visit.title} painted.png"
        height, width = step.picture.shape[:2]
        yield {
            self.link: offer(png, name),
            self.notice: f'<p class="small" role="status">{width} &times; {height} pixels,'
            f" {len(png) / 1e6:.1f} MB. It remembers brush and settings: drop it here to have them"
            " back.</p>",
        }
