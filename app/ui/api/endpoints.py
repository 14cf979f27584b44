"""The endpoints for programs: `/classify`, `/heatmap`, `/stylize`, `/styles`; also MCP tools.

Their docstrings and type hints become the API page and the MCP schema, and are written for its
readers. `/optimize`, `/explain`, `/neighbours` and `/activation` are in the files beside this one.
"""

from typing import TypedDict, get_args

from gradio import api

from app.colour import Colours
from app.errors import UserError
from app.generation_parameters import encode_with_parameters
from app.heatmap import overlay
from app.imaging import encode_png
from app.translation import gettext as _
from app.ui.api import activation, explain, neighbours, optimize
from app.ui.api.files import PictureFile, as_file, decode_with_note
from app.ui.context import AppContext, errors_as_messages
from app.ui.painting.style_mix import Style, StyleMix
from app.ui.tabs.stylize.form import store
from app.ui.tabs.stylize.session import StylizeSettings
from app.ui.wording import in_short
from training.common.refusal import Refusal


class Classification(TypedDict):
    """The network's reading of a picture."""

    movement: str | None
    confidence: float
    probabilities: dict[str, float]
    outside: bool
    refusal: Refusal | None
    between: list[str]
    words: str
    note: str
    provider: str
    milliseconds: float


class StyleFacts(TypedDict):
    """A style that ships with the app."""

    name: str
    title: str
    artist: str
    year: int | None
    rights: str
    kind: str


def register(context: AppContext) -> None:
    """Add all endpoints; to be called inside the page."""
    _register_reading(context)
    _register_painting(context)
    for endpoint in (optimize, explain, neighbours, activation):
        endpoint.register(context)


def _register_reading(context: AppContext) -> None:
    # Gradio reads one line for each argument, and shows programs nothing below "Returns".
    @errors_as_messages
    def classify(picture: PictureFile) -> Classification:
        """Tell which art movement a painting belongs to, and how sure that is.

        `movement` is null if there is no verdict; then `refusal` says why: "photograph", "outside"
        (probably outside the movements in `probabilities`; `outside` is true for both), "unsure"
        (no movement stands out), or "small", "plain" or "noise" (nearly nothing to read).
        `confidence` is the calibrated probability of the likeliest movement; `between` names two
        where they are too close to name one alone, and is empty elsewhere; `words` says it all in
        short, `note` what to know of the file (such as that the first of several pages was read),
        and `provider` what computed it, CPU or CUDA.

        Args:
            picture: A painting as JPEG, PNG, WebP, GIF, BMP, TIFF, JPEG 2000, ICO, HEIC or AVIF.

        Returns:
            What the network says of the picture.
        """
        pixels, note = decode_with_note(context, picture)
        reading = context.classifier.read(pixels)
        return {
            "movement": None if reading.refusal else reading.movement,
            "confidence": reading.confidence,
            "probabilities": dict(
                zip(reading.movements, reading.probabilities.tolist(), strict=True)
            ),
            "outside": reading.refusal in ("photograph", "outside"),
            "refusal": reading.refusal,
            "between": [reading.movements[index] for index in reading.named if reading.close],
            "words": in_short(reading),
            "note": note,
            "provider": reading.provider,
            "milliseconds": round(reading.milliseconds, 1),
        }

    @errors_as_messages
    def heatmap(picture: PictureFile, movement: str = "", opacity: float = 0.75) -> PictureFile:
        """Highlight the places of a picture that are evidence for an art movement.

        Weak evidence is violet, strong evidence yellow. The answer is a PNG of the picture's own
        size; where there is no evidence for the movement it is the unchanged picture. Of a file
        with several pages it is the first.

        Args:
            picture: A painting as JPEG, PNG, WebP, GIF, BMP, TIFF, JPEG 2000, ICO, HEIC or AVIF.
            movement: One of the movements that /classify names; empty takes the likeliest.
            opacity: How much the strongest evidence covers the picture, from 0 to 1.

        Returns:
            The painted picture.
        """
        if not 0 <= opacity <= 1:
            sentence = _("The opacity must be a number from 0 to 1, not {opacity}.")
            raise UserError(sentence.format(opacity=opacity))
        chosen = _index(context.classifier.metadata.movements, movement)
        pixels = context.decode_upload(picture)
        reading = context.classifier.read(pixels)
        height, width = pixels.shape[:2]
        heat = reading.heat_map(reading.best if chosen is None else chosen, width, height)
        return as_file(encode_png(overlay(pixels, heat, opacity).picture), "heatmap.png")

    for endpoint in (classify, heatmap):
        api(endpoint, api_name=endpoint.__name__, **context.reading_queue)


