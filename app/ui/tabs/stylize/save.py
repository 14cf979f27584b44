"""Downloading the painting in full size: as PNG with its settings inside, or as JPEG."""

from collections.abc import Callable, Iterator

import gradio as gr
from gradio.blocks import Block

from app.generation_parameters import encode_with_parameters
from app.imaging import encode_jpeg
from app.translation import gettext as _
from app.ui.components.downloads import click_link, download_link, file_update
from app.ui.components.widgets import html
from app.ui.context import AppContext
from app.ui.handlers import ComponentValues, Updates, generator_errors_in_notice, progress
from app.ui.tabs.stylize.form import store
from app.ui.tabs.stylize.session import StylizeSession, StylizeSettings


class SaveButtons:
    """Lays the buttons out; to be created inside a column.

    What is painted on pressing is a file only then; see
    `app.ui.components.downloads.download_link`.
    """

    def __init__(self, context: AppContext) -> None:
        self.context, self.stylizer = context, context.bundle.stylizer
        with gr.Row(elem_classes="button-row") as self.row:
            self.png = gr.Button(_("Download PNG"), elem_id="save", elem_classes="quiet")
            self.jpeg = gr.Button(_("Download JPEG"), elem_id="save-jpeg", elem_classes="quiet")
            self.link = download_link("save-link")
        self.notice = html("", "save-notice")

    def connect(
        self,
        inputs: set[Block],
        read_inputs: Callable[[ComponentValues], tuple[StylizeSession, StylizeSettings]],
    ) -> None:
        """Connect the buttons, once the form is laid out.

        Args:
            inputs: components that `read_inputs` needs.
            read_inputs: reads what to paint.
        """
        self.read_inputs = read_inputs
        for button, handler in ((self.png, self.save_png), (self.jpeg, self.save_jpeg)):
            saved = button.click(
                handler,
                inputs,
                [self.link, self.notice],
                # Only while it waits for its turn: then Gradio says at which place in the queue.
                show_progress_on=self.notice,
                api_visibility="private",
                # At its own resolution one may take minutes, for which nobody waits who paints.
                concurrency_id="saving",
                concurrency_limit=self.context.settings.heavy_jobs,
            )
            saved.success(None, None, None, js=click_link("save-link"))

    @generator_errors_in_notice
    def save_png(self, values: ComponentValues) -> Iterator[Updates]:
        """The handler of the first button."""
        yield from self._save(values, jpeg=False)

    @generator_errors_in_notice
    def save_jpeg(self, values: ComponentValues) -> Iterator[Updates]:
        """The handler of the second one."""
        yield from self._save(values, jpeg=True)

    def _save(self, values: ComponentValues, *, jpeg: bool) -> Iterator[Updates]:
        """Paint in full size, and offer the file."""
        session, settings = self.read_inputs(values)
        painting = f"<p>{_('Painting &hellip;')}</p>"
        yield {self.link: gr.update(visible=False), self.notice: painting}
        for step in session.paint_full(self.stylizer, settings):
            if step.painting is None:
                doing = _("Painting part {part} of {total}").format(
                    part=step.step, total=step.total - 1
                )
                yield {self.notice: progress(step, doing)}
        assert step.picture is not None
        title = session.uploaded.title
        if jpeg:
            content = encode_jpeg(step.picture)
            about = _("A JPEG holds no settings; a PNG does.")
        else:
            parameters = store(title, session.style_mix, settings, self.stylizer)
            content = encode_with_parameters(step.picture, parameters)
            about = _("It holds styles and settings: drop it here to restore them.")
        stem = title.rpartition(".")[0] or title
        height, width = step.picture.shape[:2]
        size = _("{width} &times; {height} pixels, {size:.1f} MB.").format(
            width=width, height=height, size=len(content) / 1e6
        )
        yield {
            self.link: file_update(content, f"{stem} painted.{'jpg' if jpeg else 'png'}"),
            self.notice: f'<p class="small" role="status">{size} {about}</p>',
        }
