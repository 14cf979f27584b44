"""Maps of a visitor's own pictures: the handlers, called as Gradio calls them, with quick eyes."""

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
from app.ui.sessions import SESSIONS
from app.ui.tabs.map import collection_sources
from app.ui.tabs.map.collection import CollectionSection
from app.ui.tabs.map.collection_sources import is_from_here, is_private
from app.ui.tabs.map.collection_state import CollectionState
from app.ui.tabs.map.collection_view import duplicates_html, failures_html, regions_html
from tests.app.collection.quick import QuickEmbedder

Said = dict[Any, Any]
COUNT = 8


def asked_by(session: str = "one", host: str = "127.0.0.1:7860", **headers: str) -> Any:
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
def own(page: gr.Blocks, classifier) -> CollectionSection:
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


def bring(
    own: CollectionSection, collection_state: CollectionState, paths: list[Path], **request: str
) -> Iterator[Said]:
    said = {own.collection_state: collection_state, own.bring: [upload(path) for path in paths]}
    return own._bring(said, asked_by(**request))


def enter(own: CollectionSection, folder: object, **request: str) -> Iterator[Said]:
    return own._enter(
        {own.collection_state: CollectionState(), own.folder: folder}, asked_by(**request)
    )


@pytest.fixture
def collection_state(own: CollectionSection, files: list[Path]) -> CollectionState:
    """With a collection on it."""
    full = CollectionState()
    list(bring(own, full, files))
    return full


def test_pictures_become_a_map_and_a_bad_one_is_named(
    own: CollectionSection, files: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "<b>ad.png").write_text("no picture")
    collection_state = CollectionState()
    first, *others, last = list(bring(own, collection_state, [*files, tmp_path / "<b>ad.png"]))
    assert first[own.stop] == gr.update(value="Stop", interactive=True, visible=True)
    assert any("9 of 9 read" in step[own.notice] for step in others)
    assert "8 of 9 pictures are on the map." in last[own.notice]
    assert "<b>&lt;b&gt;ad.png</b>: This is a text file" in last[own.notice]
    plot = json.loads(last[own.plot]["value"].plot)
    assert sum(len(trace.get("customdata", ())) for trace in plot["data"]) == COUNT
    assert len(plot["layout"]["meta"]["pictures"]["shown"]) == COUNT
    table = Path(last[own.csv]["value"]).read_text(encoding="utf-8")
    assert len(table.splitlines()) == 1 + COUNT
    assert np.load(last[own.npy]["value"]).shape == (COUNT, 13)
    assert "&lt;i&gt;1.png" in last[own.copies]
    assert last[own.collection_state] is collection_state
    assert collection_state.collection is not None
    assert not collection_state.busy


def test_a_collection_is_not_any_number_of_pictures(
    own: CollectionSection, files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collection_sources, "MOST", 5)
    (said,) = bring(own, CollectionState(), files)
    assert "from 1 to 5 pictures at once; `python -m app.collection" in said[own.notice]
    (said,) = bring(own, CollectionState(), [])
    assert "from 1 to 5" in said[own.notice]


def test_only_uploads_are_read(own: CollectionSection) -> None:
    said = {own.collection_state: CollectionState(), own.bring: [{"path": "/etc/passwd"}]}
    (answer,) = own._bring(said, asked_by())
    assert "no picture in this request" in answer[own.notice]


