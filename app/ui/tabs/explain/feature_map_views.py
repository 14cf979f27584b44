"""How layers answer to a visitor's picture, with what is known of their channels."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

from app.errors import UserError
from app.serving.channels import LayerView
from app.ui.context import AppContext, UploadedPicture

T = TypeVar("T")


def look(
    context: AppContext, uploaded: UploadedPicture, layers: Sequence[str]
) -> dict[str, LayerView]:
    """Run the network as far as some of LAYERS, on what it saw of the whole picture.

    Raises:
        UserError: the network is missing or cannot be looked into.
    """
    square, reading = uploaded.reading.views[0], uploaded.reading
    maps = context.assets.features.read(square[None], layers)
    dictionary = if_shipped(lambda: context.assets.dictionary)
    return {
        layer: LayerView(
            layer=layer,
            maps=maps[layer][0],
            box=reading.whole,
            size=len(square),
            usual=None if dictionary is None else dictionary.statistics(layer),
            votes=None if dictionary is None else dictionary.votes(layer),
        )
        for layer in layers
    }


def tile(context: AppContext, layer: str, channel: int) -> np.ndarray | None:
    """A channel's picture of the atlas, uint8 RGB [T,T,3], if there is an atlas."""
    return if_shipped(lambda: context.assets.atlas.tile(layer, channel))


def if_shipped(read: Callable[[], T]) -> T | None:
    """What was made beforehand; None where its files are missing, and the page says less."""
    try:
        return read()
    except (UserError, LookupError):
        return None
