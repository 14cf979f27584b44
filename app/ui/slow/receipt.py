"""From a run to a receipt, and back to the form."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, get_args

from app.colour import Colours
from app.gradients.recipe import NETWORKS, PRESETS, Recipe
from app.receipt import Receipt, StyleShare
from app.serving.style import STYLE_SIZES
from app.slow_receipt import network_version, slow_receipt
from app.ui.paint.brush import Brush, Style
from app.ui.paint.receipt import in_range, restored_brush, restored_notice
from app.ui.slow.advanced import (
    LARGEST_SEED,
    LARGEST_WEIGHT,
    LAYERS,
    OPTIMISERS,
    STARTS,
)
from app.ui.slow.desk import Run
from app.ui.slow.form import SIZES
from app.ui.slow.sitting import Order

SLOWLY = "slowly"
"""How a receipt says that a picture was painted here."""


def write(run: Run) -> Receipt:
    """How a picture was painted."""
    assert run.last is not None
    order = run.order
    receipt = slow_receipt(
        run.commission,
        run.last,
        title=run.sitting.visit.title,
        styles=[(style.title, style.preset) for style, _ in run.sitting.used],
        network=(NETWORKS[order.network], network_version(order.network)),
        provider=run.device,
    )
    settings = dict(receipt.settings) | {
        "start": order.recipe.start,
        "mask": order.mask is not None,
        "steps": run.steps,
        "seconds": round(run.seconds, 1),
        "time": order.seconds or 0,
        "size": order.side or 0,
    }
    return replace(receipt, settings=settings)


@dataclass(frozen=True, eq=False)
class Restored:
    """What a receipt could bring back.

    Attributes:
        brush: None if none of its styles is to be had.
        order: without a mask: a drawing is not written down.
        notice: what was restored, and what was not.
    """

    brush: Brush | None
    order: Order
    notice: str


def restore(receipt: Receipt, known: Callable[[StyleShare], Style | None]) -> Restored:
    """Read a receipt, which may be a stranger's: values out of range become the usual ones."""
    said = receipt.settings
    network = next((n for n, words in NETWORKS.items() if words in receipt.networks), "texture")
    order = Order(
        recipe=_recipe(said, network),
        network=network,
        seconds=in_range(said.get("time"), 1, 3600, 60.0) or None,
        side=int(in_range(said.get("size"), 0, max(SIZES), 512)) or None,
        colours=_one_of(said.get("colours"), get_args(Colours)),
        seed=int(in_range(receipt.seed, 0, LARGEST_SEED, 0)),
    )
    brush, lost = restored_brush(receipt, known)
    return Restored(brush, order, _notice(lost, receipt))


def _recipe(said: Any, network: str) -> Recipe:
    title = said.get("recipe")
    preset = next((r for r in PRESETS.values() if r.title == title), next(iter(PRESETS.values())))
    return replace(
        preset,
        content=_layers(said.get("content layers"), network, preset.content),
        style=_layers(said.get("style layers"), network, preset.style),
        balance=in_range(said.get("balance"), 0, 1, 0.5),
        alpha=in_range(said.get("alpha"), 0, LARGEST_WEIGHT, preset.alpha),
        beta=in_range(said.get("beta"), 0, LARGEST_WEIGHT, preset.beta),
        variation=in_range(said.get("variation"), 0, LARGEST_WEIGHT, preset.variation),
        optimiser=_one_of(said.get("optimiser"), tuple(OPTIMISERS)),
        start=_one_of(said.get("start"), tuple(STARTS)),
        style_scale=in_range(said.get("style size"), *STYLE_SIZES, preset.style_scale),
    )


def _layers(told: object, network: str, usual: Any) -> Any:
    layers = told.split(", ") if isinstance(told, str) else []
    known = [layer for layer in layers if layer in LAYERS[network]]
    return {layer: usual.get(layer, 1.0) for layer in known} if known else usual


def _one_of(value: object, choices: tuple[Any, ...]) -> Any:
    return value if value in choices else choices[0]


def _notice(lost: list[str], receipt: Receipt) -> str:
    if receipt.settings.get("painted") != SLOWLY:
        return "This painting was made at once: its receipt belongs into the Paint room."
    return restored_notice("styles", lost, receipt)
