"""From a run to a receipt, and back to the form."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, get_args

from app.colour import Colours
from app.gradients.recipe import NETWORKS, PRESETS, Recipe
from app.receipt import Receipt, StyleShare
from app.serving.style import STYLE_SIZES
from app.slow_receipt import network_version, slow_receipt
from app.ui.house import Visit
from app.ui.paint.brush import Brush, Style
from app.ui.paint.receipt import SLOWLY, example_of, in_range, restored_brush, restored_notice
from app.ui.slow.advanced import (
    LARGEST_SEED,
    LARGEST_WEIGHT,
    LAYERS,
    MOST_STEPS,
    OPTIMISERS,
    STARTS,
)
from app.ui.slow.desk import Run
from app.ui.slow.form import SIZES
from app.ui.slow.sitting import Order


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
        "mask": order.mask is not None
        or any(style.key in order.regions for style, _ in run.sitting.used),
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
        example: index of the example to take in place of another one.
    """

    brush: Brush | None
    order: Order
    notice: str
    example: int | None


def restore(
    receipt: Receipt, known: Callable[[StyleShare], Style | None], now: Order, visit: Visit
) -> Restored:
    """Read a receipt, which may be a stranger's: values out of range become the usual ones.

    Args:
        receipt: of a picture painted slowly, or at once.
        known: finds its styles.
        now: what the form says; what is painted at once has no recipe.
        visit: the picture that is there.
    """
    brush, lost = restored_brush(receipt, known)
    slowly = receipt.settings.get("painted") == SLOWLY
    return Restored(
        brush,
        _order(receipt) if slowly else _order_at_once(receipt, now),
        restored_notice(receipt, brush, lost, visit, slowly=True),
        example_of(receipt, visit),
    )


def _order_at_once(receipt: Receipt, now: Order) -> Order:
    """What the form says, with what a picture painted at once has in common with it."""
    said = receipt.settings
    size = in_range(said.get("style size"), *STYLE_SIZES, now.recipe.style_scale)
    return replace(
        now,
        recipe=replace(now.recipe, style_scale=size),
        colours=_one_of(said.get("colours"), get_args(Colours)),
        mask=None,
        regions={},
    )


def _order(receipt: Receipt) -> Order:
    said = receipt.settings
    network = next((n for n, words in NETWORKS.items() if words in receipt.networks), "texture")
    recipe = _recipe(said, network)
    seconds = in_range(said.get("time"), 0, 3600, 60.0) or None
    if seconds is None:
        steps = in_range(said.get("steps"), 1, MOST_STEPS, recipe.steps)
        recipe = replace(recipe, steps=int(steps))
    return Order(
        recipe=recipe,
        network=network,
        seconds=seconds,
        side=int(in_range(said.get("size"), 0, max(SIZES), 512)) or None,
        colours=_one_of(said.get("colours"), get_args(Colours)),
        seed=int(in_range(receipt.seed, 0, LARGEST_SEED, 0)),
    )


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
