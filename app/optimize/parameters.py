"""The generation parameters of a picture that was painted slowly. Torch-free."""

from collections.abc import Sequence
from pathlib import Path

from app import MODELS
from app.generation_parameters import GenerationParameters, OptimizeParameters, StyleShare
from app.optimize.spec import GatysStep, OptimizationSpec
from training.common.shipped_files import TEXTURE_FILE


def generation_parameters(
    spec: OptimizationSpec,
    last: GatysStep,
    *,
    title: str,
    styles: Sequence[tuple[str, str]],
    network: tuple[str, str],
    provider: str,
    start: str = "",
) -> GenerationParameters:
    """How a picture was painted by optimisation.

    Args:
        spec: what was asked for.
        last: the newest step of the run.
        title: of the content, such as its file's name.
        styles: title and preset's name of each of the spec's styles; "" for a picture.
        network: name and version of the one it was optimised by.
        provider: "CUDA" or "CPU".
        start: what the run began from, where the recipe says no more than "picture".
    """
    recipe = spec.recipe
    settings = OptimizeParameters.stored(
        picture=title,
        recipe=recipe.title,
        content_layers=", ".join(recipe.content),
        style_layers=", ".join(recipe.style),
        statistics=recipe.statistics,
        balance=recipe.balance,
        alpha=recipe.alpha,
        beta=recipe.beta,
        variation=recipe.variation,
        optimiser=recipe.optimiser,
        rate=recipe.rate,
        start=start or recipe.start,
        style_size=recipe.style_scale,
        colours=spec.colours,
        mask=spec.mask is not None,
        scales=len(last.plan.levels),
        steps=last.step,
        seconds=round(last.seconds, 1),
    )
    shares = zip(styles, spec.styles, strict=True)
    return GenerationParameters(
        styles=tuple(StyleShare(name, style.weight, preset) for (name, preset), style in shares),
        settings=settings,
        networks=dict([network]),
        provider=provider,
        seed=spec.seed,
    )


def network_version(name: str) -> str:
    """Of the network that pictures are optimised by, "texture" or "vgg19"."""
    if name == "vgg19":
        # A slow import, but already loaded once a picture was painted.
        from training.networks.vgg import IMAGENET

        return Path(IMAGENET).stem
    from app.serving.runtime import read_metadata  # Likewise.

    return read_metadata(MODELS / TEXTURE_FILE).get("version", "")
