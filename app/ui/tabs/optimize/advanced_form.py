"""The folded part of the form, for experts: the recipe.

That is: the network and its layers, weights, the optimizer, and what to start from.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import gradio as gr

from app.errors import UserError
from app.optimize.recipe import NETWORKS, PRESETS, Optimiser, OptimizeRecipe, Start
from app.translation import gettext as _
from app.ui.components.widgets import html
from app.ui.handlers import ComponentValues, Updates
from app.ui.painting.form import STYLE_SIZE, MaskForm, colours_radio, read_colours
from app.ui.painting.sliders import (
    mixing_sliders,
    slider_positions,
    slider_values,
)
from app.ui.tabs.optimize.session import OptimizeFormState, OptimizeSettings

PRESET = next(iter(PRESETS))
"""The recipe in use when the page opens."""


LAYERS = {
    "texture": tuple(f"relu{stage}_1" for stage in range(1, 6)),
    "vgg19": tuple(
        f"relu{stage}_{layer}"
        for stage, layers in enumerate((2, 2, 4, 4, 4), start=1)
        for layer in range(1, layers + 1)
    ),
}
"""Layers of each network that can be chosen."""

RECIPES = {
    "deep-brush": "Deep Brush",
    "gatys": "Gatys 2016",
    "bruno": _("All layers, one size"),
}
"""What people read of the recipes; files name them by `OptimizeRecipe.title`."""

NETWORK_NAMES = {"texture": _("texture encoder"), "vgg19": "VGG19"}
"""What people read of `app.optimize.recipe.NETWORKS`."""

OPTIMISERS: dict[Optimiser, str] = {"adam": "Adam", "lbfgs": "L-BFGS"}


STARTS: dict[Start, str] = {
    "picture": _("a quick sketch"),
    "content": _("your picture"),
    "style": _("the style"),
    "noise": _("noise"),
}


MOST_STEPS, MOST_SCALES, LARGEST_WEIGHT, LARGEST_SEED = 5000, 6, 1e6, 2**31 - 1


_NO_NETWORK = _("There is no such network; please reload the page.")


_NO_RECIPE = _("There is no such recipe or optimiser; please reload the page.")


_NO_START = _("There is no such start; please reload the page.")


_NO_CONTENT = _("Without a content layer there is nothing to compare; please tick one.")


_NO_STYLE = _("Without a style layer there is nothing to compare; please tick one.")


class AdvancedForm:
    """Lays itself out, folded; to be created inside a column.

    Args:
        masks: where to paint, which is drawn elsewhere on the page.

    Attributes:
        sketched: parts that the sketch shows at once.
    """

    def __init__(self, masks: MaskForm) -> None:
        self.masks = masks
        usual = PRESETS[PRESET]
        with gr.Accordion(_("Advanced"), open=False, elem_id="slowly-advanced"):
            presets = [(RECIPES[name], name) for name in PRESETS]
            self.preset = gr.Radio(
                presets, value=PRESET, label=_("Recipe"), elem_id="slowly-preset"
            )
            networks = [(NETWORK_NAMES[name], name) for name in NETWORKS]
            self.network = gr.Radio(
                networks, value="texture", label=_("Network"), elem_id="slowly-network"
            )
            about_networks = _(
                "The texture encoder is ours, small and here already. VGG19 is what Gatys used:"
                " some ten times slower, and 548&nbsp;MB are downloaded the first time."
            )
            html(f'<p class="small">{about_networks}</p>')
            self.content = _layers(_("Content layers"), usual.content)
            self.style = _layers(_("Style layers"), usual.style)
            self._lay_out_numbers(usual)
            optimisers = [(label, name) for name, label in OPTIMISERS.items()]
            self.optimiser = gr.Radio(optimisers, value=usual.optimiser, label=_("Optimiser"))
            starts = [(label, name) for name, label in STARTS.items()]
            self.start = gr.Radio(starts, value=usual.start, label=_("Start from"))
            self.style_size = mixing_sliders(STYLE_SIZE, [usual.style_scale], "slowly-style-size")
            self.colours = colours_radio()
        self.sketched: list[Any] = [self.colours, *masks.parts]
        self.parts = [
            *(self.preset, self.network, self.content, self.style, self.alpha, self.beta),
            *(self.variation, self.steps, self.scales, self.seed, self.optimiser, self.start),
            *(self.style_size, *self.sketched),
        ]
        self._connect()

    def _lay_out_numbers(self, usual: OptimizeRecipe) -> None:
        with gr.Row(elem_classes="numbers"):
            self.alpha = _number(_("Alpha"), usual.alpha, LARGEST_WEIGHT)
            self.beta = _number(_("Beta"), usual.beta, LARGEST_WEIGHT)
            self.variation = _number(_("Total variation"), usual.variation, LARGEST_WEIGHT)
            self.steps = _number(_("Steps"), 0, MOST_STEPS, precision=0)
            self.scales = _number(_("Scales"), usual.scales, MOST_SCALES, precision=0)
            self.seed = _number(_("Seed"), 0, LARGEST_SEED, precision=0)
        about_numbers = _(
            "Alpha weighs the content loss, beta the style loss. With 0 steps or scales there are"
            " as many as the time and the size allow. The slider above multiplies beta."
        )
        html(f'<p class="small">{about_numbers}</p>')

    def _connect(self) -> None:
        options: dict[str, Any] = {
            "show_progress": "hidden",
            "api_visibility": "private",
            "queue": False,
        }
        layers: list[Any] = [self.content, self.style]
        of_recipe = [
            *(*layers, self.alpha, self.beta, self.variation, self.scales),
            *(self.optimiser, self.start, self.style_size, self.steps),
        ]
        self.preset.input(self.choose_preset, [self.preset, self.network], of_recipe, **options)
        self.network.input(self.choose_network, [self.network, *layers], layers, **options)

    def read(
        self, values: ComponentValues, seconds: float, side: int | None, balance: float
    ) -> OptimizeFormState:
        """What the form says; the other arguments are what its simple part says."""
        steps, scales, seed = (values[part] for part in (self.steps, self.scales, self.seed))
        recipe = replace(self._recipe(values), balance=balance)
        if steps:
            recipe = replace(recipe, steps=_checked(steps, MOST_STEPS))
        drawn = self.masks.read(values)
        settings = OptimizeSettings(
            recipe=replace(recipe, scales=_checked(scales, MOST_SCALES)),
            network=_choice(values[self.network], NETWORKS, _NO_NETWORK),
            seconds=None if steps else seconds,
            side=side,
            colours=read_colours(values[self.colours]),
            mask=drawn.mask,
            regions=drawn.regions,
            seed=_checked(seed, LARGEST_SEED),
        )
        return OptimizeFormState(settings, drawn.per_style)

    def _recipe(self, values: ComponentValues) -> OptimizeRecipe:
        preset = PRESETS[_choice(values[self.preset], PRESETS, _NO_RECIPE)]
        network = _choice(values[self.network], NETWORKS, _NO_NETWORK)
        (style_scale,) = slider_values(values[self.style_size], STYLE_SIZE)
        return replace(
            preset,
            content=_weighed(values[self.content], preset.content, network, _NO_CONTENT),
            style=_weighed(values[self.style], preset.style, network, _NO_STYLE),
            alpha=_weight(values[self.alpha]),
            beta=_weight(values[self.beta]),
            variation=_weight(values[self.variation]),
            optimiser=_choice(values[self.optimiser], OPTIMISERS, _NO_RECIPE),
            start=_choice(values[self.start], STARTS, _NO_START),
            style_scale=style_scale,
        )

    def choose_preset(self, preset: str, network: str) -> Updates:
        """The handler of the recipes: all that a recipe says."""
        return self._recipe_updates(PRESETS[preset], network)

    def _recipe_updates(self, recipe: OptimizeRecipe, network: str) -> Updates:
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
    def choose_network(network: str, content: list[str], style: list[str]) -> list[dict[str, Any]]:
        """The handler of the networks: the layers that it has."""
        layers = LAYERS[network]
        return [gr.update(choices=layers, value=_ticked(x, network)) for x in (content, style)]

    def update(self, settings: OptimizeSettings) -> Updates:
        """For an event handler to return: the settings; masks are in none, and are cleared."""
        preset = next(name for name, r in PRESETS.items() if r.title == settings.recipe.title)
        layers = LAYERS[settings.network]
        updates = self._recipe_updates(settings.recipe, settings.network)
        return updates | {
            self.preset: preset,
            self.network: settings.network,
            self.content: gr.update(choices=layers, value=updates[self.content]),
            self.style: gr.update(choices=layers, value=updates[self.style]),
            self.steps: 0 if settings.seconds else settings.recipe.steps,
            self.seed: settings.seed,
            self.colours: settings.colours,
            self.masks.drawing: {},
        }


def _layers(label: str, usual: Iterable[str]) -> gr.CheckboxGroup:
    choices = list(LAYERS["texture"])
    return gr.CheckboxGroup(choices, value=_ticked(usual, "texture"), label=label)


def _number(label: str, value: float, most: float, precision: int | None = None) -> gr.Number:
    return gr.Number(
        value, label=label, minimum=0, maximum=most, precision=precision, min_width=110
    )


def _ticked(layers: Iterable[str], network: str) -> list[str]:
    """Those of a network's layers that stand for the given ones: of the same stage, if need be."""
    known = LAYERS[network]
    wanted = {layer if layer in known else f"{layer[:5]}_1" for layer in layers}
    return [layer for layer in known if layer in wanted]


