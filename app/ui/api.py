"""The endpoints for programs: `/classify` and `/heatmap`, also offered as MCP tools.

Their docstrings and type hints become the API page and the MCP schema; they speak to that reader.
"""

from typing import Literal, TypedDict

from gradio import api
from gradio.processing_utils import save_bytes_to_cache
from gradio.utils import get_upload_folder

from app.errors import UserError
from app.heatmap import overlay
from app.imaging import encode_png
from app.ui.house import House, guarded


class FileMark(TypedDict):
    """How Gradio knows a file among other JSON."""

    _type: Literal["gradio.FileData"]


class PictureFile(TypedDict):
    """A picture file: clients upload it first, or get it as a file of their own."""

    path: str
    meta: FileMark


class Classification(TypedDict):
    """What the network says of a picture."""

    movement: str | None
    confidence: float
    probabilities: dict[str, float]
    outside: bool
    provider: str
    milliseconds: float


def register(house: House) -> None:
    """Offer both endpoints; to be called inside the page."""

    # Gradio reads one line for each argument, and shows programs nothing below "Returns".
    @guarded
    def classify(picture: PictureFile) -> Classification:
        """Tell which art movement a painting belongs to, and how sure that is.

        `movement` is null, and `outside` true, if the picture is probably a photograph or art of
        another movement than those in `probabilities`. `confidence` is the calibrated probability
        of the likeliest movement, `provider` what computed it, CPU or CUDA.

        Args:
            picture: A painting as JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC or AVIF.

        Returns:
            What the network says of the picture.
        """
        reading = house.classifier.read(house.open(picture))
        return {
            "movement": None if reading.outside else reading.movement,
            "confidence": reading.confidence,
            "probabilities": dict(
                zip(reading.movements, reading.probabilities.tolist(), strict=True)
            ),
            "outside": reading.outside,
            "provider": reading.provider,
            "milliseconds": round(reading.milliseconds, 1),
        }

    @guarded
    def heatmap(picture: PictureFile, movement: str = "", opacity: float = 0.75) -> PictureFile:
        """Paint over a picture where it speaks for an art movement.

        Weak evidence is violet, strong evidence yellow. The answer is a PNG of the picture's own
        size; where nothing speaks for the movement it is the picture as it came.

        Args:
            picture: A painting as JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC or AVIF.
            movement: One of the movements that /classify names; empty takes the likeliest.
            opacity: How much the strongest evidence covers the picture, from 0 to 1.

        Returns:
            The painted picture.
        """
        if not 0 <= opacity <= 1:
            raise UserError(f"The opacity must be a number from 0 to 1, not {opacity}.")
        chosen = _index(house.classifier.metadata.movements, movement)
        pixels = house.open(picture)
        reading = house.classifier.read(pixels)
        height, width = pixels.shape[:2]
        heat = reading.heat_map(reading.best if chosen is None else chosen, width, height)
        png = encode_png(overlay(pixels, heat, opacity).picture)
        path = save_bytes_to_cache(png, "heatmap.png", get_upload_folder())
        return {"path": path, "meta": {"_type": "gradio.FileData"}}

    for endpoint in (classify, heatmap):
        api(endpoint, api_name=endpoint.__name__, **house.heavy)


def _index(movements: tuple[str, ...], name: str) -> int | None:
    """Index of a movement by its name in any case; None for an empty name."""
    if not name:
        return None
    names = [movement.casefold() for movement in movements]
    if name.casefold() not in names:
        raise UserError(f"There is no movement {name!r} here; ask for {', '.join(movements)}.")
    return names.index(name.casefold())
