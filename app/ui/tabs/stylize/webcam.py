"""The camera, live: frames stream through the brush at whatever rate the machine gives."""

import time
from typing import TYPE_CHECKING

import gradio as gr

from app.errors import UserError
from app.imaging import data_uri, read_picture
from app.ui.components.widgets import html
from app.ui.handlers import ComponentValues, Updates, in_page
from app.ui.tabs.stylize.widgets import decode_data_uri
from training.common.preprocessing import fit

if TYPE_CHECKING:
    from app.ui.tabs.stylize.tab import StylizeTab

SIDE = 384
"""Longest side of the painted frames, in pixels."""

LONGEST = 60
"""Seconds after which the next visitor may stream."""

_INTERVAL = 0.1  # Seconds between two frames that the browser sends, at the least.
_FRAME_PIXELS, _FRAME_BYTES = 4_000_000, 4 * 2**20
_INERTIA = 0.8  # Of the rate that is shown, so that it can be read.


class Webcam:
    """Lays itself out and connects itself; to be made once the form is laid out."""

    def __init__(self, tab: "StylizeTab") -> None:
        self.tab = tab
        html(
            '<p class="small">Your camera&rsquo;s pictures are painted in the styles chosen above,'
            f" for {LONGEST} seconds at a time. Nothing of it is kept.</p>"
        )
        with gr.Row(elem_classes="live"):
            self.camera = gr.Image(
                sources=["webcam"],
                streaming=True,
                show_label=False,
                elem_id="camera",
                buttons=[],
                webcam_options=gr.WebcamOptions(
                    constraints={"video": {"width": {"ideal": 640}, "height": {"ideal": 480}}}
                ),
            )
            self.notice = html('<p class="small">The painted stream will appear here.</p>', "live")
        self.pace = gr.State((0.0, 0.0))  # When the last frame was done, and frames per second.
        self.camera.stream(
            self._paint,
            {*tab.inputs, self.camera, self.pace},
            [self.notice, self.pace],
            preprocess=False,
            show_progress="hidden",
            api_visibility="private",
            stream_every=_INTERVAL,
            time_limit=LONGEST,
            # A stream keeps its place in line while it runs: it must not keep all others waiting.
            concurrency_id="live",
            concurrency_limit=tab.context.settings.heavy_jobs,
        )

    @in_page
    def _paint(self, values: ComponentValues) -> Updates:
        tab, sent = self.tab, values[self.camera]
        session, settings = tab.session(values), tab.form.settings(values).unmasked
        if not isinstance(sent, dict):
            raise UserError("The camera sent no picture; please allow it and try again.")
        data = decode_data_uri(sent.get("url"), "data:image/", _FRAME_BYTES)
        frame = fit(read_picture(data, max_pixels=_FRAME_PIXELS, max_bytes=_FRAME_BYTES), SIDE)
        # The brush alone: a camera's own style, asked for each frame, would make them flicker.
        # Strokes finer than the frame would have it painted larger, and lower the rate.
        painting = tab.stylizer.paint(
            frame,
            session.style_mix.vector,
            strength=settings.strength,
            own=session.own,
            stroke_size=max(1.0, settings.stroke_size),
        )
        painted = settings.finish(painting.picture, frame)
        now = time.monotonic()
        last, rate = values[self.pace]
        newest = 1 / max(1e-3, now - last)
        rate = newest if not rate or newest < 0.5 else _INERTIA * rate + (1 - _INERTIA) * newest
        height, width = painted.shape[:2]
        return {
            self.pace: (now, rate),
            self.notice: f'<img class="film" src="{data_uri(painted, 80)}" alt="You, painted">'
            f'<p class="small">{rate:.1f} pictures a second, {width} &times; {height} pixels.</p>',
        }
