"""Batches of pictures and videos: the handlers, called as Gradio calls them."""

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import numpy as np
import pytest
from gradio.state_holder import SessionState
from PIL import Image

from app.ui.background_job import JobState, StopButton
from app.ui.context import SESSION_EXPIRED
from app.ui.handlers import ComponentValues, Updates
from app.ui.painting.sliders import slider_positions
from app.ui.sessions import SESSIONS
from app.ui.tabs.stylize import batches
from app.ui.tabs.stylize.batches import BatchJob, ImageBatch, VideoBatch
from app.ui.tabs.stylize.form import STROKE_SIZE
from app.ui.tabs.stylize.tab import StylizeTab
from tests.app.ui.painting.actions import file_data

REQUEST = SimpleNamespace(session_hash="ann")


@pytest.fixture
def images(tab: StylizeTab) -> ImageBatch:
    return tab.image_batch


@pytest.fixture
def videos(tab: StylizeTab, monkeypatch: pytest.MonkeyPatch) -> VideoBatch:
    """It shows every frame, however fast it comes."""
    monkeypatch.setattr(batches, "_PAUSE", -1)
    return tab.video_batch


def uploaded(batch: BatchJob, files: object) -> ComponentValues:
    """What the page sends when files are uploaded just after it opened."""
    values = {part: part.value for part in batch.inputs}
    return values | {batch.upload: files, batch.job_state: JobState()}


def last(steps: Iterator[Updates], batch: BatchJob, read: Callable[[Path], Any]) -> tuple[str, Any]:
    """The last notice, and what is in the file: it is deleted once the steps have ended."""
    content = None
    for updates in steps:
        path = updates.get(batch.link, {}).get("value")
        content = read(Path(path)) if path else content
    return updates[batch.notice], content


def names(archive: Path) -> list[str]:
    return zipfile.ZipFile(archive).namelist()


def frames(video: Path) -> int:
    with Image.open(video) as image:
        return image.n_frames


@pytest.fixture
def picture(painting: np.ndarray, tmp_path: Path) -> Path:
    Image.fromarray(painting[:90, :120]).save(tmp_path / "a.png")
    return tmp_path / "a.png"


@pytest.fixture
def video(tmp_path: Path) -> Path:
    images = [Image.new("RGB", (40, 30), (20 * i, 90, 9)) for i in range(5)]
    for i, image in enumerate(images):
        image.paste((250, 250, 250), (6 * i, 4, 6 * i + 12, 26))
    images[0].save(tmp_path / "a.gif", save_all=True, append_images=images[1:], duration=80)
    return tmp_path / "a.gif"


def test_pictures_are_painted_into_an_archive(
    images: ImageBatch, picture: Path, tmp_path: Path
) -> None:
    (tmp_path / "bad.png").write_text("no picture")
    files = [file_data(picture, "one.png"), file_data(tmp_path / "bad.png", "<b>ad.png")]
    notice, stored = last(images.paint(uploaded(images, files), REQUEST), images, names)
    assert stored == ["one.png"]
    assert "1 of 2 pictures painted" in notice
    assert "&lt;b&gt;ad.png" in notice


def test_pictures_are_painted_with_the_chosen_stroke_size(
    tab: StylizeTab, images: ImageBatch, picture: Path
) -> None:
    strokes = {tab.form.stroke_size: slider_positions(STROKE_SIZE, [2])}
    values = uploaded(images, [file_data(picture, "one.png")]) | strokes

    def painted(archive: Path) -> np.ndarray:
        with zipfile.ZipFile(archive).open("one.png") as file, Image.open(file) as image:
            return np.asarray(image)

    _, found = last(images.paint(values, REQUEST), images, painted)
    vector = values[tab.state].style_mix.vector
    alone = images.stylizer.paint(np.asarray(Image.open(picture)), vector, stroke_size=2)
    np.testing.assert_array_equal(found, alone.picture)


