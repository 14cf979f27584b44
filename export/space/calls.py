"""Every endpoint of a running app, called once as a program would."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gradio_client import Client, handle_file
from PIL import Image

from training.common.errors import UserError

PICTURE = "a picture"
"""Stands for one in `CALLS`."""

CALLS: dict[str, tuple[Any, ...]] = {
    "/classify": (PICTURE,),
    "/heatmap": (PICTURE,),
    "/explain": (PICTURE,),
    "/neighbours": (PICTURE, 3),
    "/activation": ("conv4_block24", 17),
    "/styles": (),
    "/stylize": (PICTURE, PICTURE),
    "/optimize": (PICTURE, PICTURE, 3),
}
"""Arguments for each endpoint."""


@dataclass(frozen=True)
class Called:
    """What came of a call: the answer in a few words, after so many seconds."""

    endpoint: str
    answer: str
    seconds: float


def call_all(address: str, picture: Path, downloads: Path) -> Iterator[Called]:
    """Call all endpoints that an app offers.

    Args:
        address: of the app, as a visitor has it.
        picture: a file to send.
        downloads: folder for what is answered.

    Raises:
        UserError: the app offers one that `CALLS` does not know, or lacks one that it does.
        AppError: an endpoint failed.
    """
    client = Client(address, verbose=False, download_files=str(downloads), analytics_enabled=False)
    described: Any = client.view_api(return_format="dict", print_info=False)
    offered = set(described["named_endpoints"])
    if offered != set(CALLS):
        odd = ", ".join(sorted(offered ^ set(CALLS)))
        raise UserError(f"The app and export.space.calls differ in what there is to call: {odd}.")
    for endpoint, arguments in CALLS.items():
        begin = time.perf_counter()
        sent = [handle_file(picture) if each == PICTURE else each for each in arguments]
        answer = describe(client.predict(*sent, api_name=endpoint))
        yield Called(endpoint, answer, time.perf_counter() - begin)


def describe(answer: object) -> str:
    """An answer in a few words; a file must be a picture that can be read.

    Raises:
        ValueError: there is nothing in it.
    """
    if isinstance(answer, tuple):
        return " and ".join(map(describe, answer))
    if isinstance(answer, str):
        with Image.open(answer) as image:
            image.load()
            return f"{image.format} {image.width} x {image.height}"
    if isinstance(answer, dict | list) and answer:
        return f"{len(answer)} {'facts' if isinstance(answer, dict) else 'entries'}"
    raise ValueError(f"nothing was answered but {answer!r}")
