"""Painting from start to end in one call, as Hugging Face's ZeroGPU wants it. Torch-free.

There only functions that `spaces.GPU` decorates before the app starts have a GPU. They run in
another process: arguments and results are pickled, and their memory is freed when they end.
Elsewhere the decorator does nothing.
"""

import os
from collections.abc import Callable, Iterator
from typing import Any

from app.optimize.spec import GatysStep, OptimizationSpec

ZERO = bool(os.environ.get("SPACES_ZERO_GPU"))
"""Whether this is a Space whose GPU is lent."""

MARGIN = 30
"""Seconds that a GPU is asked for beyond the painting: loading, planning, the last picture."""

UNPLANNED = 120
"""Seconds that it is asked for where steps were given instead of a time."""

Painter = Callable[..., Iterator[GatysStep]]


def gpu_seconds(spec: OptimizationSpec, *_: Any) -> int:
    """Seconds for which a GPU is requested."""
    return int(spec.seconds or UNPLANNED) + MARGIN


def for_zerogpu(painter: Painter) -> Painter:
    """Decorate a generator function for ZeroGPU, if the package `spaces` is installed."""
    try:
        import spaces  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        return painter
    marked: Painter = spaces.GPU(duration=gpu_seconds)(painter)
    return marked


@for_zerogpu
def paint(spec: OptimizationSpec, network: str, provider: str = "auto") -> Iterator[GatysStep]:
    """Paint a picture from start to end.

    Args:
        spec: what to paint.
        network: one of `app.optimize.recipe.NETWORKS`.
        provider: "cpu" does not use the GPU.

    Raises:
        UserError: the spec is impossible, or the network could not be loaded.
    """
    from app.optimize.engine import Optimization
    from app.optimize.features import load_network
    from app.torch_device import choose_device

    device = choose_device(provider)
    pooling = spec.recipe.pooling
    features = load_network(network, device, pooling=pooling)
    yield from Optimization(spec, features, device).run()
