"""From a painting to its generation parameters, and from these back to the form."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from app.generation_parameters import (
    GenerationParameters,
    OptimizeParameters,
    StyleShare,
    StylizeParameters,
)
from app.optimize.parameters import generation_parameters, network_version
from app.optimize.recipe import NETWORKS, PRESETS, OptimizeRecipe
from app.ui.context import UploadedPicture
from app.ui.painting import parameters as restoring
from app.ui.painting.parameters import Restored
from app.ui.painting.style_mix import Style
from app.ui.tabs.optimize.advanced_form import LARGEST_SEED, LAYERS, OPTIMISERS, STARTS
from app.ui.tabs.optimize.form import FIRST_SIZE, FIRST_TIME
from app.ui.tabs.optimize.job import OptimizationJob
from app.ui.tabs.optimize.session import OptimizeSettings


def store(job: OptimizationJob) -> GenerationParameters:
    """How a picture was painted."""
    assert job.last is not None
    settings, used = job.settings, job.session.style_mix.used
    parameters = generation_parameters(
        job.spec,
        job.last,
        title=job.session.uploaded.title,
        styles=[(style.title, style.preset) for style, share in used],
        network=(NETWORKS[settings.network], network_version(settings.network)),
        provider=job.device,
    )
    recorded = parameters.settings | {
        "start": settings.recipe.start,
        "mask": settings.mask is not None
        or any(style.key in settings.regions for style, share in used),
        "steps": job.steps,
        "seconds": round(job.seconds, 1),
        "time": settings.seconds or 0,
        "size": settings.side or 0,
    }
    return replace(parameters, settings=recorded)


def restore(
    parameters: GenerationParameters,
    now: OptimizeSettings,
    find: Callable[[StyleShare], Style | None],
    uploaded: UploadedPicture,
) -> Restored[OptimizeSettings]:
    """Restore from generation parameters, which may be a stranger's.

    Args:
        parameters: of a picture painted slowly, or at once.
        now: what the form says: what was painted at once has no recipe.
        find: finds its styles.
        uploaded: the picture that is there.
    """
    if parameters.painted_slowly:
        settings = _settings(parameters)
    else:
        stored = StylizeParameters.of(parameters)
        recipe = now.recipe
        if "style size" in parameters.settings:
            recipe = replace(recipe, style_scale=stored.style_size)
        settings = replace(now.unmasked, recipe=recipe, colours=stored.colours)
    return restoring.restore(parameters, settings, find, uploaded, slowly=True)


def _settings(parameters: GenerationParameters) -> OptimizeSettings:
    stored = OptimizeParameters.of(parameters)
    network = next((n for n, title in NETWORKS.items() if title in parameters.networks), "texture")
    recipe = _recipe(stored, network)
    seconds = FIRST_TIME if stored.time is None else stored.time
    if not seconds:
        recipe = replace(recipe, steps=stored.steps or recipe.steps)
    side = FIRST_SIZE if stored.size is None else stored.size
    seed = parameters.seed or 0
    return OptimizeSettings(
        recipe=recipe,
        network=network,
        seconds=float(seconds) or None,
        side=side or None,
        colours=stored.colours,
        seed=seed if 0 <= seed <= LARGEST_SEED else 0,
    )


def _recipe(stored: OptimizeParameters, network: str) -> OptimizeRecipe:
    presets = {recipe.title: recipe for recipe in PRESETS.values()}
    preset = presets.get(stored.recipe, next(iter(PRESETS.values())))
    return replace(
        preset,
        content=_layers(stored.content_layers, network, preset.content),
        style=_layers(stored.style_layers, network, preset.style),
        balance=stored.balance,
        optimiser=next((name for name in OPTIMISERS if name == stored.optimiser), "adam"),
        start=next((name for name in STARTS if name == stored.start), "picture"),
        alpha=_given(stored.alpha, preset.alpha),
        beta=_given(stored.beta, preset.beta),
        variation=_given(stored.variation, preset.variation),
        style_scale=_given(stored.style_size, preset.style_scale),
    )


def _layers(names: str, network: str, usual: Mapping[str, float]) -> Mapping[str, float]:
    known = [layer for layer in names.split(", ") if layer in LAYERS[network]]
    return {layer: usual.get(layer, 1.0) for layer in known} if known else usual


def _given(value: float | None, default: float) -> float:
    return default if value is None else value
