"""Downloading the painting in full size: as PNG with its receipt inside, or as JPEG."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import gradio as gr

from app.imaging import encode_jpeg
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
            self.button = gr.Button("Download PNG", elem_id="save", elem_classes="quiet")
            self.jpeg = gr.Button("Download JPEG", elem_id="save-jpeg", elem_classes="quiet")
            self.link = again("take")
        self.notice = html("", "save-notice")

    def connect(self) -> None:
        """To be called once the form is laid out."""
        for button, handler in ((self.button, self._save), (self.jpeg, self._save_jpeg)):
            saved = button.click(
                handler,
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
        yield from self._made(said, jpeg=False)

    @step_by_step
    def _save_jpeg(self, said: Said) -> Iterator[Said]:
        yield from self._made(said, jpeg=True)

    def _made(self, said: Said, *, jpeg: bool) -> Iterator[Said]:
        """Paint in full size, and offer the file."""
        tab = self.tab
        sitting, wish = tab.sitting(said), tab.form.wish(said)
        yield {self.link: gr.update(visible=False), self.notice: "<p>Painting &hellip;</p>"}
        for step in sitting.paint_full(tab.stylizer, wish):
            if step.painting is None:
                doing = f"Painting part {step.step} of {step.total - 1}"
                yield {self.notice: progress(step, doing)}
        assert step.picture is not None
        if jpeg:
            content, about = encode_jpeg(step.picture), "A JPEG holds no settings; a PNG does."
        else:
            receipt = write(sitting.visit.title, sitting.brush, wish, tab.stylizer)
            content = encode_with_receipt(step.picture, receipt)
            about = "It holds styles and settings: drop it here to restore them."
        stem = sitting.visit.title.rpartition(".")[0] or sitting.visit.title
        height, width = step.picture.shape[:2]
        yield {
            self.link: offer(content, f"{stem} painted.{'jpg' if jpeg else 'png'}"),
            self.notice: f'<p class="small" role="status">{width} &times; {height} pixels,'
            f" {len(content) / 1e6:.1f} MB. {about}</p>",
        }
