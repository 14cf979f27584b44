"""How the app's memory grows with use: pictures of all sizes, and visitors who come and go.

    python -m export.benchmarks soak

It first does everything once; how much memory is held then is what later values are compared with.
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

from export.assets import pictures
from export.benchmarks.app_start import app_or_running
from export.benchmarks.visitor import Page, Visitor

SMALLEST, NATIVE = 48 * 48, 1_500_000
"""Pixels of the smallest picture, and of the largest that is painted at its own resolution."""

ALLOWED = 150
"""Megabytes by which memory may grow."""

_STRETCHED = 4.0  # Longest side through shortest, at the most.
_SETTLED = 9.0  # Seconds in which the app hands back what it has freed.
_INPUTS = (
    "image-input",
    "inside-image-input",
    "paint-image-input",
    "map-image-input",
    "slowly-image-input",
)
_SHARES = {"classify": 0.6, "heatmap": 0.12, "stylize": 0.14, "neighbours": 0.12, "explain": 0.02}


@dataclass(frozen=True)
class Sizes:
    """Pictures of all sizes, by chance: areas are as often around 0.1 megapixels as around 10.

    Attributes:
        random: decides.
        largest: pixels of the largest picture.
    """

    random: np.random.Generator
    largest: int

    def jpeg(self, largest: int | None = None) -> bytes:
        """A picture's content; `largest` in place of the usual one."""
        area = math.exp(self.random.uniform(math.log(SMALLEST), math.log(largest or self.largest)))
        ratio = math.exp(self.random.uniform(-math.log(_STRETCHED), math.log(_STRETCHED)))
        width, height = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
        bundled = pictures.bundled()
        photograph = Image.fromarray(bundled[self.random.integers(len(bundled))])
        file = io.BytesIO()
        photograph.resize((width, height), reducing_gap=2).save(file, "JPEG", quality=85)
        return file.getvalue()


def call(visitor: Visitor, sizes: Sizes, endpoint: str) -> None:
    """Ask an endpoint about a new picture."""
    options: list[Any] = []
    largest = None
    if endpoint == "stylize":
        stroke_size = float(sizes.random.choice([0.5, 1.0, 2.0, 0.0]))
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
    visitor.ask(endpoint, visitor.upload(sizes.jpeg(largest), "picture.jpg"), *options)


def visit(page: Page, sizes: Sizes) -> None:
    """Open the page, upload a new picture into each tab, and leave."""
    with Visitor(page) as visitor:
        for image_input in _INPUTS:
            visitor.act(image_input, "input", visitor.upload(sizes.jpeg(NATIVE), "picture.jpg"))


def warm_up(page: Page, sizes: Sizes) -> None:
    """Do everything once."""
    with Visitor(page) as visitor:
        for endpoint in (*_SHARES, "optimize"):
            call(visitor, sizes, endpoint)
        visitor.ask("stylize", visitor.upload(sizes.jpeg(), "p.jpg"), None, "cubism", 1, "style", 1)
    visit(page, sizes)


def use(page: Page, sizes: Sizes, calls: int, *, slowly: int = 250) -> None:
    """So many calls, each by a program of its own; one in `slowly` is painted slowly."""
    names, shares = list(_SHARES), list(_SHARES.values())
    for number in range(1, calls + 1):
        endpoint = "optimize" if number % slowly == 0 else sizes.random.choice(names, p=shares)
        with Visitor(page, present=False) as visitor:
            call(visitor, sizes, endpoint)


def settled_megabytes(process: psutil.Process, seconds: float = _SETTLED) -> float:
    """Resident memory once it no longer falls; the least that was seen in so many seconds."""
    end, least = time.monotonic() + seconds, math.inf
    while time.monotonic() < end:
        least = min(least, process.memory_info().rss / 2**20)
        time.sleep(0.2)
    return least


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `benchmark_soak` wants to know."""
    add = parser.add_argument
    add("--calls", type=int, default=1000, help="of all endpoints")
    add("--visitors", type=int, default=50, help="who come and go")
    add("--megapixels", type=float, default=12, help="of the largest picture")
    add("--parts", type=int, default=4, help="how often memory is printed meanwhile")
    add("--seed", type=int, default=0, help="of sizes and order")
    add("--warm", type=float, help="megabytes to compare with, for an app that was used before")


def benchmark_soak(arguments: argparse.Namespace) -> None:
    """Print how memory grows."""
    sizes = Sizes(np.random.default_rng(arguments.seed), round(arguments.megapixels * 1e6))
    with app_or_running(arguments.running) as (process, address):
        page, warm = Page.read(address), arguments.warm
        if warm is None:
            warm_up(page, sizes)
            warm = settled_megabytes(process)
        _report("everything was done once", warm, warm)
        for part in range(1, arguments.parts + 1):
            use(page, sizes, arguments.calls // arguments.parts)
            held = settled_megabytes(process)
            _report(f"{part * arguments.calls // arguments.parts} calls", held, warm)
        for _ in range(arguments.visitors):
            visit(page, sizes)
        held = settled_megabytes(process)
        _report(f"{arguments.visitors} visitors", held, warm)
        verdict = "within" if held - warm <= ALLOWED else "beyond"
        print(f"  {verdict} the {ALLOWED} MB by which it may grow")


def _report(words: str, held: float, warm: float) -> None:
    print(f"  after {words:26} {held:8.0f} MB {held - warm:+8.0f} MB", flush=True)
