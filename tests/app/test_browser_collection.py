"""A visitor's own pictures as a map, in a real browser."""

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from tests.app.browser_fixture import chromium, visitor  # noqa: F401 - fixtures

pytestmark = pytest.mark.browser

LONG = 120_000  # Milliseconds; a map of twenty pictures takes five thousand.


@pytest.fixture(scope="module")
def app_address(paint_address: str) -> str:
    """Where `visitor` goes."""
    return paint_address


@pytest.fixture
def open_map(visitor):  # noqa: F811
    """Opens pages at the Map tab."""

    def visit(*args, **options):
        page = visitor(*args, **options)
        page.set_default_timeout(LONG)
        page.get_by_role("tab", name="Map", exact=True).click()
        page.locator("#collection-upload").wait_for()
        return page

    return visit


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Fourteen pictures, the last of them a copy of the first, and a file that is none."""
    folder = tmp_path / "mine"
    folder.mkdir()
    for number in range(13):
        source = (data.coffee(), data.chelsea(), data.astronaut())[number % 3]
        part = np.roll(source, 23 * number, axis=1)[:200, :280]
        Image.fromarray(part).save(folder / f"{number:02} harbour.png")
    Image.open(folder / "00 harbour.png").resize((140, 100)).save(folder / "a copy.png")
    (folder / "bad.png").write_text("Dear reader, I am no picture.")
    return sorted(folder.iterdir())


def upload(page, button: str, files: list[Path] | Path) -> None:
    page.locator(f"#{button}").locator("xpath=..").locator("input").set_input_files(files)


def wait_for_notice(page, text: str) -> None:
    page.locator("#collection-notice").get_by_text(text).wait_for()


def test_uploads_become_a_map_that_can_be_searched(open_map, files, tmp_path):
    page = open_map()
    upload(page, "collection-upload", files)
    wait_for_notice(page, "14 of 15 pictures are on the map.")
    wait_for_notice(page, "This is a text file")
    page.locator("#collection-map .imagelayer image").nth(13).wait_for(state="attached")
    page.locator("#collection-regions button").first.click()
    page.locator("#collection-card article").wait_for()
    assert page.locator("#collection-regions li").count() == 2
    duplicates = page.locator("#collection-duplicates figcaption").all_inner_texts()
    assert [text.split("\n")[0] for text in duplicates] == ["00 harbour.png", "a copy.png"]
    with page.expect_download() as download:
        page.locator("#collection-csv").click()
    download.value.save_as(tmp_path / "map.csv")
    with (tmp_path / "map.csv").open(newline="", encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == 14

    upload(page, "collection-search", files[4])
    page.locator("#collection-neighbours li").nth(9).wait_for()
    assert "04 harbour.png" in page.locator("#collection-neighbours li").first.inner_text()
    assert page.locator("#collection-map .js-plotly-plot").is_visible()
    upload(page, "collection-search", files[-1])
    page.locator("#collection-neighbours").get_by_role("alert").get_by_text("text file").wait_for()


def test_on_a_phone_a_folder_of_this_computer_can_be_named(open_map, files):
    page = open_map()
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_label("a folder on this computer").fill(str(files[0].parent))
    page.get_by_role("button", name="Read the folder").click()
    wait_for_notice(page, "14 of 15 pictures are on the map.")
    page.locator("#collection-map .js-plotly-plot").wait_for()
    page.locator("#collection-stop").wait_for(state="hidden")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
