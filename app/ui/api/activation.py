"""The endpoint `/activation`; see `app.ui.api.endpoints`."""

from collections.abc import Iterator
from functools import partial
from threading import Lock

import gradio as gr
import numpy as np
from gradio import api

from app.errors import UserError
from app.explain.feature_visualization.objective_parser import Channel, ObjectiveExpression, Term
from app.explain.feature_visualization.rendering_config import config_for
from app.imaging import encode_png
from app.translation import gettext as _
from app.ui.api.files import PictureFile, as_file
from app.ui.api.optimize import answers
from app.ui.background_job import POLL_INTERVAL, run_in_background
from app.ui.context import AppContext
from app.ui.tabs.atlas.rendering import BUSY
from app.ui.tabs.atlas.rendering_form import MAX_SEED
from app.ui.tabs.atlas.rendering_job import RenderingJob, RenderingRequest, RenderingState
from training.common.depths import CHANNELS
from training.common.preprocessing import resize

SIDE = 192
"""Of the answered picture, in pixels."""

STEPS = 64
"""Of a picture that is rendered live."""

_AT_ONCE = 16  # Requests, of which one is rendered, while the others wait for it.

_rendering = Lock()


def register(context: AppContext) -> None:
    """Add the endpoint; to be called inside the page."""

    @answers(PictureFile | None)
    def activation(  # noqa: D417 - the request is Gradio's, no program sends it.
        request: gr.Request, layer: str, channel: int, seed: int = 0, live: bool = False
    ) -> Iterator[PictureFile | None]:
        """Show what a channel of the network looks for: a picture optimised to excite it.

        It is no painting that the network has seen. The answer is a PNG of 192 x 192 pixels: the
        atlas' picture, which was rendered beforehand, or with `live` another one in 5 to 30
        seconds; one is rendered at a time, others wait. Until it is done, null is answered about
        every second.

        Args:
            layer: One of conv2_block6, conv3_block12, conv4_block24 and conv5_block16.
            channel: From 0; these layers have 256, 512, 1024 and 1024 channels.
            seed: Of a picture that is rendered live: another one gives another picture.
            live: Whether to render a new picture.

        Returns:
            The picture.
        """
        _check(layer, channel, seed)
        picture = None if live else _tile(context, layer, channel)
        if live:
            job, state = _job(context, layer, channel, seed), RenderingState()
            with state.running(request, BUSY):
                for _step in _render(job, state):
                    yield None
            picture = None if state.left else job.picture
        if picture is not None:
            yield as_file(encode_png(picture), f"{layer}-{channel}.png")

    # Tiles take milliseconds and wait for nothing. One picture is rendered at a time.
    api(activation, api_name="activation", concurrency_limit=_AT_ONCE)


def _check(layer: object, channel: object, seed: object) -> None:
    """Check arguments that a program sent."""
    if not isinstance(layer, str) or layer not in CHANNELS:
        reason = _("There is no layer {layer!r} here; ask for {layers}.")
        raise UserError(reason.format(layer=layer, layers=", ".join(CHANNELS)))
    if not _is_whole(channel, CHANNELS[layer] - 1):
        reason = _("{layer} has the channels 0 to {last}, not {channel!r}.")
        raise UserError(reason.format(layer=layer, last=CHANNELS[layer] - 1, channel=channel))
    if not _is_whole(seed, MAX_SEED):
        reason = _("The seed must be a whole number from 0 to {most}, not {seed!r}.")
        raise UserError(reason.format(most=MAX_SEED, seed=seed))


def _is_whole(value: object, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most


def _tile(context: AppContext, layer: str, channel: int) -> np.ndarray:
    return resize(context.assets.atlas.tile(layer, channel), SIDE, SIDE)


def _render(job: RenderingJob, state: RenderingState) -> Iterator[None]:
    """Render after earlier requests are done; yields while it waits and renders."""
    while not _rendering.acquire(timeout=POLL_INTERVAL):
        yield
    try:
        yield from run_in_background(partial(job.run, state), state.stop)
    finally:
        _rendering.release()


def _job(context: AppContext, layer: str, channel: int, seed: int) -> RenderingJob:
    expression = ObjectiveExpression((Term(1.0, (Channel(layer, channel),)),))
    request = RenderingRequest(expression, config_for(expression, SIDE, STEPS), seed)
    return RenderingJob(request, context.settings.provider)