def test_if_none_can_be_read_the_reasons_stay(own: CollectionSection, tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_text("no picture")
    collection_state = CollectionState()
    *_, last = bring(own, collection_state, [tmp_path / "bad.png"])
    assert "None of these files could be read" in last[own.notice]
    assert "<b>bad.png</b>: This is a text file" in last[own.notice]
    assert own.plot not in last
    assert not collection_state.busy


def test_stopped_what_was_read_so_far_is_the_map(own: CollectionSection, files: list[Path]) -> None:
    collection_state = CollectionState()
    steps = bring(own, collection_state, files * 8)
    next(steps)
    next(steps)
    assert own._stop(collection_state)["interactive"] is False
    *_, last = steps
    assert "Stopped: 16 of 64 pictures are on the map." in last[own.notice]


def test_while_pictures_are_read_no_others_are(own: CollectionSection, files: list[Path]) -> None:
    collection_state = CollectionState()
    steps = bring(own, collection_state, files)
    next(steps)
    (said,) = bring(own, collection_state, files)
    assert "being read already" in said[own.notice]
    steps.close()
    assert not collection_state.busy


def test_one_more_picture_is_placed_among_those_most_like_it(
    own: CollectionSection, collection_state: CollectionState, files: list[Path]
) -> None:
    said = own._ask({own.collection_state: collection_state, own.ask: upload(files[4])})
    tiles = said[own.similar].split("<figure")[1:]
    assert len(tiles) == 1 + COUNT
    assert all("&lt;i&gt;4.png" in tile for tile in tiles[:2])
    assert "1. nearly the same to the classifier (1.00)" in tiles[1]
    plot = json.loads(said[own.plot].plot)
    assert "Your picture" in [trace["name"] for trace in plot["data"]]


def test_what_cannot_be_searched_for_is_said_where_it_was_asked(
    own: CollectionSection, collection_state: CollectionState, tmp_path: Path, files: list[Path]
) -> None:
    (tmp_path / "bad.png").write_text("no picture")
    said = own._ask({own.collection_state: collection_state, own.ask: upload(tmp_path / "bad.png")})
    assert "text file" in said[own.similar]
    assert own.plot not in said
    said = own._ask({own.collection_state: CollectionState(), own.ask: upload(files[0])})
    assert "your pictures were deleted" in said[own.similar]


def test_a_pressed_picture_opens_its_card(
    own: CollectionSection, collection_state: CollectionState
) -> None:
    def press(index: int, held: CollectionState = collection_state) -> Said:
        return own._open({own.collection_state: held}, SimpleNamespace(index=index))

    card = press(4)[own.card]
    assert "&lt;i&gt;4.png" in card
    assert 'data-number="4"' in card
    assert "250 &times; 280 pixels" in card
    x, y = collection_state.collection.chart.coordinates[4].round(4).tolist()
    assert f'data-places="[[{x}, {y}]]"' in card
    assert press(-1) == {own.card: ""}
    assert "no such picture" in press(COUNT)[own.notice]
    assert "your pictures were deleted" in press(4, CollectionState())[own.notice]


def test_each_visitor_has_a_shelf_and_who_leaves_has_none(
    page: gr.Blocks, own: CollectionSection, files: list[Path]
) -> None:
    one, other = (SessionState(page)[own.collection_state._id] for _ in range(2))
    list(bring(own, one, files[:4], session="one"))
    list(bring(own, other, files[4:], session="other"))
    SESSIONS.clear("one")
    SESSIONS.clear("a stranger")
    assert one.collection is None
    assert len(other.collection.entries) == 4


def test_who_leaves_while_the_map_is_laid_out_leaves_nothing(
    own: CollectionSection, files: list[Path]
) -> None:
    collection_state = CollectionState()
    steps = bring(own, collection_state, files)
    while collection_state.collection is None:
        next(steps)
    SESSIONS.clear("one")
    steps.close()
    assert collection_state.collection is None
    assert not collection_state.busy


def test_a_folder_of_this_computer_can_be_named(own: CollectionSection, files: list[Path]) -> None:
    (files[0].parent / "deep").mkdir()
    files[0].rename(files[0].parent / "deep" / "a.png")
    *_, last = enter(own, f"  {files[0].parent} ")
    assert "8 of 8 pictures are on the map." in last[own.notice]
    assert "deep/a.png" in Path(last[own.csv]["value"]).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("folder", "said"),
    [
        ("/nowhere at all", "There is no folder /nowhere at all"),
        ("pictures", "in full, from the root"),
        ("", "in full, from the root"),
        (None, "in full, from the root"),
        ("/etc/\0", "There is no folder"),
    ],
)
def test_a_folder_that_is_none_is_one_sentence(
    own: CollectionSection, folder: object, said: str
) -> None:
    (answer,) = enter(own, folder)
    assert said in answer[own.notice]


def test_a_folder_may_hold_too_many_pictures_or_none(
    own: CollectionSection, files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collection_sources, "MOST", 5)
    (answer,) = enter(own, str(files[0].parent))
    assert "more than 5 pictures" in answer[own.notice]
    (tmp_path / "empty").mkdir()
    (answer,) = enter(own, str(tmp_path / "empty"))
    assert "There are no pictures" in answer[own.notice]


def test_only_the_person_at_this_computer_names_folders(
    own: CollectionSection, tmp_path: Path
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
        (answer,) = enter(own, str(tmp_path), **request)
        assert "Only the person at this computer" in answer[own.notice]
    far = asked_by()
    far.client.host = "203.0.113.5"
    assert not is_from_here(far)
    assert is_from_here(asked_by(host="[::1]:7860"))
    assert is_from_here(asked_by(host="localhost:80"))
    assert is_from_here(asked_by(host="127.0.0.1", origin="http://localhost:7860"))


def test_an_operator_may_let_a_proxy_s_visitors_name_folders(
    files: list[Path],
) -> None:
    proxied = Settings(root_path="/brush", folders_behind_proxy=True)
    assert is_private(proxied, {})
    far = asked_by(host="art.example", **{"x-forwarded-for": "203.0.113.5"})
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
    assert not any(fn.name == "_enter" for fn in page.fns.values())


def test_at_home_there_is_one(own: CollectionSection) -> None:
    assert is_private(Settings(), {})
    assert own.folder is not None


def gathered(sources: list[Source]) -> Collection:
    steps = read_collection(sources, QuickEmbedder(), thumbnails=True)
    return Collection.gather([entry for step in steps for entry in step.entries])


def test_regions_are_shown_with_some_of_their_pictures(files: list[Path]) -> None:
    collection = gathered([Source(path.name, path) for path in files * 3])
    shown = regions_html(collection)
    assert shown.count("<li>") == len(collection.chart.names) == 2
    assert shown.count("<figure") <= 12
    assert "<i>" not in shown


def test_very_many_duplicates_are_not_all_shown(files: list[Path]) -> None:
    collection = gathered([Source(path.name, path) for path in [files[0]] * 20])
    shown = duplicates_html(collection)
    assert shown.count("<figure") == 12
    assert "and 8 more" in shown
    lonely = gathered([Source("a", files[2])])
    assert "No picture is here twice" in duplicates_html(lonely)
    assert regions_html(lonely) == ""


def test_very_many_problems_are_counted() -> None:
    shown = failures_html([Failure(f"{number}.png", "It is bad.") for number in range(80)])
    assert shown.count("<li>") == 51
    assert "and 30 more" in shown
    assert failures_html([]) == ""
