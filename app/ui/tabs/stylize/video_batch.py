"""Moving pictures: an animation or a short video in, the same painted out."""

import time
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import gradio as gr
import numpy as np

from app.imaging import data_uri
from app.serving.video_stylizer import VideoStylizer
from app.ui.components.widgets import video_html
from app.ui.handlers import ComponentValues, Updates, progress
from app.ui.tabs.stylize.batch_job import BatchJob, StopSign
from app.video.stylize import FORMATS, LIMITS, stylize_video

if TYPE_CHECKING:
    from app.ui.tabs.stylize.tab import StylizeTab

_PAUSE = 0.5  # Seconds between two frames that are shown while painting.


class VideoBatch(BatchJob):
    """See `BatchJob`."""

    def __init__(self, tab: "StylizeTab") -> None:
        super().__init__(
            tab,
            about=f"{escape(FORMATS[0].upper() + FORMATS[1:])}: up to {LIMITS.seconds:g} seconds,"
            f" painted at {LIMITS.side} pixels with the styles, strength,"
            " stroke size and colours chosen above.",
            bring="Choose a film",
            take="Save the film",
            elem_id="moving",
            accepts={"file_types": [".gif", ".webp", "video"]},
        )

    def run(self, values: ComponentValues, folder: Path, sign: StopSign) -> Iterator[Updates]:
        """See `BatchJob.run`."""
        tab = self.tab
        session, settings = tab.session(values), tab.form.settings(values).unmasked
        source = Path(tab.context.upload_path(values[self.bring]))
        painter = VideoStylizer(
            tab.stylizer, session.style_mix.vector, settings.strength, settings.shown_stroke_size
        )

        def paint(frame: np.ndarray) -> np.ndarray:
            return settings.finish(painter.paint(frame), frame)

        shown = 0.0
        steps = stylize_video(source, folder / "painted", paint, enough=lambda: sign.raised)
        for step in steps:
            if step.file is not None:
                break
            assert step.picture is not None
            painted, frames = step.step, step.total - 1  # The last step is for the file.
            if time.monotonic() > shown + _PAUSE:
                shown = time.monotonic()
                preview = f'<img class="film" src="{data_uri(step.picture)}" alt="">'
                yield {self.notice: progress(step, f"Frame {painted} of {frames}") + preview}
        assert step.file is not None
        done = f"{painted} frames painted"
        if sign.raised and painted < frames:
            done = f"Stopped after {painted} of {frames} frames, painted"
        yield {
            self.link: gr.update(visible=True, value=str(step.file)),
            self.notice: f'<p role="status">{done} in {step.seconds:.0f} s.</p>'
            + video_html(step.file),
        }
