"""Maps of a visitor's own pictures: the handlers, called as Gradio calls them."""

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import numpy as np
import pytest
from gradio.state_holder import SessionState
from PIL import Image
from skimage import data

from app.collection.in_memory import Collection
from app.collection.reading import read_collection
from app.collection.scan import Failure, Source
from app.errors import UserError
from app.settings import Settings
from app.ui.context import AppContext
from app.ui.handlers import Updates
from app.ui.sessions import SESSIONS
from app.ui.tabs.map import collection_sources
from app.ui.tabs.map.collection import CollectionSection, CollectionState
from app.ui.tabs.map.collection_html import duplicates_html, failures_html, regions_html
from app.ui.tabs.map.collection_sources import is_from_here, is_private
from tests.app.collection.quick import QuickEmbedder

COUNT = 8


def request_of(session: str = "one", host: str = "127.0.0.1:7860", **headers: str) -> Any:
    """A request from this computer."""
    return SimpleNamespace(
        session_hash=session,
        headers={"host": host, **headers},
        client=SimpleNamespace(host="127.0.0.1"),
    )


@pytest.fixture(scope="module")
def page() -> gr.Blocks:
    return gr.Blocks()


@pytest.fixture(scope="module")
def section(page: gr.Blocks, classifier) -> CollectionSection:
    with page:
        section = CollectionSection(AppContext(classifier, Settings(), bundle=None))
    section.__dict__["embedder"] = QuickEmbedder()
    return section


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Eight pictures; the second is a smaller copy of the first."""
    folder = tmp_path / "mine"
    folder.mkdir()
    for number in range(COUNT):
        part = np.roll(data.coffee(), 90 * max(1, number), axis=1)[: 200 + 20 * number, :250]
        Image.fromarray(part).save(folder / f"<i>{number}.png")
    with Image.open(folder / "<i>0.png") as first:
        first.resize((125, 100)).save(folder / "<i>1.png")
    return sorted(folder.iterdir())


def upload(path: Path) -> dict[str, Any]:
    return {"path": str(path), "orig_name": path.name, "meta": {"_type": "gradio.FileData"}}


def read_uploads(
    section: CollectionSection, state: CollectionState, paths: list[Path], session: str = "one"
) -> Iterator[Updates]:
    return section._read_uploads(state, [upload(path) for path in paths], request_of(session))


def read_folder(section: CollectionSection, folder: object, **request: str) -> Iterator[Updates]:
    return section._read_folder(CollectionState(), folder, request_of(**request))


@pytest.fixture
def state(section: CollectionSection, files: list[Path]) -> CollectionState:
    """With a collection in it."""
    full = CollectionState()
    list(read_uploads(section, full, files))
    return full


def test_pictures_become_a_map_and_a_bad_one_is_named(
    section: CollectionSection, files: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "<b>ad.png").write_text("no picture")
    state = CollectionState()
    first, *others, last = read_uploads(section, state, [*files, tmp_path / "<b>ad.png"])
    assert first[section.stop.button] == gr.update(value="Stop", interactive=True, visible=True)
    assert any("9 of 9 read" in step[section.notice] for step in others)
    assert "8 of 9 pictures are on the map." in last[section.notice]
    assert "<b>&lt;b&gt;ad.png</b>: This is a text file" in last[section.notice]
    plot = json.loads(last[section.plot]["value"].plot)
    assert sum(len(trace.get("customdata", ())) for trace in plot["data"]) == COUNT
    assert len(plot["layout"]["meta"]["pictures"]["shown"]) == COUNT
    table = Path(last[section.csv]["value"]).read_text(encoding="utf-8")
    assert len(table.splitlines()) == 1 + COUNT
    assert np.load(last[section.npy]["value"]).shape == (COUNT, 13)
    assert "&lt;i&gt;1.png" in last[section.duplicates]
    assert last[section.collection_state] is state
    assert state.collection is not None
    assert not state.busy


def test_the_first_sentence_waits_in_no_queue(page: gr.Blocks, section: CollectionSection) -> None:
    assert "Preparing to read your pictures" in section._announce(CollectionState())
    assert "these come next" in section._announce(CollectionState(busy=True))
    assert not any(fn.queue for fn in page.fns.values() if fn.name == "_announce")
    reading = [fn for fn in page.fns.values() if fn.name in ("_read_uploads", "_read_folder")]
    assert len(reading) == 3
    assert all(fn.queue and fn.trigger_after is not None for fn in reading)


def test_the_number_of_pictures_is_limited(
    section: CollectionSection, files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collection_sources, "MAX_PICTURES", 5)
    for paths in (files, []):
        *_, last = read_uploads(section, CollectionState(), paths)
        assert "from 1 to 5 pictures at once; `python -m app.collection" in last[section.notice]


def test_only_uploads_are_read(section: CollectionSection) -> None:
    answers = section._read_uploads(CollectionState(), [{"path": "/etc/passwd"}], request_of())
    *_, last = answers
    assert "no picture in this request" in last[section.notice]


def test_if_none_can_be_read_the_reasons_stay(section: CollectionSection, tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_text("no picture")
    state = CollectionState()
    *_, last = read_uploads(section, state, [tmp_path / "bad.png"])
    assert "None of these files could be read" in last[section.notice]
    assert "<b>bad.png</b>: This is a text file" in last[section.notice]
    assert section.plot not in last
    assert not state.busy


def test_stop_keeps_the_pictures_read_so_far(section: CollectionSection, files: list[Path]) -> None:
    state = CollectionState()
    steps = read_uploads(section, state, files * 8)
    next(steps)
    next(steps)
    state.stop()
    *_, last = steps
    assert "Stopped: 16 of 64 pictures are on the map." in last[section.notice]


def test_pictures_are_not_read_twice_at_once(section: CollectionSection, files: list[Path]) -> None:
    state = CollectionState()
    steps = read_uploads(section, state, files)
    next(steps)
    (answer,) = read_uploads(section, state, files)
    assert "being read already" in answer[section.notice]
    steps.close()
    assert not state.busy


def test_a_searched_picture_is_placed_among_those_most_like_it(
    section: CollectionSection, state: CollectionState, files: list[Path]
) -> None:
    shown = section._search(state, upload(files[4]))
    tiles = shown[section.neighbours].split("<figure")[1:]
    assert len(tiles) == 1 + COUNT
    assert all("&lt;i&gt;4.png" in tile for tile in tiles[:2])
    assert "1. nearly the same to the classifier (1.00)" in tiles[1]
    plot = json.loads(shown[section.plot].plot)
    assert "Your picture" in [trace["name"] for trace in plot["data"]]


def test_a_failed_search_shows_why_in_the_place_of_its_results(
    section: CollectionSection, state: CollectionState, tmp_path: Path, files: list[Path]
) -> None:
    (tmp_path / "bad.png").write_text("no picture")
    shown = section._search(state, upload(tmp_path / "bad.png"))
    assert "text file" in shown[section.neighbours]
    assert section.plot not in shown
    shown = section._search(CollectionState(), upload(files[0]))
    assert "your pictures were deleted" in shown[section.neighbours]


def test_a_pressed_picture_opens_its_card(
    section: CollectionSection, state: CollectionState
) -> None:
    def press(index: int, held: CollectionState = state) -> Updates:
        return section._open_card(held, SimpleNamespace(index=index))

    card = press(4)[section.card]
    assert "&lt;i&gt;4.png" in card
    assert 'data-number="4"' in card
    assert "250 \N{MULTIPLICATION SIGN} 280 pixels" in card
    x, y = state.collection.embedding_map.coordinates[4].round(4).tolist()
    assert f'data-places="[[{x}, {y}]]"' in card
    assert press(-1) == {section.card: ""}
    assert "no such picture" in press(COUNT)[section.notice]
    assert "your pictures were deleted" in press(4, CollectionState())[section.notice]


def test_each_visitor_has_a_collection_which_leaving_clears(
    page: gr.Blocks, section: CollectionSection, files: list[Path]
) -> None:
    one, other = (SessionState(page)[section.collection_state._id] for _ in range(2))
    list(read_uploads(section, one, files[:4], session="one"))
    list(read_uploads(section, other, files[4:], session="other"))
    SESSIONS.clear("one")
    SESSIONS.clear("a stranger")
    assert one.collection is None
    assert len(other.collection.entries) == 4


def test_leaving_before_the_map_is_laid_out_ends_the_reading(
    section: CollectionSection, files: list[Path]
) -> None:
    state = CollectionState()
    steps = read_uploads(section, state, files * 8)
    next(steps)
    next(steps)
    SESSIONS.clear("one")
    assert list(steps) == []
    assert state.collection is None
    assert not state.busy


def test_leaving_while_the_map_is_laid_out_keeps_nothing(
    section: CollectionSection, files: list[Path]
) -> None:
    state = CollectionState()
    steps = read_uploads(section, state, files)
    while state.collection is None:
        next(steps)
    SESSIONS.clear("one")
    steps.close()
    assert state.collection is None
    assert not state.busy


def test_a_folder_of_this_computer_can_be_named(
    section: CollectionSection, files: list[Path]
) -> None:
    (files[0].parent / "deep").mkdir()
    files[0].rename(files[0].parent / "deep" / "a.png")
    *_, last = read_folder(section, f"  {files[0].parent} ")
    assert "8 of 8 pictures are on the map." in last[section.notice]
    assert "deep/a.png" in Path(last[section.csv]["value"]).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("folder", "sentence"),
    [
        ("/nowhere at all", "There is no folder /nowhere at all"),
        ("pictures", "in full, from the root"),
        ("", "in full, from the root"),
        (None, "in full, from the root"),
        ("/etc/\0", "There is no folder"),
    ],
)
def test_a_folder_that_is_none_is_one_sentence(
    section: CollectionSection, folder: object, sentence: str
) -> None:
    *_, last = read_folder(section, folder)
    assert sentence in last[section.notice]


def test_a_folder_may_hold_too_many_pictures_or_none(
    section: CollectionSection, files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collection_sources, "MAX_PICTURES", 5)
    *_, last = read_folder(section, str(files[0].parent))
    assert "more than 5 pictures" in last[section.notice]
    (tmp_path / "empty").mkdir()
    *_, last = read_folder(section, str(tmp_path / "empty"))
    assert "There are no pictures" in last[section.notice]


def test_only_the_person_at_this_computer_names_folders(
    section: CollectionSection, tmp_path: Path
) -> None:
    strangers = [
        {"host": "evil.example"},
        {"host": "evil.example:7860"},
        {"host": "[::1"},
        {"x-forwarded-for": "203.0.113.5"},
        {"X-Forwarded-Host": "art.example"},
        {"x-real-ip": "203.0.113.5"},
        {"forwarded": "for=203.0.113.5"},
        {"via": "1.1 proxy"},
        {"origin": "https://art.example"},  # A proxy that adds nothing passes this on.
        {"origin": "null"},
    ]
    for request in strangers:
        *_, last = read_folder(section, str(tmp_path), **request)
        assert "Only the person at this computer" in last[section.notice]
    far = request_of()
    far.client.host = "203.0.113.5"
    assert not is_from_here(far)
    assert is_from_here(request_of(host="[::1]:7860"))
    assert is_from_here(request_of(host="localhost:80"))
    assert is_from_here(request_of(host="127.0.0.1", origin="http://localhost:7860"))


def test_an_operator_may_let_a_proxy_s_visitors_name_folders(
    files: list[Path],
) -> None:
    proxied = Settings(root_path="/brush", folders_behind_proxy=True)
    assert is_private(proxied, {})
    far = request_of(host="art.example", **{"x-forwarded-for": "203.0.113.5"})
    far.client.host = "203.0.113.5"
    folder = str(files[0].parent)
    assert len(collection_sources.in_folder(folder, far, proxied)[0]) == COUNT
    with pytest.raises(UserError, match="Only the person at this computer"):
        collection_sources.in_folder(folder, far, Settings())
    assert not is_private(Settings(host="0.0.0.0", folders_behind_proxy=True), {})


@pytest.mark.parametrize(
    ("settings", "environ"),
    [
        (Settings(host="0.0.0.0"), {}),
        (Settings(host="192.168.0.7"), {}),
        (Settings(share=True), {}),
        (Settings(root_path="/brush"), {}),
        (Settings(), {"SPACE_ID": "someone/deep-brush"}),
    ],
)
def test_on_a_server_there_is_no_field_for_a_folder(
    settings: Settings, environ: dict[str, str], classifier, monkeypatch
) -> None:
    assert not is_private(settings, environ)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    with gr.Blocks() as page:
        section = CollectionSection(AppContext(classifier, settings, bundle=None))
    assert section.folder is None
    assert not any(isinstance(block, gr.Textbox) for block in page.blocks.values())
    assert not any(fn.name == "_read_folder" for fn in page.fns.values())


def test_at_a_computer_of_one_s_own_there_is_one(section: CollectionSection) -> None:
    assert is_private(Settings(), {})
    assert section.folder is not None


def gathered(sources: list[Source]) -> Collection:
    steps = read_collection(sources, QuickEmbedder(), thumbnails=True)
    return Collection.gather([entry for step in steps for entry in step.entries])


def test_regions_are_shown_with_some_of_their_pictures(files: list[Path]) -> None:
    collection = gathered([Source(path.name, path) for path in files * 3])
    shown = regions_html(collection)
    assert shown.count("<li>") == len(collection.embedding_map.names) == 2
    assert shown.count("<figure") <= 12
    assert "<i>" not in shown


def test_very_many_duplicates_are_not_all_shown(files: list[Path]) -> None:
    collection = gathered([Source(path.name, path) for path in [files[0]] * 20])
    shown = duplicates_html(collection)
    assert shown.count("<figure") == 12
    assert "and 8 more" in shown
    single = gathered([Source("a", files[2])])
    assert "No duplicates were found" in duplicates_html(single)
    assert regions_html(single) == ""


def test_very_many_problems_are_counted() -> None:
    shown = failures_html([Failure(f"{number}.png", "It is bad.") for number in range(80)])
    assert shown.count("<li>") == 51
    assert "and 30 more" in shown
    assert failures_html([]) == ""
