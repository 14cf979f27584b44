"""The webcam: its frames are painted one after the other, as fast as the machine can."""

import time
from collections.abc import Callable

import gradio as gr
from gradio.blocks import Block

from app.errors import UserError
from app.imaging import data_uri, read_picture
from app.translation import gettext as _
from app.ui.components.widgets import html
from app.ui.context import AppContext
from app.ui.handlers import ComponentValues, Updates, errors_in_notice
from app.ui.painting.form import decode_data_uri
from app.ui.tabs.stylize.session import StylizeSession, StylizeSettings
from training.common.preprocessing import fit

SIDE = 384
"""Longest side of the painted frames, in pixels."""

LONGEST = 60
"""Seconds after which the next visitor may stream."""

_INTERVAL = 0.1  # Seconds between two frames that the browser sends, at the least.
_FRAME_PIXELS, _FRAME_BYTES = 4_000_000, 4 * 2**20
_INERTIA = 0.8  # Of the rate that is shown, so that it can be read.


class Webcam:
    """Lays itself out and connects itself; to be created once the form is laid out.

    Args:
        context: the stylizer, and how many may stream at once.
        inputs: components that `read_inputs` needs.
        read_inputs: reads styles and settings.
    """

    def __init__(
        self,
        context: AppContext,
        inputs: set[Block],
        read_inputs: Callable[[ComponentValues], tuple[StylizeSession, StylizeSettings]],
    ) -> None:
        self.stylizer, self.read_inputs = context.bundle.stylizer, read_inputs
        about = _(
            "Your camera&rsquo;s pictures are painted in the styles chosen above, for {seconds}"
            " seconds at a time. Nothing of it is kept."
        ).format(seconds=LONGEST)
        html(f'<p class="small">{about}</p>')
        with gr.Row(elem_classes="webcam-row"):
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
            empty = _("The painted stream will appear here.")
            self.notice = html(f'<p class="small">{empty}</p>', "webcam-painting")
        self.rate = gr.State((0.0, 0.0))  # When the last frame was done, and frames per second.
        self.camera.stream(
            self._paint,
            {*inputs, self.camera, self.rate},
            [self.notice, self.rate],
            preprocess=False,
            show_progress="hidden",
            api_visibility="private",
            stream_every=_INTERVAL,
            time_limit=LONGEST,
            # A stream keeps its place in the queue while it runs: it must not block the others.
            concurrency_id="live",
            concurrency_limit=context.settings.heavy_jobs,
        )

    @errors_in_notice
    def _paint(self, values: ComponentValues) -> Updates:
        (session, settings), sent = self.read_inputs(values), values[self.camera]
        if not isinstance(sent, dict):
            raise UserError(_("The camera sent no picture; please allow it and try again."))
        data = decode_data_uri(sent.get("url"), "data:image/", _FRAME_BYTES)
        frame = fit(read_picture(data, max_pixels=_FRAME_PIXELS, max_bytes=_FRAME_BYTES), SIDE)
        # Strength goes from the style of the session's picture: each frame's own would flicker.
        # Strokes finer than the frame would have it painted larger, and lower the rate.
        painting = self.stylizer.paint(
            frame,
            session.style_mix.vector,
            strength=settings.strength,
            own=session.own,
            stroke_size=max(1.0, settings.stroke_size),
        )
        painted = settings.unmasked.finish(painting.picture, frame)
        now = time.monotonic()
        last, rate = values[self.rate]
        newest = 1 / max(1e-3, now - last)
        rate = newest if not rate or newest < 0.5 else _INERTIA * rate + (1 - _INERTIA) * newest
        height, width = painted.shape[:2]
        caption = _("{rate:.1f} pictures a second, {width} &times; {height} pixels.").format(
            rate=rate, width=width, height=height
        )
        source, alt = data_uri(painted, 80), _("You, painted")
        return {
            self.rate: (now, rate),
            self.notice: f'<img class="film" src="{source}" alt="{alt}">'
            f'<p class="small">{caption}</p>',
        }
