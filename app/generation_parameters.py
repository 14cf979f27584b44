"""How a picture was painted, stored inside its own PNG file, and read back to paint the same again.

    png = encode_with_parameters(painted.picture, parameters)
    parameters = read_parameters(upload)  # None where a PNG, or any other file, holds none

Four kinds of data, all checked by pydantic, because they come from strangers' files: a
`StyleShare`; the `GenerationParameters` of any picture, which are refused as a whole where they are
damaged; and in their `settings` either `StylizeParameters` or `OptimizeParameters`, in which single
values that make no sense become the defaults. Callers check whether a preset still exists.
"""

import io
import json
import logging
import os
from dataclasses import asdict
from typing import Annotated, Any, BinaryIO, Literal, Self

import numpy as np
from PIL import Image, UnidentifiedImageError
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
)
from pydantic.dataclasses import dataclass

from app.colour import Colours
from app.errors import UserError
from app.imaging import encode_png, read_picture
from app.serving.resolution import NATIVE, STROKE_SIZES
from app.serving.style import STYLE_SIZES
from app.translation import gettext as _

logger = logging.getLogger(__name__)

KEYWORD = "Deep Brush receipt"
"""Of the text chunk in the PNG."""

FORMAT = 1
"""Raised when the meaning of what is stored changes."""

MAX_LENGTH = 16_384
"""Default limit on the whole text, in characters."""

MAX_WORDS = 200
"""Limit on each text in it, in characters; longer titles are cut when they are stored."""

MAX_ENTRIES = 32
"""Limit on the styles, settings and networks, each."""

MAX_NUMBER = 2**53
"""Limit on the size of numbers: up to here a float holds every whole one."""

SLOWLY = "slowly"
"""Value of the setting "painted" of a picture that was painted by optimisation."""

_FROM_FILE = "a stranger's file"  # Validation context: texts are refused there, and cut elsewhere.


def _tidy(text: str, info: ValidationInfo) -> str:
    """A text that is short and printable."""
    tidy = "".join(c for c in text if c.isprintable())[:MAX_WORDS]
    if info.context == _FROM_FILE and tidy != text:
        raise ValueError("too long, or not printable")
    return tidy


Text = Annotated[str, AfterValidator(_tidy)]
Whole = Annotated[int, Field(ge=-MAX_NUMBER, le=MAX_NUMBER)]
Number = Annotated[float, Field(ge=-MAX_NUMBER, le=MAX_NUMBER, allow_inf_nan=False)]
Setting = bool | Whole | Number | Text


@dataclass(frozen=True)
class StyleShare:
    """One of the styles that were blended.

    Attributes:
        title: of the painting, or of the uploaded file.
        weight: its share in the blend, not negative.
        preset: the preset's name; empty for an uploaded picture.
    """

    title: Text
    weight: Annotated[Number, Field(ge=0)] = 1.0
    preset: Text = ""


@dataclass(frozen=True)
class GenerationParameters:
    """All that is needed to paint the same again, except the pictures themselves.

    Attributes:
        styles: what was blended.
        settings: strength, style size, colours and so on, by name; see `StylizeParameters` and
            `OptimizeParameters`.
        networks: version of each network by name.
        provider: "CUDA" or "CPU".
        seed: of what was drawn at random, where anything was.
    """

    styles: Annotated[tuple[StyleShare, ...], Field(min_length=1, max_length=MAX_ENTRIES)]
    settings: Annotated[dict[Text, Setting], Field(max_length=MAX_ENTRIES)] = Field(
        default_factory=dict
    )
    networks: Annotated[dict[Text, Text], Field(max_length=MAX_ENTRIES)] = Field(
        default_factory=dict
    )
    provider: Text = ""
    seed: Whole | None = None

    @property
    def painted_slowly(self) -> bool:
        """Whether the picture was painted by optimisation, so has `OptimizeParameters`."""
        return self.settings.get("painted") == SLOWLY

    @property
    def picture(self) -> str:
        """Title of the picture that was painted; empty if it is not stored."""
        return str(self.settings.get("picture", ""))

    def to_json(self) -> str:
        """The text that is stored in a file."""
        return json.dumps({"format": FORMAT, **asdict(self)}, ensure_ascii=False)

    @classmethod
    def parse(cls, text: str, *, max_length: int = MAX_LENGTH) -> "GenerationParameters":
        """Read what `to_json` wrote, or what somebody else made of it.

        Raises:
            UserError: it is too long, from a later version of the app, or damaged.
        """
        if len(text) > max_length:
            raise _unusable(_("they are too long"))
        try:
            content = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise _unusable(_("they are damaged")) from error
        version = content.get("format") if isinstance(content, dict) else None
        if isinstance(version, int) and version > FORMAT:
            raise _unusable(_("a later version of Deep Brush wrote them"))
        if version != FORMAT:
            raise _unusable(_("they are incomplete"))
        try:
            return _ADAPTER.validate_json(text, strict=True, context=_FROM_FILE)
        except ValidationError as error:
            raise _unusable(_reason(error)) from error


_ADAPTER = TypeAdapter(GenerationParameters)


class StoredSettings(BaseModel):
    """Settings by name, as a file holds them: names have spaces, and nonsense is the default."""

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="ignore",
        populate_by_name=True,
        alias_generator=lambda name: name.replace("_", " "),
    )

    @field_validator("*", mode="wrap")
    @classmethod
    def _or_default(
        cls, value: object, handler: ValidatorFunctionWrapHandler, info: ValidationInfo
    ) -> Any:
        try:
            return handler(value)
        except ValidationError:
            return cls.model_fields[str(info.field_name)].get_default()

    @classmethod
    def of(cls, parameters: GenerationParameters) -> Self:
        """Those of a picture."""
        return cls.model_validate(parameters.settings)

    @classmethod
    def stored(cls, **values: Any) -> dict[str, Setting]:
        """The same values for `GenerationParameters.settings`; what is None is left out."""
        return cls.model_construct(**values).model_dump(by_alias=True, exclude_none=True)


