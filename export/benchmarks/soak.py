"""Soak test: growth of the app's memory with pictures of all sizes and many visits.

    python -m export.benchmarks soak

First everything is done once. The memory that is then in use is the baseline of later values.
"""

import argparse
import io
import math
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import psutil
from PIL import Image

from export.assets.pictures import bundled
from export.benchmarks.app_start import app_or_running
from export.benchmarks.visitor import Page, Visitor

SMALLEST, NATIVE = 48 * 48, 1_500_000
"""Pixels of the smallest picture, and of the largest that is painted at its own resolution."""

MAX_GROWTH = 150
"""Megabytes by which memory may grow."""

_MAX_ASPECT_RATIO = 4.0  # Longest side divided by shortest.
_SETTLING_TIME = 9.0  # Seconds after which the app has returned freed memory to the system.
_IMAGE_INPUTS = (
    "image-input",
    "inside-image-input",
    "paint-image-input",
    "map-image-input",
    "slowly-image-input",
)
_CALL_SHARES = {
    "classify": 0.6,
    "heatmap": 0.12,
    "stylize": 0.14,
    "neighbours": 0.12,
    "explain": 0.02,
}


@dataclass(frozen=True)
class RandomPictures:
    """Photographs of random sizes; the logarithm of their area is uniformly distributed.

    Attributes:
        random: generator of all sizes.
        largest: pixels of the largest picture.
    """

    random: np.random.Generator
    largest: int

    def jpeg(self, largest: int | None = None) -> bytes:
        """The content of a JPEG file; `largest` replaces the usual limit."""
        area = math.exp(self.random.uniform(math.log(SMALLEST), math.log(largest or self.largest)))
        ratio = math.exp(
            self.random.uniform(-math.log(_MAX_ASPECT_RATIO), math.log(_MAX_ASPECT_RATIO))
        )
        width, height = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
        photographs = bundled()
        photograph = Image.fromarray(photographs[self.random.integers(len(photographs))])
        file = io.BytesIO()
        photograph.resize((width, height), reducing_gap=2).save(file, "JPEG", quality=85)
        return file.getvalue()


def call(visitor: Visitor, pictures: RandomPictures, endpoint: str) -> None:
    """Call an endpoint with a new picture."""
    options: list[Any] = []
    largest = None
    if endpoint == "stylize":
        stroke_size = float(pictures.random.choice([0.5, 1.0, 2.0, 0.0]))
        largest = None if stroke_size else NATIVE
        options = [None, "gogh-the-starry-night", 1.0, "style", stroke_size]
    elif endpoint == "explain":
        options = ["grad-cam", 5, ""]
    elif endpoint == "heatmap":
        options = ["", 0.75]
    elif endpoint == "neighbours":
        options = [10]
    elif endpoint == "optimize":
        options = [None, 2.0, "deep-brush", "gogh-the-starry-night", 0.5]
        largest = NATIVE
    visitor.ask(endpoint, visitor.upload(pictures.jpeg(largest), "picture.jpg"), *options)


def visit(page: Page, pictures: RandomPictures) -> None:
    """Open the page, upload a new picture in each tab, and close it."""
    with Visitor(page) as visitor:
        for image_input in _IMAGE_INPUTS:
            visitor.trigger(
                image_input, "input", visitor.upload(pictures.jpeg(NATIVE), "picture.jpg")
            )


def warm_up(page: Page, pictures: RandomPictures) -> None:
    """Do everything once."""
    with Visitor(page) as visitor:
        for endpoint in (*_CALL_SHARES, "optimize"):
            call(visitor, pictures, endpoint)
        visitor.ask(
            "stylize", visitor.upload(pictures.jpeg(), "p.jpg"), None, "cubism", 1, "style", 1
        )
    visit(page, pictures)


def make_calls(
    page: Page, pictures: RandomPictures, calls: int, *, optimize_every: int = 250
) -> None:
    """Call endpoints, each time as a new client; every `optimize_every`-th call optimizes."""
    names, shares = list(_CALL_SHARES), list(_CALL_SHARES.values())
    for number in range(1, calls + 1):
        endpoint = (
            "optimize" if number % optimize_every == 0 else pictures.random.choice(names, p=shares)
        )
        with Visitor(page, heartbeat=False) as visitor:
            call(visitor, pictures, endpoint)


def settled_megabytes(process: psutil.Process, seconds: float = _SETTLING_TIME) -> float:
    """The minimum of the resident memory over some seconds, in MB."""
    end, least = time.monotonic() + seconds, math.inf
    while time.monotonic() < end:
        least = min(least, process.memory_info().rss / 2**20)
        time.sleep(0.2)
    return least


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `benchmark_soak`."""
    add = parser.add_argument
    add("--calls", type=int, default=1000, help="of all endpoints")
    add("--visitors", type=int, default=50, help="who come and go")
    add("--megapixels", type=float, default=12, help="of the largest picture")
    add("--parts", type=int, default=4, help="how often memory is printed meanwhile")
    add("--seed", type=int, default=0, help="of sizes and order")
    add("--warm", type=float, help="baseline in megabytes, for an app that was used before")


def benchmark_soak(arguments: argparse.Namespace) -> None:
    """Print how memory grows."""
    pictures = RandomPictures(
        np.random.default_rng(arguments.seed), round(arguments.megapixels * 1e6)
    )
    with app_or_running(arguments.running) as (process, address):
        page, warm = Page.read(address), arguments.warm
        if warm is None:
            warm_up(page, pictures)
            warm = settled_megabytes(process)
        _report("everything was done once", warm, warm)
        for part in range(1, arguments.parts + 1):
            make_calls(page, pictures, arguments.calls // arguments.parts)
            held = settled_megabytes(process)
            _report(f"{part * arguments.calls // arguments.parts} calls", held, warm)
        for _ in range(arguments.visitors):
            visit(page, pictures)
        held = settled_megabytes(process)
        _report(f"{arguments.visitors} visitors", held, warm)
        verdict = "within" if held - warm <= MAX_GROWTH else "beyond"
        print(f"  {verdict} the {MAX_GROWTH} MB by which it may grow")


def _report(words: str, held: float, warm: float) -> None:
    print(f"  after {words:26} {held:8.0f} MB {held - warm:+8.0f} MB", flush=True)
