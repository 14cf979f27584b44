"""Take the README's pictures of the real app, with the shipped networks.

    python -m export.assets.screenshots

Needs playwright and an installed chromium; on the pictures are only our own examples.
"""

import argparse
import io
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from export.benchmarks.app_start import find_browser, running_app

FOLDER = Path(".github/pictures")
SHOTS = {
    "read": ("Read", 1280, 830, "light"),
    "read-phone": ("Read", 390, 844, "dark"),
    "inside": ("See inside", 1280, 1600, "light"),
    "atlas": ("Atlas", 1280, 1240, "light"),
    "map": ("Map", 1280, 960, "light"),
    "paint": ("Paint", 1280, 960, "light"),
    "slowly": ("Paint slowly", 1280, 960, "light"),
    "report": ("Report", 1280, 830, "light"),
}
"""Name -> tab, width and height of the window in pixels, colour scheme."""

ARRIVALS = {
    "See inside": "#inside-heat figcaption",
    "Atlas": "#atlas-sheet button",
    "Map": "#map .annotation",
}
"""What comes last on tabs that are filled when they are opened."""


def shoot(page: Page, tab: str) -> bytes:
    """PNG of the visible part of a tab, once everything on it has settled."""
    page.locator("#verdict h2").wait_for()
    page.get_by_role("tab", name=tab, exact=True).click()
    if tab == "Paint slowly":
        page.get_by_label("30 s", exact=True).check(force=True)
        page.locator("#slowly-paint").click()
        page.locator("#slowly-progress").get_by_text("Painted, in").wait_for(timeout=120_000)
    elif tab in ARRIVALS:
        page.locator(ARRIVALS[tab]).first.wait_for(timeout=60_000)
    if tab == "See inside":
        page.locator("#inside-examples button").nth(1).click()
        page.locator("#inside-heat").get_by_text("Night over the hill").wait_for()
        page.get_by_role("button", name="All nine depths").click()
        page.locator("#inside-all-depths img").last.wait_for(timeout=60_000)
    page.wait_for_timeout(1500)
    return page.screenshot()


def main() -> None:
    """Start the app and take every picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=FOLDER)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    program = find_browser()
    if program is None:
        parser.error("chromium is not installed")
    with (
        tempfile.TemporaryDirectory() as folder,
        running_app(Path(folder)) as (_, address),
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for name, (tab, width, height, scheme) in SHOTS.items():
            page = browser.new_page(
                viewport={"width": width, "height": height},
                color_scheme=scheme,  # type: ignore[arg-type]
                device_scale_factor=1.5,
            )
            page.goto(address)
            with Image.open(io.BytesIO(shoot(page, tab))) as picture:
                picture.save(arguments.out / f"{name}.webp", quality=85)
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