def _weighed(
    sent: object, preset: Mapping[str, float], network: str, if_empty: str
) -> dict[str, float]:
    """Layers that were ticked, with the preset's weights for those that are the preset's."""
    if not isinstance(sent, list) or not set(sent) <= set(LAYERS[network]):
        raise UserError(_("The network has no such layers; please reload the page."))
    if not sent:
        raise UserError(if_empty)
    if sent == _ticked(preset, network):
        return dict(preset)
    return {layer: preset.get(layer, 1.0) for layer in sent}


def _choice(sent: Any, choices: Mapping[Any, Any], refusal: str) -> Any:
    """One of some choices; UserError for anything else."""
    if sent not in choices:
        raise UserError(refusal)
    return sent


def _weight(sent: object) -> float:
    if not isinstance(sent, int | float) or not 0 <= sent <= LARGEST_WEIGHT:
        raise UserError(
            _("A weight must be a number from 0 to {most:g}.").format(most=LARGEST_WEIGHT)
        )
    return float(sent)


def _checked(sent: object, most: int) -> int:
    if not isinstance(sent, int | float) or not 0 <= sent <= most:
        raise UserError(
            _("Steps, scales and seeds are whole numbers from 0; one exceeds {most}.").format(
                most=most
            )
        )
    return int(sent)
