"""How a picture was painted, written inside its own PNG file, and read back to paint so again.

    png = encode_with_receipt(painting.picture, receipt)
    receipt = read_receipt(upload)  # None where a PNG, or any other file, holds none

What is read back comes from a stranger's file: every field is checked, and nothing in it is more
than words and numbers. Whether a preset still exists, or a strength is in range, its user checks.
"""

import io
import json
import logging
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from app.errors import UserError
from app.imaging import encode_png

logger = logging.getLogger(__name__)

KEYWORD = "Deep Brush receipt"
"""Of the text chunk in the PNG."""

FORMAT = 1
"""Raised when what is written changes its meaning."""

MAX_LENGTH = 16_384
"""Default limit on the whole text, in characters."""

MAX_WORDS = 200
"""Limit on each text in it; longer titles are cut."""

MAX_ENTRIES = 32
"""Limit on the styles, settings and networks, each."""

MAX_NUMBER = 2**53
"""Limit on the size of numbers: up to here a float holds every whole one."""

Setting = str | int | float | bool


@dataclass(frozen=True)
class StyleShare:
    """One of the styles that were blended.

    Attributes:
        title: of the painting, or of the file that was brought.
        weight: its share in the blend, not negative.
        preset: the preset's name; empty for a picture that was brought.
    """

    title: str
    weight: float = 1.0
    preset: str = ""


@dataclass(frozen=True)
class GenerationParameters:
    """All that is needed to paint the same again, but for the pictures themselves.

    Attributes:
        styles: what was blended.
        settings: strength, style size, colours and so on, by name.
        networks: version of each network by name.
        provider: "CUDA" or "CPU".
        seed: of what was drawn by chance, where anything was.
    """

    styles: tuple[StyleShare, ...]
    settings: Mapping[str, Setting] = field(default_factory=dict)
    networks: Mapping[str, str] = field(default_factory=dict)
    provider: str = ""
    seed: int | None = None

    def to_json(self) -> str:
        """As it is written into a file; texts are cut to `MAX_WORDS` printable characters."""
        return json.dumps(_tidy({"format": FORMAT, **asdict(self)}), ensure_ascii=False)

    @classmethod
    def parse(cls, text: str, *, max_length: int = MAX_LENGTH) -> "GenerationParameters":
        """Read what `to_json` wrote, or what somebody else made of it.

        Raises:
            UserError: it is too long, from a later version of the app, or no receipt.
        """
        if len(text) > max_length:
            raise _unreadable("it is too long")
        try:
            content = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise _unreadable("it is damaged") from error
        match content:
            case {
                "format": int(version),
                "styles": [*styles],
                "settings": dict(settings),
                "networks": dict(networks),
                "provider": str(provider),
                "seed": int() | None as seed,
            } if version == FORMAT:
                receipt = cls(tuple(map(_style, styles)), settings, networks, provider, seed)
            case {"format": int(version)} if version > FORMAT:
                raise _unreadable("a later version of Deep Brush wrote it")
            case _:
                raise _unreadable("it is incomplete")
        _check(receipt)
        return receipt


def encode_with_parameters(picture: np.ndarray, receipt: GenerationParameters) -> bytes:
    """Encode a picture, uint8 RGB [H,W,3], losslessly as a PNG file that holds a receipt."""
    return encode_png(picture, {"Software": "Deep Brush", KEYWORD: receipt.to_json()})


def read_parameters(
    source: str | os.PathLike[str] | bytes, *, max_length: int = MAX_LENGTH
) -> GenerationParameters | None:
    """Read the receipt of a picture that the app made.

    No pixel is decoded: only what stands before them in the file is read.

    Args:
        source: a path, or a file's content.
        max_length: limit on the receipt's text, in characters.

    Returns:
        The receipt; None if the file is no PNG or holds none.

    Raises:
        UserError: the file is damaged, or what it holds is no receipt that can be used.
    """
    file = io.BytesIO(source) if isinstance(source, bytes) else source
    try:
        with Image.open(file, formats=("PNG",)) as image:
            text = image.info.get(KEYWORD)
    except UnidentifiedImageError:
        return None
    except Exception as error:  # Pillow raises anything at all when fed with broken files.
        logger.info("Could not look for a receipt: %r", error)
        raise UserError(
            "This PNG file is damaged or of an unusual variety, so that no receipt can be read;"
            " please choose another one."
        ) from error
    return (
        None
        if not isinstance(text, str)
        else GenerationParameters.parse(text, max_length=max_length)
    )


def _style(entry: Any) -> StyleShare:
    match entry:
        case {"title": str(title), "weight": int() | float() as weight, "preset": str(preset)}:
            if _is_number(weight) and weight >= 0:
                return StyleShare(title, float(weight), preset)
    raise _unreadable("one of its styles is incomplete")


def _check(receipt: GenerationParameters) -> None:
    """What types alone do not say."""
    parts = receipt.styles, receipt.settings, receipt.networks
    if not receipt.styles or max(map(len, parts)) > MAX_ENTRIES:
        raise _unreadable("it names no styles, or too many things")
    if not all(isinstance(version, str) for version in receipt.networks.values()):
        raise _unreadable("a network's version is no text")
    if not all(
        isinstance(value, str | bool) or _is_number(value) for value in receipt.settings.values()
    ):
        raise _unreadable("a setting is neither a text nor a number")
    if receipt.seed is not None and not _is_number(receipt.seed):
        raise _unreadable("its seed is no number")
    if asdict(receipt) != _tidy(asdict(receipt)):
        raise _unreadable("it holds texts that are too long or cannot be printed")


def _is_number(value: Any) -> bool:
    """Whether a value is a finite number of a reasonable size; bool is none."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and abs(value) <= MAX_NUMBER


def _tidy(content: Any) -> Any:
    """The same with every text in it short and printable."""
    match content:
        case str():
            return "".join(c for c in content if c.isprintable())[:MAX_WORDS]
        case dict():
            return {_tidy(key): _tidy(value) for key, value in content.items()}
        case list() | tuple():
            return type(content)(map(_tidy, content))
    return content


def _unreadable(reason: str) -> UserError:
    return UserError(
        f"The receipt in this PNG cannot be used: {reason}; please choose the settings by hand."
    )
