"""The endpoint `/activation`; see `app.ui.api.endpoints`."""

from threading import Lock

import numpy as np
from gradio import api

from app.errors import UserError
from app.gradients.dream.recipes import recipe_for
from app.gradients.dream.wish import Channel, Term, Wish
from app.imaging import encode_png
from app.ui.api.files import PictureFile, as_file
from app.ui.atlas.dream_form import MOST_SEED
from app.ui.atlas.dream_run import DreamRun, Order
from app.ui.house import House, guarded
from training.depths import CHANNELS
from training.preprocessing import resize

SIDE = 192
"""Of the answered picture, in pixels."""

STEPS = 64
"""Of a picture that is rendered anew."""

_rendering = Lock()


def register(house: House) -> None:
    """Offer the endpoint; to be called inside the page."""

    @guarded
    def activation(layer: str, channel: int, seed: int = 0, live: bool = False) -> PictureFile:
        """Show what a channel of the network looks for: a picture optimised to please it.

        It is no painting that the network has seen. The answer is a PNG of 192 x 192 pixels: the
        atlas' picture, which was rendered beforehand, or with `live` another one in 5 to 30
        seconds; one is rendered at a time, others wait.

        Args:
            layer: One of conv2_block6, conv3_block12, conv4_block24 and conv5_block16.
            channel: From 0; these layers have 256, 512, 1024 and 1024 channels.
            seed: Of a picture that is rendered anew: another one gives another picture.
            live: Whether to render it anew.

        Returns:
            The picture.
        """
        _check(layer, channel, seed)
        picture = _render(house, layer, channel, seed) if live else _tile(house, layer, channel)
        return as_file(encode_png(picture), f"{layer}-{channel}.png")

    # In no line: tiles take milliseconds, and those that are rendered wait for each other.
    api(activation, api_name="activation")


def _check(layer: object, channel: object, seed: object) -> None:
    """Programs send anything at all."""
    if not isinstance(layer, str) or layer not in CHANNELS:
        raise UserError(f"There is no layer {layer!r} here; ask for {', '.join(CHANNELS)}.")
    if not _is_whole(channel, CHANNELS[layer] - 1):
        raise UserError(f"{layer} has the channels 0 to {CHANNELS[layer] - 1}, not {channel!r}.")
    if not _is_whole(seed, MOST_SEED):
        raise UserError(f"The seed must be a whole number from 0 to {MOST_SEED}, not {seed!r}.")


def _is_whole(value: object, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most


def _tile(house: House, layer: str, channel: int) -> np.ndarray:
    return resize(house.library.atlas.tile(layer, channel), SIDE, SIDE)


def _render(house: House, layer: str, channel: int, seed: int) -> np.ndarray:
    wish = Wish((Term(1.0, (Channel(layer, channel),)),))
    run = DreamRun(Order(wish, recipe_for(wish, SIDE, STEPS), seed), house.settings.provider)
    with _rendering:
        for _ in run.follow():
            pass
    assert run.picture is not None
    return run.picture
