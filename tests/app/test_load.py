"""Many clients at once: right answers, light work first, and a message when the queue is full."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import gradio as gr
import pytest

from app.serving.stylizer_bundle import StylizerBundle
from export.benchmarks import load as benchmark_load
from export.benchmarks.load import Client, Record, client_picture, load
from export.benchmarks.visitor import BusyError, Page, Visitor

REQUESTS = {
    "classify": (),
    "heatmap": ("", 0.75),
    "neighbours": (5,),
    "stylize": (None, "the-coffee", 1.0, "style", 1.0),
}
PICTURE = client_picture(0, 64)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark_load, "REQUESTS", REQUESTS)


@pytest.fixture(scope="module")
def page(paint_address: str) -> Page:
    return Page.read(paint_address)


@dataclass
class HeldStylizer:
    """Waits until it is allowed to paint, and signals when it was called."""

    asked: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    allowed: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def stylizer(bundle: StylizerBundle, monkeypatch: pytest.MonkeyPatch) -> Iterator[HeldStylizer]:
    paint, stylizer = bundle.stylizer.paint, HeldStylizer()

    def wait_and_paint(*arguments: Any, **options: Any) -> Any:
        stylizer.asked.release()
        stylizer.allowed.wait(60)
        return paint(*arguments, **options)

    monkeypatch.setattr(bundle.stylizer, "paint", wait_and_paint)
    yield stylizer
    stylizer.allowed.set()


def stylize(page: Page) -> Any:
    """A client, and the messages of a painting, which starts with the first of them."""
    visitor = Visitor(page)
    data = [visitor.upload(PICTURE, "p.png"), *REQUESTS["stylize"]]
    return visitor, visitor.events(page.endpoint("stylize"), data)


def test_every_answer_belongs_to_its_own_picture(page: Page) -> None:
    record = load(page, clients=4, requests=2, side=96)
    assert sum(len(seconds) for seconds in record.seconds.values()) == 8
    assert sum(record.wrong.values()) == 0
    assert record.busy == 0


def test_an_answer_to_another_picture_is_detected(page: Page) -> None:
    one, other = (Client(page, i, client_picture(i, 64), ("classify",)) for i in range(2))
    record = Record()
    one.ask_concurrently(other.expected_answers(), threading.Barrier(1), record)
    assert record.wrong["classify"] == 1


def test_reading_does_not_wait_for_painting(page: Page, stylizer: HeldStylizer) -> None:
    painting, messages = stylize(page)
    with painting, ThreadPoolExecutor(1) as beside:
        painted = beside.submit(list, messages)
        assert stylizer.asked.acquire(timeout=30)
        with Visitor(page) as visitor:
            for endpoint in ("classify", "neighbours"):
                file = visitor.upload(PICTURE, "p.png")
                assert visitor.ask(endpoint, file, *REQUESTS[endpoint])
        assert not painted.done()
        stylizer.allowed.set()
        assert painted.result()[-1]["success"]


def test_the_queue_reports_positions_and_refuses_when_full(
    page: Page, paint_page: gr.Blocks, stylizer: HeldStylizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paint_page._queue, "max_size", 1)
    (first, painted), (second, waits), (third, refused) = (stylize(page) for _ in range(3))
    with first, second, third:
        assert next(painted)["msg"] in ("estimation", "process_starts")
        assert stylizer.asked.acquire(timeout=30)
        message = next(waits)
        assert (message["msg"], message["rank"], message["queue_size"]) == ("estimation", 0, 1)
        with pytest.raises(BusyError, match=r"^Too many people are waiting .* in a minute\.$"):
            next(refused)
