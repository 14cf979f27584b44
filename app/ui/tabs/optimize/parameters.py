"""From a run to a receipt, and back to the form."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, get_args

from app.colour import Colours
from app.generation_parameters import GenerationParameters, StyleShare
from app.optimize.parameters import generation_parameters, network_version
from app.optimize.recipe import NETWORKS, PRESETS, OptimizeRecipe
from app.serving.style import STYLE_SIZES
from app.ui.context import UploadedPicture
from app.ui.tabs.optimize.advanced import (
    LARGEST_SEED,
    LARGEST_WEIGHT,
    LAYERS,
    MOST_STEPS,
    OPTIMISERS,
    STARTS,
)
from app.ui.tabs.optimize.form import SIZES
from app.ui.tabs.optimize.job import OptimizationJob
from app.ui.tabs.optimize.session import OptimizeSettings
from app.ui.tabs.stylize.parameters import (
    SLOWLY,
    Restored,
    example_of,
    in_range,
    restored_brush,
    restored_notice,
)
from app.ui.tabs.stylize.style_mix import Style


def write(run: OptimizationJob) -> GenerationParameters:
    """How a picture was painted."""
    assert run.last is not None
    settings = run.settings
    parameters = generation_parameters(
        run.spec,
        run.last,
        title=run.session.uploaded.title,
        styles=[(style.title, style.preset) for style, _ in run.session.used],
        network=(NETWORKS[settings.network], network_version(settings.network)),
        provider=run.device,
    )
    recorded = dict(parameters.settings) | {
        "start": settings.recipe.start,
        "mask": settings.mask is not None
        or any(style.key in settings.regions for style, _ in run.session.used),
        "steps": run.steps,
        "seconds": round(run.seconds, 1),
        "time": settings.seconds or 0,
        "size": settings.side or 0,
    }
    return replace(parameters, settings=recorded)


def restore(
    parameters: GenerationParameters,
    known: Callable[[StyleShare], Style | None],
    now: OptimizeSettings,
    uploaded: UploadedPicture,
) -> Restored[OptimizeSettings]:
    """Read a receipt, which may be a stranger's: values out of range become the usual ones.

    Args:
        parameters: of a picture painted slowly, or at once.
        known: finds its styles.
        now: what the form says; what is painted at once has no recipe.
        uploaded: the picture that is there.
    """
    style_mix, lost = restored_brush(parameters, known)
    slowly = parameters.settings.get("painted") == SLOWLY
    return Restored(
        style_mix,
        _order(parameters) if slowly else _order_at_once(parameters, now),
        restored_notice(parameters, style_mix, lost, uploaded, slowly=True),
        example_of(parameters, uploaded),
    )


def _order_at_once(parameters: GenerationParameters, now: OptimizeSettings) -> OptimizeSettings:
    """What the form says, with what a picture painted at once has in common with it."""
    said = parameters.settings
    size = in_range(said.get("style size"), *STYLE_SIZES, now.recipe.style_scale)
    return replace(
        now,
        recipe=replace(now.recipe, style_scale=size),
        colours=_one_of(said.get("colours"), get_args(Colours)),
        mask=None,
        regions={},
    )


def _order(parameters: GenerationParameters) -> OptimizeSettings:
    said = parameters.settings
    network = next((n for n, words in NETWORKS.items() if words in parameters.networks), "texture")
    recipe = _recipe(said, network)
    seconds = in_range(said.get("time"), 0, 3600, 60.0) or None
    if seconds is None:
        steps = in_range(said.get("steps"), 1, MOST_STEPS, recipe.steps)
        recipe = replace(recipe, steps=int(steps))
    return OptimizeSettings(
        recipe=recipe,
        network=network,
        seconds=seconds,
        side=int(in_range(said.get("size"), 0, max(SIZES), 512)) or None,
        colours=_one_of(said.get("colours"), get_args(Colours)),
        seed=int(in_range(parameters.seed, 0, LARGEST_SEED, 0)),
    )


def _recipe(said: Any, network: str) -> OptimizeRecipe:
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