def _register_painting(context: AppContext) -> None:
    stylizer, presets = context.bundle.stylizer, context.bundle.presets

    @errors_as_messages
    def stylize(
        picture: PictureFile,
        style_picture: PictureFile | None = None,
        preset: str = "",
        strength: float = 1.0,
        colours: Colours = "style",
        stroke_size: float = 1.0,
    ) -> PictureFile:
        """Paint a picture in the style of a painting, in one pass.

        The style is that of `style_picture`, or a preset that /styles names. A large picture is
        painted at 768 pixels, divided by `stroke_size`, and enlarged to its own size with its own
        detail. The answer is a PNG of that size, whose metadata hold how it was painted. Of a file
        with several pages the first is used, which the metadata note.

        Args:
            picture: What to paint: JPEG, PNG, WebP, GIF, BMP, TIFF, JPEG 2000, ICO, HEIC or AVIF.
            style_picture: A painting to paint like; null to use a preset.
            preset: The name of a preset, used where there is no style picture.
            strength: From 0 (the unchanged picture) to 1.
            colours: Whose colours: "style", "photograph" (place by place) or "palette" (matched).
            stroke_size: From 0.5 (fine) to 2 (broad); 0 paints at the picture's own resolution.

        Returns:
            The painted picture.
        """
        if colours not in get_args(Colours):
            sentence = _("The colours must be one of {names}.")
            raise UserError(sentence.format(names=", ".join(get_args(Colours))))
        pixels, note = decode_with_note(context, picture)
        if style_picture is None:
            style = Style.of(presets.named(preset))
        else:
            painting, style_note = decode_with_note(context, style_picture)
            style = Style(context.upload_title(style_picture), stylizer.encode(painting))
            note = note or style_note
        settings = StylizeSettings(strength=strength, colours=colours, stroke_size=stroke_size)
        style_mix = StyleMix.of(style)
        painted = stylizer.paint(pixels, style.vector, strength=strength, stroke_size=stroke_size)
        parameters = store(context.upload_title(picture), style_mix, settings, stylizer, note)
        finished = settings.finish(painted.picture, pixels)
        return as_file(encode_with_parameters(finished, parameters), "painted.png")

    @errors_as_messages
    def styles() -> list[StyleFacts]:
        """Name the styles that /stylize knows as presets.

        Returns:
            Name, title, artist, year, rights and kind ("painting" or "movement") of each.
        """
        return [
            {
                "name": preset.name,
                "title": preset.title,
                "artist": preset.artist,
                "year": preset.year,
                "rights": preset.rights,
                "kind": preset.kind,
            }
            for preset in presets
        ]

    api(stylize, api_name="stylize", **context.painting_queue)
    api(styles, api_name="styles")


def _index(movements: tuple[str, ...], name: str) -> int | None:
    """Index of a movement by its name in any case; None for an empty name."""
    if not name:
        return None
    names = [movement.casefold() for movement in movements]
    if name.casefold() not in names:
        sentence = _("There is no movement {name!r} here; ask for {names}.")
        raise UserError(sentence.format(name=name, names=", ".join(movements)))
    return names.index(name.casefold())
