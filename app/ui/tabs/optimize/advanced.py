"""What only experts choose: the network and its layers, weights, optimiser, start."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, get_args

import gradio as gr

from app.colour import Colours
from app.errors import UserError
from app.optimize.recipe import NETWORKS, PRESETS, Optimiser, OptimizeRecipe, Start
from app.serving.style import STYLE_SIZES
from app.ui.components.widgets import html
from app.ui.tabs.optimize.session import OptimizeSettings
from app.ui.tabs.stylize.form import COLOURS
from app.ui.tabs.stylize.masking import MaskForm
from app.ui.tabs.stylize.widgets import (
    MixingSlider,
    mixing_sliders,
    slider_positions,
    slider_values,
)

PRESET = next(iter(PRESETS))
"""The one in use when the page opens."""

LAYERS = {
    "texture": tuple(f"relu{stage}_1" for stage in range(1, 6)),
    "vgg19": tuple(
        f"relu{stage}_{layer}"
        for stage, layers in enumerate((2, 2, 4, 4, 4), start=1)
        for layer in range(1, layers + 1)
    ),
}
"""Layers of each network that can be chosen."""

OPTIMISERS: dict[Optimiser, str] = {"adam": "Adam", "lbfgs": "L-BFGS"}
STARTS: dict[Start, str] = {
    "picture": "the instant painter\N{RIGHT SINGLE QUOTATION MARK}s sketch",
    "content": "your picture",
    "style": "the style",
    "noise": "noise",
}
MOST_STEPS, MOST_SCALES, LARGEST_WEIGHT, LARGEST_SEED = 5000, 6, 1e6, 2**31 - 1

STYLE_SIZE = [MixingSlider("Style size", *STYLE_SIZES, step=0.05, unit="\N{MULTIPLICATION SIGN}")]

_ABOUT_NETWORK = (
    '<p class="small">The texture encoder is ours, small and here already. VGG19 is what Gatys'
    " used: some ten times slower, and 548&nbsp;MB are downloaded the first time.</p>"
)
_ABOUT_NUMBERS = (
    '<p class="small">Alpha weighs the content loss, beta the style loss. With 0 steps or scales'
    " there are as many as the time and the size allow. The slider above multiplies beta.</p>"
)


class Advanced:
    """Lays itself out, folded; to be made inside a column.

    Args:
        masks: where to paint, which is drawn elsewhere on the page.
    """

    def __init__(self, masks: MaskForm) -> None:
        self.masks = masks
        usual = PRESETS[PRESET]
        with gr.Accordion("Advanced", open=False, elem_id="slowly-advanced"):
            presets = [(recipe.title, name) for name, recipe in PRESETS.items()]
            self.preset = gr.Radio(presets, value=PRESET, label="Recipe", elem_id="slowly-preset")
            networks = [(words, name) for name, words in NETWORKS.items()]
            self.network = gr.Radio(
                networks, value="texture", label="Network", elem_id="slowly-network"
            )
            html(_ABOUT_NETWORK)
            layers = list(LAYERS["texture"])
            self.content = gr.CheckboxGroup(
                layers, value=_ticked(usual.content, "texture"), label="Content layers"
            )
            self.style = gr.CheckboxGroup(
                layers, value=_ticked(usual.style, "texture"), label="Style layers"
            )
            with gr.Row(elem_classes="numbers"):
                self.alpha = _number("Alpha", usual.alpha, LARGEST_WEIGHT)
                self.beta = _number("Beta", usual.beta, LARGEST_WEIGHT)
                self.variation = _number("Total variation", usual.variation, LARGEST_WEIGHT)
                self.steps = _number("Steps", 0, MOST_STEPS, precision=0)
                self.scales = _number("Scales", usual.scales, MOST_SCALES, precision=0)
                self.seed = _number("Seed", 0, LARGEST_SEED, precision=0)
            html(_ABOUT_NUMBERS)
            optimisers = [(words, name) for name, words in OPTIMISERS.items()]
            self.optimiser = gr.Radio(optimisers, value=usual.optimiser, label="Optimiser")
            starts = [(words, name) for name, words in STARTS.items()]
            self.start = gr.Radio(starts, value=usual.start, label="Start from")
            self.style_size = mixing_sliders(STYLE_SIZE, [usual.style_scale], "slowly-style-size")
            colours = [(words, name) for name, words in COLOURS.items()]
            self.colours = gr.Radio(colours, value="style", label="Colours")
        self.sketched: list[Any] = [self.colours, *masks.parts]  # The sketch shows it at once.
        self.parts = [
            *(self.preset, self.network, self.content, self.style, self.alpha, self.beta),
            *(self.variation, self.steps, self.scales, self.seed, self.optimiser, self.start),
            *(self.style_size, *self.sketched),
        ]
        self._connect()

    def _connect(self) -> None:
        usual: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        ruled: list[Any] = [
            self.content,
            self.style,
            self.alpha,
            self.beta,
            self.variation,
            self.scales,
        ]
        ruled += [self.optimiser, self.start, self.style_size, self.steps]
        self.preset.input(self._choose, [self.preset, self.network], ruled, queue=False, **usual)
        layers: list[Any] = [self.content, self.style]
        self.network.input(self._look, [self.network, *layers], layers, queue=False, **usual)

    def settings(self, said: dict[Any, Any], seconds: float, side: int | None) -> OptimizeSettings:
        """What the parts say; see `SlowForm.order`."""
        steps, scales, seed = (said[part] for part in (self.steps, self.scales, self.seed))
        recipe = self._recipe(said)
        if steps:
            recipe = replace(recipe, steps=_checked(steps, MOST_STEPS))
        colours, drawn = said[self.colours], self.masks.read(said)
        if colours not in get_args(Colours):
            raise UserError("There are no such colours; please reload the page.")
        return OptimizeSettings(
            recipe=replace(recipe, scales=_checked(scales, MOST_SCALES)),
            network=self._network(said),
            seconds=None if steps else seconds,
            side=side,
            colours=colours,
            mask=drawn.mask,
            regions=drawn.regions,
            seed=_checked(seed, LARGEST_SEED),
        )

    def _network(self, said: dict[Any, Any]) -> str:
        if said[self.network] not in NETWORKS:
            raise UserError("There is no such network; please reload the page.")
        return str(said[self.network])

    def _recipe(self, said: dict[Any, Any]) -> OptimizeRecipe:
        preset = PRESETS.get(said[self.preset])
        (style_scale,) = slider_values(said[self.style_size], STYLE_SIZE)
        if preset is None or said[self.optimiser] not in OPTIMISERS:
            raise UserError("There is no such recipe or optimiser; please reload the page.")
        if said[self.start] not in STARTS:
            raise UserError("There is no such start; please reload the page.")
        network = self._network(said)
        return replace(
            preset,
            content=_weighed(said[self.content], preset.content, network, "content"),
            style=_weighed(said[self.style], preset.style, network, "style"),
            alpha=_positive(said[self.alpha]),
            beta=_positive(said[self.beta]),
            variation=_positive(said[self.variation]),
            optimiser=said[self.optimiser],
            start=said[self.start],
            style_scale=style_scale,
        )

    def _choose(self, preset: str, network: str) -> dict[Any, Any]:
        return self._rule(PRESETS[preset], network)

    def _rule(self, recipe: OptimizeRecipe, network: str) -> dict[Any, Any]:
        return {
            self.content: _ticked(recipe.content, network),
            self.style: _ticked(recipe.style, network),
            self.alpha: recipe.alpha,
            self.beta: recipe.beta,
            self.variation: recipe.variation,
            self.scales: recipe.scales,
            self.optimiser: recipe.optimiser,
            self.start: recipe.start,
            self.style_size: slider_positions(STYLE_SIZE, [recipe.style_scale]),
            self.steps: 0,
        }

    @staticmethod
    def _look(network: str, content: list[str], style: list[str]) -> list[dict[str, Any]]:
        layers = LAYERS[network]
        return [gr.update(choices=layers, value=_ticked(x, network)) for x in (content, style)]

    def show(self, settings: OptimizeSettings) -> dict[Any, Any]:
        """For an event handler to return: the parts as a receipt says; masks are in none."""
        preset = next(name for name, r in PRESETS.items() if r.title == settings.recipe.title)
        layers = LAYERS[settings.network]
        shown = self._rule(settings.recipe, settings.network)
        return shown | {
            self.preset: preset,
            self.network: settings.network,
            self.content: gr.update(choices=layers, value=shown[self.content]),
            self.style: gr.update(choices=layers, value=shown[self.style]),
            self.steps: 0 if settings.seconds else settings.recipe.steps,
            self.seed: settings.seed,
            self.colours: settings.colours,
            self.masks.sheet: {},
        }


def _number(label: str, value: float, most: float, precision: int | None = None) -> gr.Number:
    return gr.Number(
        value, label=label, minimum=0, maximum=most, precision=precision, min_width=110
    )


def _ticked(layers: Iterable[str], network: str) -> list[str]:
    """Those of a network's layers that stand for the given ones: of the same stage, if need be."""
    known = LAYERS[network]
    wanted = {layer if layer in known else f"{layer[:5]}_1" for layer in layers}
    return [layer for layer in known if layer in wanted]


def _weighed(told: object, preset: Any, network: str, kind: str) -> dict[str, float]:
    """Layers that were ticked, with the preset's weights for those that are the preset's."""
    if not isinstance(told, list) or not set(told) <= set(LAYERS[network]):
        raise UserError("The network has no such layers; please reload the page.")
    if not told:
        raise UserError(f"Without a {kind} layer there is nothing to compare; please tick one.")
    if told == _ticked(preset, network):
        return dict(preset)
    return {layer: preset.get(layer, 1.0) for layer in told}


def _positive(value: object) -> float:
    if not isinstance(value, int | float) or not 0 <= value <= LARGEST_WEIGHT:
        raise UserError(f"A weight must be a number from 0 to {LARGEST_WEIGHT:g}.")
    return float(value)


def _checked(value: object, most: int) -> int:
    if not isinstance(value, int | float) or not 0 <= value <= most:
        raise UserError(f"Steps, scales and seeds are whole numbers from 0; one exceeds {most}.")
    return int(value)
