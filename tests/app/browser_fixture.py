"""The app in a real browser: pages that report script errors and requests to other hosts."""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

from export.benchmarks.app_start import find_browser

REQUIRED = "DEEP_BRUSH_REQUIRE_BROWSER"
TIMEOUT = 30_000  # Milliseconds; a result usually takes one.
ERRORS_ON_LEAVING = (
    "AbortError",
    "Unexpected error Connection errored out",
    "Connection errored out",
)
"""What Gradio logs where a page is left during an event."""

MOVEMENTS = ("Abstract", "Cubism", "Expressionism", "Impressionism", "Realism")


def missing(what: str) -> None:
    """Skip where there is no browser; fail where one is required (in CI)."""
    reason = f"{what} is not installed, so the page was not tested in a browser"
    if os.environ.get(REQUIRED):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def chromium() -> Iterator["Browser"]:  # noqa: F821 - playwright may be missing
    program = find_browser()
    if program is None:
        missing("chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright")
    with contextlib.ExitStack() as stack:
        with on_all_processors():
            playwright = stack.enter_context(sync_playwright())
            browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextlib.contextmanager
def on_all_processors() -> Iterator[None]:
    """Let what is started here run on all processors, though each test process has its own.

    A browser that shares a processor with the app stands still while the app computes.
    """
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    own = os.sched_getaffinity(0)
    os.sched_setaffinity(0, range(os.cpu_count() or 1))
    try:
        yield
    finally:
        os.sched_setaffinity(0, own)


@contextlib.contextmanager
def pages_of(chromium, address: str) -> Iterator[Callable[..., "Page"]]:  # noqa: F821
    """Opens pages; fails at the end after a script error or a request to another host."""
    contexts, errors = [], []

    def open_page(width: int = 1280, height: int = 900, **options):
        context = chromium.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(TIMEOUT)
        page.on("pageerror", lambda error: errors.append(f"script error: {error}"))
        page.on("console", log)
        page.on("request", lambda request: errors.extend(foreign(request.url)))
        page.goto(address)
        page.locator("#verdict h2").wait_for()
        return page

    def log(message) -> None:
        if message.type == "error" and not message.text.startswith(ERRORS_ON_LEAVING):
            errors.append(f"console: {message.text}")

    def foreign(url: str) -> list[str]:
        parts = urlsplit(url)
        ours = parts.scheme in ("data", "blob") or parts.netloc == urlsplit(address).netloc
        return [] if ours else [f"request to {url}"]

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def visitor(chromium, app_address):
    """Opens pages for one test, see `pages_of`."""
    with pages_of(chromium, app_address) as open_page:
        yield open_page


@pytest.fixture(scope="module")
def shared_visitor(chromium, app_address):
    """Opens pages that several tests of a module share, see `pages_of`."""
    with pages_of(chromium, app_address) as open_page:
        yield open_page


def check_widths(page, *widths: int) -> None:
    """Check that the page is not wider than the screen at any of these widths."""
    size = page.viewport_size
    for width in widths:
        page.set_viewport_size({"width": width, "height": size["height"]})
        page.wait_for_function(
            """width => document.documentElement.scrollWidth <= width
                && document.querySelector("main").getBoundingClientRect().width <= width""",
            arg=width,
        )
    page.set_viewport_size(size)


@pytest.fixture
def picture(painting: np.ndarray, tmp_path: Path) -> Path:
    path = tmp_path / "my tableau é.jpg"
    Image.fromarray(painting).save(path)
    return path


def upload(page, path: Path) -> None:
    page.locator("#image-input input[type=file]").set_input_files(path)


def wait_for(page, selector: str, text: str) -> None:
    page.locator(selector).get_by_text(text).first.wait_for()


def source(page, elem_id: str, image: str = "overlay") -> str:
    return page.locator(f"#{elem_id} img.{image}").get_attribute("src")


@contextlib.contextmanager
def appears(page, selector: str) -> Iterator[None]:
    """Wait until something has appeared that may be shown for a moment only.

    On a busy machine polling may miss it; a mutation observer does not.
    """
    seen = page.evaluate_handle(
        """selector => {
            const seen = {};
            new MutationObserver(() => {
                seen.it ||= document.querySelector(selector) !== null;
            }).observe(document.body, {childList: true, subtree: true});
            return seen;
        }""",
        selector,
    )
    yield
    page.wait_for_function("seen => seen.it", arg=seen)


def read(page, path: Path) -> None:
    upload(page, path)
    wait_for(page, "#evidence figcaption", path.name)
