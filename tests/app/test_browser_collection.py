"""A visitor's own pictures as a map, in a real browser."""

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from tests.app.test_browser import chromium, visitor  # noqa: F401 - fixtures

pytestmark = pytest.mark.browser

LONG = 120_000  # Milliseconds; a map of twenty pictures takes five thousand.


@pytest.fixture(scope="module")
def app_address(paint_address: str) -> str:
    """Where `visitor` goes."""
    return paint_address


@pytest.fixture
def mapper(visitor):  # noqa: F811
    """Opens pages at the Map room."""

    def enter(*args, **options):
        page = visitor(*args, **options)
        page.set_default_timeout(LONG)
        page.get_by_role("tab", name="Map", exact=True).click()
        page.locator("#own").wait_for()
        return page

    return enter


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


def bring(page, button: str, files: list[Path] | Path) -> None:
    page.locator(f"#{button}").locator("xpath=..").locator("input").set_input_files(files)


def said(page, text: str) -> None:
    page.locator("#own-notice").get_by_text(text).wait_for()


def test_own_pictures_become_a_map_that_can_be_searched(mapper, files, tmp_path):
    page = mapper()
    bring(page, "own", files)
    said(page, "14 of 15 pictures are on the map.")
    said(page, "This is a text file")
    page.locator("#own-map .imagelayer image").nth(13).wait_for(state="attached")
    page.locator("#own-regions button").first.click()
    page.locator("#own-card article").wait_for()
    assert page.locator("#own-regions li").count() == 2
    copies = page.locator("#own-copies figcaption").all_inner_texts()
    assert [words.split("\n")[0] for words in copies] == ["00 harbour.png", "a copy.png"]
    with page.expect_download() as download:
        page.locator("#own-csv").click()
    download.value.save_as(tmp_path / "map.csv")
    with (tmp_path / "map.csv").open(newline="", encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == 14

    bring(page, "own-ask", files[4])
    page.locator("#own-similar li").nth(9).wait_for()
    assert "04 harbour.png" in page.locator("#own-similar li").first.inner_text()
    assert page.locator("#own-map .js-plotly-plot").is_visible()
    bring(page, "own-ask", files[-1])
    page.locator("#own-similar").get_by_role("alert").get_by_text("text file").wait_for()


def test_on_a_phone_a_folder_of_this_computer_can_be_named(mapper, files):
    page = mapper()
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_label("a folder on this computer").fill(str(files[0].parent))
    page.get_by_role("button", name="Read the folder").click()
    said(page, "14 of 15 pictures are on the map.")
    page.locator("#own-map .js-plotly-plot").wait_for()
    page.locator("#own-stop").wait_for(state="hidden")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