def test_if_none_can_be_painted_the_reasons_are_shown(images: ImageBatch, tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_text("no picture")
    files = [file_data(tmp_path / "bad.png", "bad.png")]
    notice, stored = last(images.paint(uploaded(images, files), REQUEST), images, names)
    assert stored is None
    assert "None of these files" in notice
    assert "<b>bad.png</b>: This is a text file" in notice


def test_stop_keeps_the_pictures_painted_so_far(images: ImageBatch, picture: Path) -> None:
    values = uploaded(images, [file_data(picture, f"{number}.png") for number in range(10)])
    steps = images.paint(values, REQUEST)
    assert next(steps)[images.stop]["visible"] is True
    for _ in range(3):
        next(steps)
    assert StopButton._stop(values[images.job_state])["interactive"] is False
    notice, stored = last(steps, images, names)
    assert stored == ["0.png", "1.png", "2.png"]
    assert "Stopped after 3 of 10" in notice


def test_a_stop_ends_one_job_only(images: ImageBatch, picture: Path) -> None:
    values = uploaded(images, [file_data(picture, "one.png")] * 2)
    values[images.job_state].stop()  # After the job before.
    shown, *_ = steps = list(images.paint(values, REQUEST))
    assert shown[images.stop] == gr.update(value="Stop", interactive=True, visible=True)
    assert "2 of 2 pictures painted" in steps[-1][images.notice]


def test_each_visitor_stops_their_own_job(page: gr.Blocks, images: ImageBatch) -> None:
    one, other = (SessionState(page)[images.job_state._id] for _ in range(2))
    one.stop()
    assert one.stop_requested
    assert not other.stop_requested


def test_nothing_more_is_painted_once_the_visitor_has_left(
    images: ImageBatch, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    painted: list[np.ndarray] = []
    begin = images.stylizer.steps
    monkeypatch.setattr(
        images.stylizer, "steps", lambda *a, **k: painted.append(a[0]) or begin(*a, **k)
    )
    steps = images.paint(uploaded(images, [file_data(picture, "one.png")] * 4), REQUEST)
    next(steps)
    next(steps)
    steps.close()
    assert len(painted) == 1
    assert list(steps) == []


def test_leaving_ends_a_large_picture_between_two_tiles(
    images: ImageBatch, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiles: list[int] = []

    def steps(photograph: np.ndarray, *_: Any, **__: Any) -> Iterator[Any]:
        for tile in range(100):
            tiles.append(tile)
            if tile == 3:
                SESSIONS.clear(REQUEST.session_hash)
            yield SimpleNamespace(painting=None)

    monkeypatch.setattr(images.stylizer, "steps", steps)
    values = uploaded(images, [file_data(picture, "one.png")] * 4)
    list(images.paint(values, REQUEST))
    assert tiles == [0, 1, 2, 3]


def test_an_animation_is_painted(videos: VideoBatch, video: Path) -> None:
    notice, count = last(
        videos.paint(uploaded(videos, file_data(video, "a.gif")), REQUEST), videos, frames
    )
    assert count == 5
    assert "5 frames painted" in notice
    assert "data:image/gif" in notice


def test_stop_keeps_the_frames_painted_so_far(videos: VideoBatch, video: Path) -> None:
    values = uploaded(videos, file_data(video, "a.gif"))
    steps = videos.paint(values, REQUEST)
    for _ in range(3):
        shown = next(steps)
    assert "Frame 2 of 5" in shown[videos.notice]
    values[videos.job_state].stop()
    notice, count = last(steps, videos, frames)
    assert count == 2
    assert "Stopped after 2 of 5 frames" in notice


def test_a_still_picture_is_refused_as_a_video(videos: VideoBatch, picture: Path) -> None:
    notice, count = last(
        videos.paint(uploaded(videos, file_data(picture, "a.png")), REQUEST), videos, frames
    )
    assert count is None
    assert "no animation or video" in notice


def test_an_expired_session_asks_for_the_picture_again(
    tab: StylizeTab, images: ImageBatch, picture: Path
) -> None:
    values = uploaded(images, [file_data(picture, "one.png")]) | {tab.token: "another"}
    assert SESSION_EXPIRED in last(images.paint(values, REQUEST), images, names)[0]
