"""Moving pictures: an animation or a short video in, the same painted out."""

import base64
import tempfile
import time
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import gradio as gr
import numpy as np

from app.moving import FORMATS, LIMITS, paint_moving
from app.serving.style import towards
from app.ui.paint_notice import Said, progress, step_by_step
from app.ui.widgets import data_uri, html

if TYPE_CHECKING:
    from app.ui.paint_tab import PaintTab

_LARGEST_SHOWN = 8 * 2**20  # Bytes: larger films are to be saved only.
_PAUSE = 0.5  # Seconds between two frames that are shown while painting.


class Moving:
    """Lays itself out and connects itself; to be made once the form is laid out."""

    def __init__(self, tab: "PaintTab") -> None:
        self.tab = tab
        html(
            f'<p class="small">{escape(FORMATS[0].upper() + FORMATS[1:])}: up to'
            f" {LIMITS.seconds:g} seconds, painted at {LIMITS.side} pixels with the brush,"
            " strength and colours chosen above.</p>"
        )
        with gr.Row(elem_classes="onward"):
            self.bring = gr.UploadButton(
                "Choose a film",
                file_types=[".gif", ".webp", "video"],
                elem_id="moving",
                elem_classes="quiet",
            )
            self.link = gr.DownloadButton(
                "Save the film", visible=False, elem_id="take-moving", elem_classes="quiet"
            )
        self.notice = html("", "moving-notice")
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
        tab = self.tab
        sitting, wish = tab.sitting(said), tab.form.wish(said).unmasked
        source = Path(tab.house.path(said[self.bring]))
        vector: np.ndarray | None = None

        def paint(frame: np.ndarray) -> np.ndarray:
            nonlocal vector
            if vector is None:  # One for all frames, or they would flicker.
                vector = towards(tab.stylizer.encode(frame), sitting.brush.vector, wish.strength)
            return wish.finish(tab.stylizer.paint(frame, vector).picture, frame)

        yield {self.link: gr.update(visible=False), self.notice: "<p>Painting &hellip;</p>"}
        with tempfile.TemporaryDirectory() as folder:
            shown, file = 0.0, None
            for step in paint_moving(source, Path(folder, "painted"), paint):
                file = step.file
                if step.picture is not None and time.monotonic() > shown + _PAUSE:
                    shown = time.monotonic()
                    doing = f"Frame {step.step} of {step.total - 1}"
                    frame = f'<img class="film" src="{data_uri(step.picture)}" alt="">'
                    yield {self.notice: progress(step, doing) + frame}
            assert file is not None
            yield {
                self.link: gr.update(visible=True, value=str(file)),
                self.notice: f'<p role="status">{step.step - 1} frames painted in'
                f" {step.seconds:.0f} s.</p>{_film(file)}",
            }


def _film(file: Path) -> str:
    """HTML that plays a film, unless it is large."""
    content = file.read_bytes()
    if len(content) > _LARGEST_SHOWN:
        return ""
    kind = {".mp4": "video/mp4", ".gif": "image/gif", ".webp": "image/webp"}[file.suffix]
    source = f"data:{kind};base64,{base64.b64encode(content).decode()}"
    if kind == "video/mp4":
        return f'<video class="film" src="{source}" controls loop playsinline></video>'
    return f'<img class="film" src="{source}" alt="The painted animation">'
