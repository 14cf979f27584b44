"""Load test: many clients at once, each calling all endpoints with its own picture.

    python -m export.benchmarks load

Each answer is compared with the one that the same request got before, without load. Then clients
start slow work and disconnect, and the time until the next client's work starts is measured.
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

REQUESTS: dict[str, tuple[Any, ...]] = {
    "classify": (),
    "heatmap": ("", 0.75),
    "neighbours": (5,),
    "stylize": (None, PRESET, 1.0, "style", 1.0),
    "explain": ("grad-cam", 5, ""),
}
"""Endpoints that are called, and their arguments beside the picture."""

MAX_CLEANUP_SECONDS = 5.0
"""Seconds within which work must end after its client has disconnected."""

_RETRY_DELAY = 0.5  # Seconds before a client repeats a request that was refused.


@dataclass
class Record:
    """Results of all requests; several threads write into it.

    Attributes:
        seconds: response times by endpoint.
        wrong: number of answers that differ from the expected ones, by endpoint.
        busy: how often a request was refused because the queue was full.
        sentences: the messages of these refusals.
    """

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    wrong: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    busy: int = 0
    sentences: set[str] = field(default_factory=set)


def client_picture(number: int, side: int) -> bytes:
    """A PNG with coarse noise that differs for each client."""
    coarse = np.random.default_rng(number).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    shape = (side, side * 3 // 4 + number)
    return encode_png(np.asarray(Image.fromarray(coarse).resize(shape, Image.Resampling.BICUBIC)))


def ask(visitor: Visitor, endpoint: str, picture: Mapping[str, Any]) -> str:
    """An endpoint's answer as a text, for comparison."""
    (answer,) = visitor.ask(endpoint, picture, *REQUESTS[endpoint])[:1]
    if "path" in answer:
        return hashlib.sha256(visitor.fetch(answer)).hexdigest()
    answer.pop("milliseconds", None)
    return json.dumps(answer, sort_keys=True)


@dataclass(frozen=True)
class Client:
    """A client that calls some endpoints with one picture."""

    page: Page
    number: int
    picture: bytes
    endpoints: tuple[str, ...]

    def expected_answers(self) -> dict[str, str]:
        """The answers without load."""
        with Visitor(self.page) as visitor:
            file = visitor.upload(self.picture, "picture.png")
            return {endpoint: ask(visitor, endpoint, file) for endpoint in self.endpoints}

    def ask_concurrently(
        self, right: Mapping[str, str], barrier: threading.Barrier, to: Record
    ) -> None:
        """Call the endpoints at the same time as other clients; repeat refused requests."""
        with Visitor(self.page) as visitor:
            file = visitor.upload(self.picture, "picture.png")
            barrier.wait()
            for endpoint in self.endpoints:
                start = time.monotonic()
                answer = self._ask_with_retries(visitor, endpoint, file, to)
                to.seconds[endpoint].append(time.monotonic() - start)
                to.wrong[endpoint] += answer != right[endpoint]

    @staticmethod
    def _ask_with_retries(
        visitor: Visitor, endpoint: str, file: Mapping[str, Any], to: Record
    ) -> str:
        while True:
            try:
                return ask(visitor, endpoint, file)
            except BusyError as busy:
                to.busy += 1
                to.sentences.add(str(busy))
                time.sleep(_RETRY_DELAY)


def load(page: Page, clients: int, requests: int, side: int, seed: int = 0) -> Record:
    """Let clients send different requests at the same time, each about its own picture."""
    decide, record, barrier = random.Random(seed), Record(), threading.Barrier(clients)
    all_clients = [
        Client(
            page,
            number,
            client_picture(number, side),
            tuple(decide.sample(list(REQUESTS), requests)),
        )
        for number in range(clients)
    ]
    right = [client.expected_answers() for client in all_clients]
    with ThreadPoolExecutor(clients) as threads:
        futures = [
            threads.submit(client.ask_concurrently, answers, barrier, record)
            for client, answers in zip(all_clients, right, strict=True)
        ]
        for each in futures:
            each.result()
    return record


