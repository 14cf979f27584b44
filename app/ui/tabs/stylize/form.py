"""How to paint: the form, and the generation parameters that it is stored as."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import gradio as gr

from app.generation_parameters import GenerationParameters, StyleShare, StylizeParameters
from app.serving.resolution import NATIVE, STROKE_SIZES
from app.serving.stylizer import Stylizer
from app.translation import gettext as _
from app.ui.components.widgets import html
from app.ui.context import UploadedPicture
from app.ui.handlers import ComponentValues, Updates
from app.ui.painting import parameters as restoring
from app.ui.painting.form import STYLE_SIZE, MaskForm, colours_radio, read_colours
from app.ui.painting.parameters import Restored
from app.ui.painting.sliders import (
    MixingSlider,
    is_settled,
    mixing_sliders,
    slider_positions,
    slider_values,
)
from app.ui.painting.style_mix import Style, StyleMix
from app.ui.tabs.stylize.session import StylizeSettings

STRENGTH = [MixingSlider(_("Strength"))]
STROKE_SIZE = [
    MixingSlider(_("Stroke size"), *STROKE_SIZES, step=0.05, unit="\N{MULTIPLICATION SIGN}")
]


@dataclass(frozen=True, eq=False)
class StylizeFormState:
    """What the form says.

    Attributes:
        settings: how to paint.
        settled: whether no slider is being dragged.
        mask_per_style: whether each style has a mask of its own.
        values: of the form's parts, as the page sent them, to go back to.
    """

    settings: StylizeSettings
    settled: bool
    mask_per_style: bool
    values: ComponentValues


class StylizeForm:
    """Lays the form out; to be created inside a column.

    Args:
        masks: where to paint, which is drawn elsewhere on the page.
    """

    def __init__(self, masks: MaskForm) -> None:
        self.masks = masks
        self.strength = mixing_sliders(STRENGTH, [100], "strength")
        self.stroke_size = mixing_sliders(STROKE_SIZE, [1], "stroke-size")
        _small(
            _(
                "Broad strokes (2&times;) make much of the style, fine ones (0.5&times;) leave"
                " more of your picture, and take longer."
            )
        )
        self.colours = colours_radio("colours")
        with gr.Accordion(_("Advanced"), open=False, elem_id="paint-advanced"):
            self.native = gr.Checkbox(
                label=_("Paint the file at its own resolution, in tiles"),
                elem_id="native",
                container=False,
            )
            _small(
                _(
                    "For files larger than the page shows: strokes then have the size of the"
                    " file&rsquo;s own pixels, so they are finer than on this page."
                )
            )
            self.style_size = mixing_sliders(STYLE_SIZE, [1], "style-size")
            _small(
                _(
                    "How large a style picture of your own is seen; the built-in styles have one"
                    " size only."
                )
            )
        self.parts = [
            *(self.strength, self.stroke_size, self.colours, self.native),
            *(self.style_size, *masks.parts),
        ]

    def read(self, values: ComponentValues) -> StylizeFormState:
        """What the form says.

        Raises:
            UserError: one of its parts says what it cannot.
        """
        (strength,) = slider_values(values[self.strength], STRENGTH)
        (stroke_size,) = slider_values(values[self.stroke_size], STROKE_SIZE)
        (style_size,) = slider_values(values[self.style_size], STYLE_SIZE)
        drawn = self.masks.read(values)
        settings = StylizeSettings(
            strength=strength / 100,
            colours=read_colours(values[self.colours]),
            style_size=style_size,
            stroke_size=NATIVE if values[self.native] is True else stroke_size,
            mask=drawn.mask,
            regions=drawn.regions,
        )
        sliders = (self.strength, self.stroke_size, self.style_size)
        return StylizeFormState(
            settings=settings,
            settled=all(is_settled(values[part]) for part in sliders),
            mask_per_style=drawn.per_style,
            values={part: values[part] for part in self.parts},
        )

    def update(self, settings: StylizeSettings) -> Updates:
        """For an event handler to return: the settings; masks are in none, and are cleared."""
        return {
            self.strength: slider_positions(STRENGTH, [100 * settings.strength]),
            self.stroke_size: slider_positions(STROKE_SIZE, [settings.shown_stroke_size]),
            self.colours: settings.colours,
            self.native: settings.stroke_size == NATIVE,
            self.style_size: slider_positions(STYLE_SIZE, [settings.style_size]),
            self.masks.drawing: {},
        }


def _small(sentence: str) -> None:
    html(f'<p class="small">{sentence}</p>')


def store(
    title: str, style_mix: StyleMix, settings: StylizeSettings, stylizer: Stylizer, note: str = ""
) -> GenerationParameters:
    """How a picture of that title was painted; `note` says what to know of its file."""
    masked = settings.mask is not None or any(
        style.key in settings.regions for style in style_mix.styles
    )
    return GenerationParameters(
        styles=style_mix.shares(),
        settings=StylizeParameters.stored(
            note=note or None,
            picture=title,
            strength=settings.strength,
            colours=settings.colours,
            style_size=settings.style_size,
            stroke_size=settings.stroke_size,
            mask=masked,
        ),
        networks={"stylizer": stylizer.version, "style encoder": stylizer.version},
        provider=stylizer.painter.provider,
    )


def restore(
    parameters: GenerationParameters,
    now: StylizeSettings,
    find: Callable[[StyleShare], Style | None],
    uploaded: UploadedPicture,
) -> Restored[StylizeSettings]:
    """Restore from generation parameters, which may be a stranger's.

    Args:
        parameters: of a picture painted at once, or slowly.
        now: what the form says: what was painted slowly has neither strength nor stroke size.
        find: finds its styles.
        uploaded: the picture that is there.
    """
    stored = StylizeParameters.of(parameters)
    settings = replace(now.unmasked, colours=stored.colours, style_size=stored.style_size)
    if not parameters.painted_slowly:
        settings = replace(settings, strength=stored.strength, stroke_size=stored.stroke_size)
    return restoring.restore(parameters, settings, find, uploaded, slowly=False)
