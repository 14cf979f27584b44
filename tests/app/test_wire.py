"""The size of the page in bytes over the network, and how it is sent."""

import gzip
import json
import re
import urllib.request
from http.client import HTTPResponse
from typing import Any

import pytest

LIKE_A_BROWSER = "gzip, deflate, br, zstd"
LIMIT = 300_000  # Bytes until the first verdict is read, without Gradio's own scripts.
FIRST = ("examples", "evidence")  # What the Read tab shows of pictures beside the first verdict.


def ask(address: str, path: str = "") -> HTTPResponse:
    request = urllib.request.Request(address + path, headers={"Accept-Encoding": LIKE_A_BROWSER})
    return urllib.request.urlopen(request, timeout=30)


@pytest.fixture(scope="module")
def sent(app_address: str) -> bytes:
    """The page, as it is sent."""
    with ask(app_address) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        return answer.read()


@pytest.fixture(scope="module")
def page(sent: bytes) -> str:
    return gzip.decompress(sent).decode()


@pytest.fixture(scope="module")
def components(page: str) -> dict[str, str]:
    """All that is told of each component that has an id."""
    begin = page.index("window.gradio_config = ") + len("window.gradio_config = ")
    config, _ = json.JSONDecoder().raw_decode(page[begin:])
    found: list[dict[str, Any]] = config["components"]
    return {one["props"].get("elem_id"): json.dumps(one) for one in found}


def pictures(html: str) -> set[str]:
    return set(re.findall(r"pictures/\w+\.\w+", html))


def test_few_bytes_are_sent_before_the_first_verdict(app_address, sent, components):
    weights = {"page": len(sent)}
    shown = set().union(*(pictures(components[part]) for part in FIRST))
    assert len(shown) == 8  # Six examples, and the picture with and without its evidence.
    for path in ("theme.css", *shown):
        with ask(app_address, path) as answer:
            weights[path] = len(answer.read())
    assert sum(weights.values()) < LIMIT, weights


def test_no_picture_is_inlined_in_the_page(page):
    inline = re.findall(r"data:[a-z]+/[a-z+.]+;base64,[\w+/=]+", page)
    assert max(map(len, inline), default=0) < 200  # One empty pixel is.


def test_every_picture_of_the_page_can_be_fetched_and_cached(app_address, page):
    found = pictures(page)
    assert len(found) > 40
    for path in found:
        with ask(app_address, path) as answer:
            assert "immutable" in answer.headers["Cache-Control"]
            assert answer.headers["Content-Encoding"] is None


def test_pictures_below_the_first_screen_are_loaded_lazily(components):
    for part in ("evidence", "contest", "views", "painting-styles"):
        images = re.findall(r"<img [^>]*>", components[part])
        assert images
        assert all('loading=\\"lazy\\"' in image for image in images)


def test_events_are_neither_compressed_nor_buffered(app_address):
    with ask(app_address, "gradio_api/heartbeat/nobody") as events:
        assert events.headers["Content-Type"].startswith("text/event-stream")
        assert events.headers["Content-Encoding"] is None
        assert events.readline().startswith(b"data:")


def test_the_page_has_a_link_preview(app_address, page):
    head = page[:8000]  # Few read further.
    found = dict(re.findall(r'<meta property="og:([\w:]+)" content="([^"]*)"', head))
    assert found["title"] == "Deep Brush"
    assert "movement" in found["description"]
    assert found["image"].startswith(app_address)
    with ask(found["image"]) as answer:
        assert answer.headers["Content-Type"] == "image/jpeg"
        assert answer.read()[:2] == b"\xff\xd8"
    assert not re.search(r"<meta[^>]*(?:githubusercontent|@Gradio)", page)
    assert page.count('property="og:title"') == page.count("<title>") == 1


def test_the_page_has_an_icon(app_address, page):
    icon = re.search(r'<link rel="icon" type="([^"]+)" href="\./([^"]+)"', page)
    with ask(app_address, icon[2]) as answer:
        assert answer.headers["Content-Type"].startswith(icon[1])
        assert b"<svg" in answer.read()  # Too small to be compressed.