def leave_slow_work(
    page: Page, start: Callable[[Visitor], Any], *, heartbeat: bool = True
) -> float:
    """Start slow work, disconnect while it runs, and start it again as another client.

    Args:
        page: where.
        start: starts the work and gives its messages.
        heartbeat: whether clients also hold the connection of an open page.

    Returns:
        Seconds from disconnecting until the second client's work started.
    """
    with Visitor(page, heartbeat=heartbeat) as first:
        _wait_for(start(first), "process_generating")
    left = time.monotonic()
    with Visitor(page, heartbeat=heartbeat) as second:
        _wait_for(start(second), "process_starts")
        return time.monotonic() - left


def slow_painting(page: Page, picture: bytes) -> Callable[[Visitor], Any]:
    """A function that starts the optimisation of a picture for ten minutes."""

    def start(visitor: Visitor) -> Any:
        file = visitor.upload(picture, "picture.png")
        data = [file, None, 600.0, "deep-brush", PRESET, 0.5]
        return visitor.events(page.endpoint("optimize"), data)

    return start


def rendering(visitor: Visitor) -> Any:
    """Start a rendering in the Atlas tab."""
    visitor.values[visitor.page.component("rendering-steps")] = 512
    return visitor.start("rendering-render", "click")


def batch(picture: bytes) -> Callable[[Visitor], Any]:
    """A function that starts a batch of two hundred pictures in the Paint tab."""

    def start(visitor: Visitor) -> Any:
        file = visitor.upload(picture, "picture.png")
        return visitor.start("image-batch", "upload", [file] * 200)

    return start


def collection_map(picture: bytes) -> Callable[[Visitor], Any]:
    """A function that starts a map of five hundred pictures in the Map tab."""

    def start(visitor: Visitor) -> Any:
        file = visitor.upload(picture, "picture.png")
        page = visitor.page
        read = page.following_event(page.event("collection-upload", "upload"))
        return visitor.events(read, [None, [file] * 500])

    return start


def _wait_for(messages: Any, kind: str) -> None:
    for message in messages:
        if message["msg"] == kind:
            return
    raise RuntimeError(f"it ended without a message {kind!r}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `benchmark_load`."""
    add = parser.add_argument
    add("--clients", type=int, default=50, help="at once")
    add("--requests", type=int, default=3, help="of each, all different")
    add("--side", type=int, default=480, help="longest side of pictures, in pixels")
    add("--leavers", type=int, default=5, help="who leave slow work of each kind")


def benchmark_load(arguments: argparse.Namespace) -> None:
    """Print response times, wrong answers, and how soon abandoned work ends."""
    with app_or_running(arguments.running) as (_, address):
        page = Page.read(address)
        if arguments.clients:
            report(load(page, arguments.clients, arguments.requests, arguments.side))
        picture = client_picture(0, arguments.side)
        for words, start in {
            "slow painting": slow_painting(page, picture),
            "rendering": rendering,
            "batch": batch(picture),
            "collection map": collection_map(picture),
        }.items():
            waits = [leave_slow_work(page, start) for _ in range(arguments.leavers)]
            in_time = sum(wait <= MAX_CLEANUP_SECONDS for wait in waits)
            if waits:
                print(
                    f"  {words:16} left, and ended within {MAX_CLEANUP_SECONDS:g} s:"
                    f" {in_time} of {len(waits)}, longest {max(waits):.1f} s",
                    flush=True,
                )


def report(record: Record) -> None:
    """Print the results of a load test."""
    print(f"  {'':16}{'answers':>8}{'wrong':>8}{'p50':>9}{'p95':>9}{'longest':>9}")
    for endpoint, seconds in record.seconds.items():
        p50 = statistics.median(seconds)
        p95 = float(np.percentile(seconds, 95))
        print(
            f"  {endpoint:16}{len(seconds):8}{record.wrong[endpoint]:8}"
            f"{p50:7.1f} s{p95:7.1f} s{max(seconds):7.1f} s"
        )
    print(f"  sent away {record.busy} times: {' '.join(record.sentences) or 'nobody was'}")
