"""Many pictures and films: the handlers, called as Gradio calls them, with networks that paint."""

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

from app.settings import Settings
from app.ui.context import SESSION_EXPIRED, AppContext
from app.ui.sessions import SESSIONS
from app.ui.tabs.stylize import video_batch as paint_moving
from app.ui.tabs.stylize.batch_job import BatchJob, StopSign
from app.ui.tabs.stylize.form import STROKES
from app.ui.tabs.stylize.image_batch import ImageBatch
from app.ui.tabs.stylize.tab import StylizeTab
from app.ui.tabs.stylize.video_batch import VideoBatch
from app.ui.tabs.stylize.widgets import slider_positions

Said = dict[Any, Any]
REQUEST = SimpleNamespace(session_hash="ann")


@pytest.fixture(scope="module")
def page() -> gr.Blocks:
    return gr.Blocks()


@pytest.fixture(scope="module")
def tab(page: gr.Blocks, classifier, bundle) -> StylizeTab:
    with page:
        return StylizeTab(AppContext(classifier, Settings(), bundle))


@pytest.fixture
def many(tab: StylizeTab) -> ImageBatch:
    return next(part for part in tab.more.values() if isinstance(part, ImageBatch))


@pytest.fixture
def moving(tab: StylizeTab, monkeypatch: pytest.MonkeyPatch) -> VideoBatch:
    """It shows every frame, however fast it comes."""
    monkeypatch.setattr(paint_moving, "_PAUSE", -1)
    return next(part for part in tab.more.values() if isinstance(part, VideoBatch))


def brought(batch_job: BatchJob, files: object) -> Said:
    """What the page says when files are brought just after it opened."""
    said = {part: part.value for part in batch_job.tab.inputs}
    return said | {batch_job.bring: files, batch_job.sign: StopSign()}


def upload(path: Path, name: str) -> dict[str, Any]:
    return {"path": str(path), "orig_name": name, "meta": {"_type": "gradio.FileData"}}


def last(
    steps: Iterator[Said], batch_job: BatchJob, look: Callable[[Path], Any]
) -> tuple[str, Any]:
    """The last sentence, and what is seen in the file: it is gone once the steps have ended."""
    seen = None
    for shown in steps:
        path = shown.get(batch_job.link, {}).get("value")
        seen = look(Path(path)) if path else seen
    return shown[batch_job.notice], seen


def names(archive: Path) -> list[str]:
    return zipfile.ZipFile(archive).namelist()


def frames(film: Path) -> int:
    with Image.open(film) as image:
        return image.n_frames


@pytest.fixture
def picture(painting: np.ndarray, tmp_path: Path) -> Path:
    Image.fromarray(painting[:90, :120]).save(tmp_path / "a.png")
    return tmp_path / "a.png"


@pytest.fixture
def film(tmp_path: Path) -> Path:
    images = [Image.new("RGB", (40, 30), (20 * i, 90, 9)) for i in range(5)]
    for i, image in enumerate(images):
        image.paste((250, 250, 250), (6 * i, 4, 6 * i + 12, 26))
    images[0].save(tmp_path / "a.gif", save_all=True, append_images=images[1:], duration=80)
    return tmp_path / "a.gif"


