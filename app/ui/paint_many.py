"""Many pictures at once, painted with the same brush into one archive."""

import tempfile
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import gradio as gr
import numpy as np

from app.batch import MAX_FILES, Upload, paint_batch
from app.receipt import encode_with_receipt
from app.serving.style import towards
from app.ui.paint_notice import Said, progress, step_by_step
from app.ui.paint_receipt import write
from app.ui.widgets import html

if TYPE_CHECKING:
    from app.ui.paint_tab import PaintTab


class Many:
    """Lays itself out and connects itself; to be made once the form is laid out."""

    def __init__(self, tab: "PaintTab") -> None:
        self.tab = tab
        html(
            f'<p class="small">Up to {MAX_FILES} pictures, each painted in full size with the'
            " brush, strength and colours chosen above. You get them back as one ZIP archive.</p>"
        )
        with gr.Row(elem_classes="onward"):
            self.bring = gr.UploadButton(
                "Choose pictures",
                file_count="multiple",
                file_types=["image", ".heic"],
                elem_id="many",
                elem_classes="quiet",
            )
            self.link = gr.DownloadButton(
                "Save the archive", visible=False, elem_id="take-many", elem_classes="quiet"
            )
        self.notice = html("", "many-notice")
        self.bring.upload(
            self._paint,
            {*tab.inputs, self.bring},
            [self.link, self.notice],
            preprocess=False,
            show_progress="hidden",
            api_visibility="private",
            **tab.house.heavy,
        )

    @step_by_step
    def _paint(self, said: Said) -> Iterator[Said]:
        tab, limits = self.tab, self.tab.house.settings
        sitting, wish = tab.sitting(said), tab.form.wish(said)
        receipt = write("one of many", sitting.brush, wish.unmasked, tab.stylizer)
        uploads = [
            Upload(tab.house.title(upload), Path(tab.house.path(upload)))
            for upload in said[self.bring] or []
        ]

        def paint(picture: np.ndarray) -> np.ndarray:
            own = tab.stylizer.encode(picture)
            vector = towards(own, sitting.brush.vector, wish.strength)
            return wish.unmasked.finish(tab.stylizer.paint(picture, vector).picture, picture)

        yield {self.link: gr.update(visible=False), self.notice: "<p>Painting &hellip;</p>"}
        with tempfile.TemporaryDirectory() as folder:
            archive, problems = Path(folder, "painted.zip"), []
            for step in paint_batch(
                uploads,
                archive,
                paint,
                encode=lambda picture: encode_with_receipt(picture, receipt),
                max_pixels=limits.max_pixels,
                max_bytes=limits.max_bytes,
            ):
                if step.problem:
                    problems.append(f"<li><b>{escape(step.name)}</b>: {escape(step.problem)}</li>")
                doing = f"{step.step} of {step.total} done, the last was {step.name}"
                yield {self.notice: progress(step, doing) + _left_out(problems)}
            done = len(uploads) - len(problems)
            size = archive.stat().st_size / 1e6
            yield {
                self.link: gr.update(visible=True, value=str(archive)),
                self.notice: f'<p role="status">{done} of {len(uploads)} pictures painted,'
                f" {size:.1f} MB.</p>{_left_out(problems)}",
            }


def _left_out(problems: list[str]) -> str:
    return f'<ul class="problems">{"".join(problems)}</ul>' if problems else ""
