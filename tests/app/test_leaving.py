"""Work of visitors who leave is ended, and their memory freed.

The work here would take minutes: that the next visitor's work starts shows that it has ended.
"""

import io
import itertools
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from app.optimize.spec import GatysStep, Level, Losses, Plan
from app.serving.stylizer import Stylizer
from app.serving.video_stylizer import VideoStylizer
from app.ui.api import activation
from app.ui.sessions import SESSIONS, Sessions
from app.ui.tabs.atlas.rendering_job import RenderingJob, RenderingState
from app.ui.tabs.map.collection import CollectionSection
from app.ui.tabs.optimize.job import OptimizationJob
from export.benchmarks import load, visitor
from export.benchmarks.load import client_picture, leave_slow_work
from export.benchmarks.visitor import Page, Visitor
from tests.app.collection.quick import QuickEmbedder

PICTURE = client_picture(0, 48)
PAUSE = 0.02


class Counter:
    """Counts how often it was cleared."""

    def __init__(self) -> None:
        self.cleared = 0

    def clear(self) -> None:
        self.cleared += 1


def asked_by(session: str | None) -> Any:
    return SimpleNamespace(session_hash=session)


def test_the_last_disconnection_frees_the_session() -> None:
    visitors, mine, theirs = Sessions(), Counter(), Counter()
    visitors.clear_on_leaving(asked_by("ann"), mine)
    visitors.clear_on_leaving(asked_by("bob"), theirs)
    visitors.clear_on_leaving(asked_by(None), theirs)
    for session in ("ann", "ann", "bob"):
        visitors.connect(session)
    visitors.disconnect("ann")
    assert "ann" in visitors
    visitors.disconnect("ann")
    assert "ann" not in visitors
    visitors.clear("ann")
    visitors.clear("unknown")
    assert (mine.cleared, theirs.cleared) == (1, 0)


def test_a_few_sessions_are_kept_after_leaving() -> None:
    visitors = Sessions(kept=2)
    for session in "abc":
        visitors.connect(session)
    assert visitors.disconnect("a") == []
    assert visitors.disconnect("b") == []
    visitors.connect("a")
    assert visitors.disconnect("c") == []
    assert visitors.disconnect("a") == ["b"]


@pytest.fixture(scope="module")
def page(paint_address: str) -> Page:
    return Page.read(paint_address)


@pytest.fixture
def endless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Engines that run until they are stopped."""
    monkeypatch.setattr(visitor, "TIMEOUT", 12)
    plan = Plan((Level(80, 60, 4, 2.0),), 10**6, ())

    def steps(job: OptimizationJob) -> Iterator[GatysStep]:
        for step in itertools.count(1):
            time.sleep(PAUSE)
            yield GatysStep(
                step=step,
                total=10**6,
                picture=np.zeros((60, 80, 3), np.uint8),
                seconds=1.0,
                losses=Losses(1.0, 1.0, 0.0, 2.0),
                level=0,
                plan=plan,
            )

    def render(_: RenderingJob, state: RenderingState) -> None:
        while not state.stop_requested:
            time.sleep(PAUSE)

    def paint(_: VideoStylizer, frame: np.ndarray) -> np.ndarray:
        time.sleep(10 * PAUSE)
        return frame

    class SlowEmbedder(QuickEmbedder):
        def prepare(self, *arguments: Any, **options: Any) -> Any:
            time.sleep(10 * PAUSE)
            return super().prepare(*arguments, **options)

    monkeypatch.setattr(OptimizationJob, "_steps", steps)
    monkeypatch.setattr(RenderingJob, "run", render)
    monkeypatch.setattr(VideoStylizer, "paint", paint)
    monkeypatch.setattr(CollectionSection, "embedder", SlowEmbedder())


def endless_tiles(*_: Any, **__: Any) -> Iterator[Any]:
    """Replaces the tiles of one large picture."""
    while True:
        time.sleep(PAUSE)
        yield SimpleNamespace(painting=None)


def slow_painting(client: Visitor) -> Any:
    data = [client.upload(PICTURE, "p.png"), None, 600.0, "deep-brush", "the-coffee", 0.5]
    return client.events(client.page.endpoint("optimize"), data)


def slow_painting_of_the_page(client: Visitor) -> Any:
    # The click only shows the place in the queue; the event that follows it paints.
    paint = client.page.following_event(client.page.event("slowly-paint", "click"))
    return client.events(paint, [client.values.get(number) for number in paint["inputs"]])


def video(client: Visitor) -> Any:
    frames = [Image.new("RGB", (16, 16), (i, 90, 9)) for i in range(200)]
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], duration=20)
    return client.start("video-batch", "upload", client.upload(file.getvalue(), "video.gif"))


KINDS: dict[str, Callable[[Visitor], Any]] = {
    "a slow painting": slow_painting,
    "a slow painting of the page": slow_painting_of_the_page,
    "a rendering": load.rendering,
    "a batch": load.batch(PICTURE),
    "a video": video,
    "a map of uploads": load.collection_map(PICTURE),
}


@pytest.mark.usefixtures("endless")
@pytest.mark.parametrize("kind", KINDS)
def test_a_dropped_connection_frees_the_queue(
    page: Page, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind == "a batch":
        monkeypatch.setattr(Stylizer, "steps", endless_tiles)
    leave_slow_work(page, KINDS[kind], heartbeat=False)


@pytest.mark.usefixtures("endless")
def test_closing_the_page_frees_the_queue(page: Page) -> None:
    leave_slow_work(page, slow_painting_of_the_page)


@pytest.mark.usefixtures("endless")
def test_leaving_a_live_activation_frees_the_queue(page: Page) -> None:
    with Visitor(page, heartbeat=False) as client:
        asked = ["conv4_block24", 17, 0, True]
        messages = client.events(page.endpoint("activation"), asked)
        while next(messages)["msg"] != "process_generating":
            pass
        assert activation._rendering.locked()
        messages.close()
    assert activation._rendering.acquire(timeout=12)
    activation._rendering.release()


@pytest.mark.usefixtures("endless")
def test_leaving_while_waiting_removes_the_event(page: Page, paint_page: gr.Blocks) -> None:
    with Visitor(page) as first:
        painted = slow_painting(first)
        while next(painted)["msg"] != "process_generating":
            pass
        with Visitor(page) as second:
            assert next(slow_painting(second))["msg"] == "estimation"
        queue = paint_page._queue.event_queue_per_concurrency_id["optimization"].queue
        end = time.monotonic() + 12
        while queue and time.monotonic() < end:
            time.sleep(PAUSE)
        assert queue == []


def test_the_session_of_a_visitor_who_left_is_freed(
    page: Page, paint_page: gr.Blocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SESSIONS, "kept", 1)
    sessions = []
    for _ in range(3):
        with Visitor(page) as client:
            client.ask("classify", client.upload(PICTURE, "p.png"))
            sessions.append(client.session)
            assert client.session in paint_page.state_holder
    end = time.monotonic() + 12
    while sessions[1] in paint_page.state_holder and time.monotonic() < end:
        time.sleep(PAUSE)
    assert [each in paint_page.state_holder for each in sessions] == [False, False, True]
