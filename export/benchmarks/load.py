"""How the app answers many at once: each client with its own picture, asking for everything.

    python -m export.benchmarks load

Each answer is compared with what the same question was answered before, when nobody else asked.
Then clients come who begin something slow and leave, and it is measured how soon others get their
turn.
"""

import argparse
import hashlib
import json
import random
import statistics
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image

from app.imaging import encode_png
from export.benchmarks.app_start import app_or_running
from export.benchmarks.visitor import BusyError, Page, Visitor

PRESET = "gogh-the-starry-night"

QUESTIONS: dict[str, tuple[Any, ...]] = {
    "classify": (),
    "heatmap": ("", 0.75),
    "neighbours": (5,),
    "stylize": (None, PRESET, 1.0, "style", 1.0),
    "explain": ("grad-cam", 5, ""),
}
"""Endpoints that every client asks about its own picture, and their other arguments."""

GONE_WITHIN = 5.0
"""Seconds after which what somebody has begun must have ended who has left."""

_PATIENCE = 0.5  # Seconds after which a client that was sent away asks again.


@dataclass
class Record:
    """What came of all questions; threads write into it.

    Attributes:
        seconds: until an answer, by endpoint.
        wrong: answers that belong to another picture, or to none, by endpoint.
        busy: how often a client was sent away because the queue was full.
        sentences: with which words.
    """

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    wrong: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    busy: int = 0
    sentences: set[str] = field(default_factory=set)


