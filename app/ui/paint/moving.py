"""Moving pictures: an animation or a short video in, the same painted out."""

import time
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import gradio as gr
import numpy as np

from app.film.moving import FORMATS, LIMITS, paint_moving
from app.imaging import data_uri
from app.serving.film import Film
from app.ui.notice import Said, progress
from app.ui.paint.errand import Errand, StopSign
from app.ui.widgets import film

if TYPE_CHECKING:
    from app.ui.paint.tab import PaintTab

_PAUSE = 0.5  # Seconds between two frames that are shown while painting.


class Moving(Errand):
    """See `Errand`."""

    def __init__(self, tab: "PaintTab") -> None:
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

    def run(self, said: Said, folder: Path, sign: StopSign) -> Iterator[Said]:
        """See `Errand.run`."""
        tab = self.tab
        sitting, wish = tab.sitting(said), tab.form.wish(said).unmasked
        source = Path(tab.house.path(said[self.bring]))
        painter = Film(tab.stylizer, sitting.brush.vector, wish.strength, wish.shown_stroke_size)

        def paint(frame: np.ndarray) -> np.ndarray:
            return wish.finish(painter.paint(frame), frame)

        shown = 0.0
        steps = paint_moving(source, folder / "painted", paint, enough=lambda: sign.raised)
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
            self.notice: f'<p role="status">{done} in {step.seconds:.0f} s.</p>{film(step.file)}',
        }