def _check_stroke_size(value: float) -> float:
    if value != NATIVE and not STROKE_SIZES[0] <= value <= STROKE_SIZES[1]:
        raise ValueError("no such stroke size")
    return value


Share = Annotated[float, Field(ge=0, le=1)]
StyleSize = Annotated[float, Field(ge=STYLE_SIZES[0], le=STYLE_SIZES[1])]
StrokeSize = Annotated[float, AfterValidator(_check_stroke_size)]
Weight = Annotated[float, Field(ge=0, le=1e6)]


class StylizeParameters(StoredSettings):
    """Settings of a picture that was painted at once, in one pass.

    Attributes:
        note: what to know of the file that was painted.
        picture: title of what was painted.
        strength: 0..1.
        colours: whose colours the painting has.
        style_size: how large an uploaded style picture is seen.
        stroke_size: from fine, 0.5, to broad, 2; or `NATIVE`.
        mask: whether only part of the picture was painted.
    """

    note: str | None = None
    picture: str = ""
    strength: Share = 1.0
    colours: Colours = "style"
    style_size: StyleSize = 1.0
    stroke_size: StrokeSize = 1.0
    mask: bool = False


class OptimizeParameters(StoredSettings):
    """Settings of a picture that was painted slowly; None stands for the recipe's own value.

    Attributes:
        picture: title of what was painted.
        recipe: title of the recipe it began from.
        content_layers: names, separated by commas.
        style_layers: likewise.
        start: of `app.optimize.recipe.Start`, or the name of the file that it started from.
        scales: how many sizes were painted.
        steps: how many steps were done.
        seconds: how long it took.
        time: seconds that were asked for; 0 where steps were.
        size: longest side that was asked for, in pixels; 0 for as large as the time allows.
    """

    picture: str = ""
    painted: Literal["slowly"] = "slowly"
    recipe: str = ""
    content_layers: str = ""
    style_layers: str = ""
    statistics: str = "both"
    balance: Share = 0.5
    alpha: Weight | None = None
    beta: Weight | None = None
    variation: Weight | None = None
    optimiser: str = "adam"
    rate: float | None = None
    start: str = "picture"
    style_size: StyleSize | None = None
    colours: Colours = "style"
    mask: bool = False
    scales: int | None = None
    steps: Annotated[int, Field(ge=1, le=5000)] | None = None
    seconds: float | None = None
    time: Annotated[float, Field(ge=0, le=3600)] | None = None
    size: Annotated[int, Field(ge=0, le=768)] | None = None


def encode_with_parameters(picture: np.ndarray, parameters: GenerationParameters) -> bytes:
    """Encode a picture, uint8 RGB [H,W,3], losslessly as a PNG file that holds its parameters."""
    return encode_png(picture, {"Software": "Deep Brush", KEYWORD: parameters.to_json()})


def read_parameters(
    source: str | os.PathLike[str] | bytes | BinaryIO, *, max_length: int = MAX_LENGTH
) -> GenerationParameters | None:
    """Read the parameters of a picture that the app painted.

    No pixel is decoded: only what stands before them in the file is read.

    Args:
        source: a path, a file's content, or a binary file object.
        max_length: limit on the stored text, in characters.

    Returns:
        None if the file is no PNG or holds none.

    Raises:
        UserError: the file is damaged, or what it holds cannot be used.
    """
    file = io.BytesIO(source) if isinstance(source, bytes) else source
    try:
        with Image.open(file, formats=("PNG",)) as image:
            text = image.info.get(KEYWORD)
    except UnidentifiedImageError:
        return None
    except Exception as error:  # Pillow raises anything at all when fed with broken files.
        logger.info("Could not look for generation parameters: %r", error)
        raise UserError(
            _(
                "This PNG file is damaged or of an unusual variety, so that its settings cannot be"
                " read; please choose another one."
            )
        ) from error
    if not isinstance(text, str):
        return None
    return GenerationParameters.parse(text, max_length=max_length)


def read_parameters_or_picture(
    path: str | os.PathLike[str], *, max_pixels: int, max_bytes: int
) -> GenerationParameters | np.ndarray:
    """Open a file once: its generation parameters if it holds any, else its picture.

    Args:
        path: of the file.
        max_pixels: see `app.imaging.read_picture`.
        max_bytes: likewise.

    Returns:
        The parameters, or uint8 RGB [H,W,3].

    Raises:
        UserError: the file cannot be read, or what it holds cannot be used.
    """
    try:
        file = open(path, "rb")  # noqa: SIM115 - closed below; only opening it is tried.
    except OSError:  # For which there is a sentence.
        return read_picture(path, max_pixels=max_pixels, max_bytes=max_bytes)
    with file:
        parameters = read_parameters(file)
        if parameters is not None:
            return parameters
        file.seek(0)
        return read_picture(file, max_pixels=max_pixels, max_bytes=max_bytes)


def _reason(error: ValidationError) -> str:
    """What is wrong with parameters, by the first of them that is wrong."""
    first = error.errors(include_url=False, include_context=False)[0]
    if first["type"] == "missing" or not first["loc"]:
        return _("they are incomplete")
    return _("the part {name!r} is not as it should be").format(name=str(first["loc"][0]))


def _unusable(reason: str) -> UserError:
    return UserError(
        _(
            "The settings stored in this PNG cannot be used: {reason}; please choose the settings"
            " by hand."
        ).format(reason=reason)
    )
