"""Downloading the painting in full size: as PNG with its receipt inside, or as JPEG."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import gradio as gr

from app.generation_parameters import encode_with_parameters
from app.imaging import encode_jpeg
from app.ui.components.downloads import click_link, download_link, file_update
from app.ui.components.widgets import html
from app.ui.handlers import ComponentValues, Updates, progress, step_by_step
from app.ui.tabs.stylize.parameters import write

if TYPE_CHECKING:
    from app.ui.tabs.stylize.tab import StylizeTab


class Save:
    """Lays the buttons out, and connects them; to be made inside a column.

    What is painted on pressing is a file only then; see
    `app.ui.components.downloads.download_link`.
    """

    def __init__(self, tab: "StylizeTab") -> None:
        self.tab = tab
        with gr.Row(elem_classes="button-row") as self.row:
            self.button = gr.Button("Download PNG", elem_id="save", elem_classes="quiet")
            self.jpeg = gr.Button("Download JPEG", elem_id="save-jpeg", elem_classes="quiet")
            self.link = download_link("take")
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
                concurrency_limit=self.tab.context.settings.heavy_jobs,
            )
            saved.success(None, None, None, js=click_link("take"))

    @step_by_step
    def _save(self, values: ComponentValues) -> Iterator[Updates]:
        yield from self._made(values, jpeg=False)

    @step_by_step
    def _save_jpeg(self, values: ComponentValues) -> Iterator[Updates]:
        yield from self._made(values, jpeg=True)

    def _made(self, values: ComponentValues, *, jpeg: bool) -> Iterator[Updates]:
        """Paint in full size, and offer the file."""
        tab = self.tab
        session, settings = tab.session(values), tab.form.settings(values)
        yield {self.link: gr.update(visible=False), self.notice: "<p>Painting &hellip;</p>"}
        for step in session.paint_full(tab.stylizer, settings):
            if step.painting is None:
                doing = f"Painting part {step.step} of {step.total - 1}"
                yield {self.notice: progress(step, doing)}
        assert step.picture is not None
        if jpeg:
            content, about = encode_jpeg(step.picture), "A JPEG holds no settings; a PNG does."
        else:
            parameters = write(session.uploaded.title, session.style_mix, settings, tab.stylizer)
            content = encode_with_parameters(step.picture, parameters)
            about = "It holds styles and settings: drop it here to restore them."
        stem = session.uploaded.title.rpartition(".")[0] or session.uploaded.title
        height, width = step.picture.shape[:2]
        yield {
            self.link: file_update(content, f"{stem} painted.{'jpg' if jpeg else 'png'}"),
            self.notice: f'<p class="small" role="status">{width} &times; {height} pixels,'
            f" {len(content) / 1e6:.1f} MB. {about}</p>",
        }