def own_picture(number: int, side: int) -> bytes:
    """A PNG that no other client has: coarse noise of its own."""
    coarse = np.random.default_rng(number).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    shape = (side, side * 3 // 4 + number)
    return encode_png(np.asarray(Image.fromarray(coarse).resize(shape, Image.Resampling.BICUBIC)))


def ask(visitor: Visitor, endpoint: str, picture: Mapping[str, Any]) -> str:
    """An answer as a text that is the same only if the answer is."""
    (answer,) = visitor.ask(endpoint, picture, *QUESTIONS[endpoint])[:1]
    if "path" in answer:
        return hashlib.sha256(visitor.fetch(answer)).hexdigest()
    answer.pop("milliseconds", None)
    return json.dumps(answer, sort_keys=True)


@dataclass(frozen=True)
class Client:
    """Asks about one picture, and knows the right answers."""

    page: Page
    number: int
    picture: bytes
    endpoints: tuple[str, ...]

    def alone(self) -> dict[str, str]:
        """The answers when nobody else asks."""
        with Visitor(self.page) as visitor:
            file = visitor.upload(self.picture, "picture.png")
            return {endpoint: ask(visitor, endpoint, file) for endpoint in self.endpoints}

    def among_others(
        self, right: Mapping[str, str], together: threading.Barrier, to: Record
    ) -> None:
        """Ask the same, together with all others; asks again whenever the queue is full."""
        with Visitor(self.page) as visitor:
            file = visitor.upload(self.picture, "picture.png")
            together.wait()
            for endpoint in self.endpoints:
                start = time.monotonic()
                answer = self._patiently(visitor, endpoint, file, to)
                to.seconds[endpoint].append(time.monotonic() - start)
                to.wrong[endpoint] += answer != right[endpoint]

    @staticmethod
    def _patiently(visitor: Visitor, endpoint: str, file: Mapping[str, Any], to: Record) -> str:
        while True:
            try:
                return ask(visitor, endpoint, file)
            except BusyError as busy:
                to.busy += 1
                to.sentences.add(str(busy))
                time.sleep(_PATIENCE)


def load(page: Page, clients: int, requests: int, side: int, seed: int = 0) -> Record:
    """So many clients at once, each asking so many different questions about its own picture."""
    decide, record, together = random.Random(seed), Record(), threading.Barrier(clients)
    everyone = [
        Client(
            page,
            number,
            own_picture(number, side),
            tuple(decide.sample(list(QUESTIONS), requests)),
        )
        for number in range(clients)
    ]
    right = [client.alone() for client in everyone]
    with ThreadPoolExecutor(clients) as threads:
        asking = [
            threads.submit(client.among_others, answers, together, record)
            for client, answers in zip(everyone, right, strict=True)
        ]
        for each in asking:
            each.result()
    return record


def leave_slow_work(page: Page, begin: Callable[[Visitor], Any], *, present: bool = True) -> float:
    """Begin something slow, leave once it is under way, and begin it anew.

    Args:
        page: where.
        begin: gives the messages of what is begun.
        present: whether visitors hold the connection of a page beside that of the work.

    Returns:
        Seconds from leaving until the next visitor's work began.
    """
    with Visitor(page, present=present) as first:
        _until(begin(first), "process_generating")
    left = time.monotonic()
    with Visitor(page, present=present) as second:
        _until(begin(second), "process_starts")
        return time.monotonic() - left


def slow_painting(page: Page, picture: bytes) -> Callable[[Visitor], Any]:
    """What begins the optimisation of a picture for ten minutes."""

    def begin(visitor: Visitor) -> Any:
        file = visitor.upload(picture, "picture.png")
        data = [file, None, 600.0, "deep-brush", PRESET, 0.5]
        return visitor.events(page.endpoint("optimize"), data)

    return begin


def rendering(visitor: Visitor) -> Any:
    """Begin a rendering in the Atlas tab."""
    visitor.values[visitor.page.component("rendering-steps")] = 512
    return visitor.begin("rendering-render", "click")


def batch(picture: bytes) -> Callable[[Visitor], Any]:
    """What begins to paint a picture two hundred times in the Paint tab."""

    def begin(visitor: Visitor) -> Any:
        file = visitor.upload(picture, "picture.png")
        return visitor.begin("image-batch", "upload", [file] * 200)

    return begin


def own_map(picture: bytes) -> Callable[[Visitor], Any]:
    """What begins a map of five hundred pictures in the Map tab."""

    def begin(visitor: Visitor) -> Any:
        file = visitor.upload(picture, "picture.png")
        page = visitor.page
        read = page.after(page.event("collection-upload", "upload"))
        return visitor.events(read, [None, [file] * 500])

    return begin


def _until(messages: Any, kind: str) -> None:
    for message in messages:
        if message["msg"] == kind:
            return
    raise RuntimeError(f"it ended without a message {kind!r}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `benchmark_load` wants to know."""
    add = parser.add_argument
    add("--clients", type=int, default=50, help="at once")
    add("--requests", type=int, default=3, help="of each, all different")
    add("--side", type=int, default=480, help="longest side of pictures, in pixels")
    add("--leavers", type=int, default=5, help="who leave slow work of each kind")


def benchmark_load(arguments: argparse.Namespace) -> None:
    """Print how long answers take, and whether they are right; and how soon work ends."""
    with app_or_running(arguments.running) as (_, address):
        page = Page.read(address)
        if arguments.clients:
            report(load(page, arguments.clients, arguments.requests, arguments.side))
        picture = own_picture(0, arguments.side)
        for words, begin in {
            "slow painting": slow_painting(page, picture),
            "rendering": rendering,
            "batch": batch(picture),
            "own map": own_map(picture),
        }.items():
            waits = [leave_slow_work(page, begin) for _ in range(arguments.leavers)]
            in_time = sum(wait <= GONE_WITHIN for wait in waits)
            if waits:
                print(
                    f"  {words:16} left, and ended within {GONE_WITHIN:g} s:"
                    f" {in_time} of {len(waits)}, longest {max(waits):.1f} s",
                    flush=True,
                )


def report(record: Record) -> None:
    """Print what came of a load."""
    print(f"  {'':16}{'answers':>8}{'wrong':>8}{'p50':>9}{'p95':>9}{'longest':>9}")
    for endpoint, seconds in record.seconds.items():
        p50 = statistics.median(seconds)
        p95 = float(np.percentile(seconds, 95))
        print(
            f"  {endpoint:16}{len(seconds):8}{record.wrong[endpoint]:8}"
            f"{p50:7.1f} s{p95:7.1f} s{max(seconds):7.1f} s"
        )
    print(f"  sent away {record.busy} times: {' '.join(record.sentences) or 'nobody was'}")