def test_many_pictures_become_an_archive(many: ImageBatch, picture: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_text("no picture")
    files = [upload(picture, "one.png"), upload(tmp_path / "bad.png", "<b>ad.png")]
    notice, stored = last(many._paint(brought(many, files), REQUEST), many, names)
    assert stored == ["one.png"]
    assert "1 of 2 pictures painted" in notice
    assert "&lt;b&gt;ad.png" in notice


def test_many_are_painted_with_the_strokes_that_were_chosen(
    many: ImageBatch, picture: Path
) -> None:
    strokes = {many.tab.form.strokes: slider_positions(STROKES, [2])}
    said = brought(many, [upload(picture, "one.png")]) | strokes

    def painted(archive: Path) -> np.ndarray:
        with zipfile.ZipFile(archive).open("one.png") as file, Image.open(file) as image:
            return np.asarray(image)

    _, found = last(many._paint(said, REQUEST), many, painted)
    vector = said[many.tab.state].style_mix.vector
    alone = many.tab.stylizer.paint(np.asarray(Image.open(picture)), vector, stroke_size=2)
    np.testing.assert_array_equal(found, alone.picture)


def test_if_none_can_be_painted_the_reasons_stay(many: ImageBatch, tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_text("no picture")
    files = [upload(tmp_path / "bad.png", "bad.png")]
    notice, stored = last(many._paint(brought(many, files), REQUEST), many, names)
    assert stored is None
    assert "None of these files" in notice
    assert "<b>bad.png</b>: This is a text file" in notice


def test_stopped_the_pictures_finished_so_far_are_given_back(
    many: ImageBatch, picture: Path
) -> None:
    said = brought(many, [upload(picture, f"{number}.png") for number in range(10)])
    steps = many._paint(said, REQUEST)
    assert next(steps)[many.stop]["visible"] is True
    for _ in range(3):
        next(steps)
    assert many._stop(said[many.sign])["interactive"] is False
    notice, stored = last(steps, many, names)
    assert stored == ["0.png", "1.png", "2.png"]
    assert "Stopped after 3 of 10" in notice


def test_a_stop_ends_one_errand_only(many: ImageBatch, picture: Path) -> None:
    said = brought(many, [upload(picture, "one.png")] * 2)
    many._stop(said[many.sign])  # pressed too late to matter
    shown, *_ = steps = list(many._paint(said, REQUEST))
    assert shown[many.stop] == gr.update(value="Stop", interactive=True, visible=True)
    assert "2 of 2 pictures painted" in steps[-1][many.notice]


def test_each_visitor_stops_an_errand_of_their_own(page: gr.Blocks, many: ImageBatch) -> None:
    one, other = (SessionState(page)[many.sign._id] for _ in range(2))
    many._stop(one)
    assert one.raised
    assert not other.raised


def test_who_leaves_has_nothing_painted_any_more(
    many: ImageBatch, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    painted: list[np.ndarray] = []
    begin = many.tab.stylizer.steps
    monkeypatch.setattr(
        many.tab.stylizer, "steps", lambda *a, **k: painted.append(a[0]) or begin(*a, **k)
    )
    steps = many._paint(brought(many, [upload(picture, "one.png")] * 4), REQUEST)
    next(steps)
    next(steps)
    steps.close()
    assert len(painted) == 1
    assert list(steps) == []


def test_who_leaves_ends_a_large_picture_between_two_tiles(
    many: ImageBatch, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiles: list[int] = []

    def steps(photograph: np.ndarray, *_: Any, **__: Any) -> Iterator[Any]:
        for tile in range(100):
            tiles.append(tile)
            if tile == 3:
                SESSIONS.clear(REQUEST.session_hash)
            yield SimpleNamespace(painting=None)

    monkeypatch.setattr(many.tab.stylizer, "steps", steps)
    said = brought(many, [upload(picture, "one.png")] * 4)
    list(many._paint(said, REQUEST))
    assert tiles == [0, 1, 2, 3]


def test_an_animation_is_painted(moving: VideoBatch, film: Path) -> None:
    notice, count = last(
        moving._paint(brought(moving, upload(film, "a.gif")), REQUEST), moving, frames
    )
    assert count == 5
    assert "5 frames painted" in notice
    assert "data:image/gif" in notice


def test_stopped_the_frames_so_far_are_the_film(moving: VideoBatch, film: Path) -> None:
    said = brought(moving, upload(film, "a.gif"))
    steps = moving._paint(said, REQUEST)
    for _ in range(3):
        shown = next(steps)
    assert "Frame 2 of 5" in shown[moving.notice]
    moving._stop(said[moving.sign])
    notice, count = last(steps, moving, frames)
    assert count == 2
    assert "Stopped after 2 of 5 frames" in notice


def test_a_still_picture_is_no_film(moving: VideoBatch, picture: Path) -> None:
    notice, count = last(
        moving._paint(brought(moving, upload(picture, "a.png")), REQUEST), moving, frames
    )
    assert count is None
    assert "no moving picture" in notice


def test_a_picture_that_was_put_away_is_asked_for_again(many: ImageBatch, picture: Path) -> None:
    said = brought(many, [upload(picture, "one.png")]) | {many.tab.token: "another"}
    assert SESSION_EXPIRED in last(many._paint(said, REQUEST), many, names)[0]
