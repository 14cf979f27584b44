# ruff: noqa: F811 - visitor, picture and others are fixtures
"""The page in a real browser: what a visitor does, without script errors or foreign requests."""

import pytest
from PIL import Image
from skimage import data

from tests.app.browser_fixture import (  # noqa: F401 - fixtures
    MOVEMENTS,
    check_widths,
    chromium,
    picture,
    read,
    shared_visitor,
    source,
    upload,
    visitor,
    wait_for,
)

pytestmark = pytest.mark.browser

COLOUR = "element => getComputedStyle(element).backgroundColor"


def is_headline(text: str) -> bool:
    """Whether it names one movement, two, or none."""
    first, _, second = text.removeprefix("Between ").partition(" and ")
    return text in (*MOVEMENTS, "No verdict") or {first, second} <= set(MOVEMENTS)


@pytest.fixture(scope="module")
def read_page(shared_visitor, tmp_path_factory):
    """A page on which a picture was read; tests may press anything, but upload nothing."""
    path = tmp_path_factory.mktemp("pictures") / "tableau.jpg"
    Image.fromarray(data.coffee()).save(path)
    page = shared_visitor()
    read(page, path)
    return page


def limit_uploads(page, speed: int) -> None:
    """Limit uploads to some bytes a second; -1 is as fast as they can be."""
    connection = page.context.new_cdp_session(page)
    limits = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": speed}
    connection.send("Network.emulateNetworkConditions", limits)


def test_the_upload_button_stays_and_says_that_it_uploads(visitor, picture):
    page = visitor()
    button = page.locator("#image-input button.upload-container")
    size, colour = button.bounding_box(), button.evaluate(COLOUR)
    limit_uploads(page, 10_000)
    upload(page, picture)
    uploading = page.locator("#image-input .wrap.progress")
    uploading.wait_for()
    assert uploading.bounding_box() == size
    assert uploading.evaluate(COLOUR) == colour
    words = "words => getComputedStyle(words, '::before').content"
    assert "Uploading" in page.locator("#image-input .uploading").evaluate(words)
    limit_uploads(page, -1)
    wait_for(page, "#evidence figcaption", picture.name)
    button.wait_for()


def test_an_example_is_shown_when_the_page_opens(visitor):
    page = visitor()
    assert is_headline(page.locator("#verdict h2").inner_text())
    assert page.locator("#views figure").count() == 6
    wait_for(page, "#evidence figcaption", "Harbour at dawn")


def test_an_uploaded_picture_gets_a_verdict(visitor, picture):
    page = visitor()
    read(page, picture)
    assert is_headline(page.locator("#verdict h2").inner_text())
    assert sorted(page.locator("#verdict .name").all_inner_texts()) == sorted(MOVEMENTS)
    assert "ms" in page.locator("#verdict").inner_text()
    wait_for(page, "#evidence figcaption", "600 \N{MULTIPLICATION SIGN} 400 pixels")
    assert page.locator("#image-input input[type=file]").count() == 1  # ready for the next picture


def test_a_white_picture_gets_no_verdict(visitor, tmp_path):
    page = visitor()
    Image.new("RGB", (800, 600), "white").save(tmp_path / "white.png")
    read(page, tmp_path / "white.png")
    assert page.locator("#verdict h2").inner_text() == "No verdict"
    wait_for(page, "#verdict", "There is nearly nothing in this picture to read")
    wait_for(page, "#comparison", "There is nearly nothing in this picture to read")
    assert page.locator("#verdict button").count() == 0


def test_the_heat_map_covers_the_picture_exactly(read_page):
    bare, painted = (read_page.locator(f"#evidence img.{name}") for name in ("picture", "overlay"))
    assert bare.bounding_box() == painted.bounding_box()
    box = bare.bounding_box()
    assert box["width"] / box["height"] == pytest.approx(600 / 400, rel=0.01)


def test_choosing_movements_changes_the_maps_but_not_the_picture(read_page):
    page = read_page
    bare = source(page, "evidence", "picture")
    maps = set()
    for name in MOVEMENTS:
        page.locator("#verdict button", has_text=name).click()
        page.locator("#verdict button[aria-pressed=true]", has_text=name).wait_for()
        wait_for(page, "#evidence .legend", name)
        maps.add(source(page, "evidence"))
    assert len(maps) > 1
    assert source(page, "evidence", "picture") == bare


def test_of_several_quick_presses_the_last_one_counts(read_page):
    page = read_page
    page.locator("#verdict button").first.click()
    page.locator("#verdict li:first-child button[aria-pressed=true]").wait_for()
    last = page.locator("#verdict .name").last.inner_text()
    page.locator("#verdict ol").evaluate(
        """async list => {
            for (const button of list.querySelectorAll("button")) {
                button.click();
                await new Promise(done => setTimeout(done, 5));
            }
        }"""
    )
    page.locator("#verdict button[aria-pressed=true]", has_text=last).wait_for()
    wait_for(page, "#evidence .legend", last)


def test_any_two_movements_can_be_compared(read_page):
    page = read_page
    before = source(page, "contest")
    chosen = page.get_by_label("and not").input_value()
    first = page.get_by_label("Why", exact=True).input_value()
    other = next(name for name in MOVEMENTS if name not in (chosen, first))
    page.get_by_label("and not").click()
    page.get_by_role("option", name=other).click()
    wait_for(page, "#contest .legend", other)
    assert source(page, "contest") != before
    wait_for(page, "#comparison", other)


def test_both_sliders_work_with_the_keyboard(read_page):
    page = read_page
    clip = page.locator("#evidence img.overlay")
    assert clip.evaluate("image => getComputedStyle(image).clipPath") == "inset(0px 0px 0px 0%)"
    page.get_by_label("Uncover the picture").first.focus()
    page.keyboard.press("End")
    assert "100%" in clip.evaluate("image => getComputedStyle(image).clipPath")
    page.get_by_label("Strength of the colours").first.focus()
    page.keyboard.press("Home")
    assert clip.evaluate("image => getComputedStyle(image).opacity") == "0"


def test_an_unreadable_file_keeps_the_results(visitor, picture, tmp_path):
    page = visitor()
    read(page, picture)
    before = page.locator("#verdict").inner_text()
    bad = tmp_path / "letter.png"
    bad.write_text("Dear reader, I am no picture.")
    upload(page, bad)
    page.get_by_role("alert").get_by_text("text file").wait_for()
    assert page.locator("#verdict").inner_text() == before
    wait_for(page, "#evidence figcaption", picture.name)
    read(page, picture.rename(tmp_path / "second.jpg"))
    assert page.get_by_role("alert").count() == 0


def test_a_picture_can_be_pasted_and_dropped(visitor):
    page = visitor()
    for kind, files in (("paste", "clipboardData"), ("drop", "dataTransfer")):
        page.evaluate(
            """async ([kind, files]) => {
                const canvas = document.createElement("canvas");
                canvas.width = kind === "paste" ? 320 : 340;
                const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
                const transfer = new DataTransfer();
                transfer.items.add(new File([blob], `${kind}ed.png`, { type: "image/png" }));
                const event = new Event(kind, { bubbles: true, cancelable: true });
                Object.defineProperty(event, files, { value: transfer });
                document.body.dispatchEvent(event);
            }""",
            [kind, files],
        )
        wait_for(page, "#evidence figcaption", f"{kind}ed.png")


def test_an_example_can_be_pressed(visitor):
    page = visitor()
    page.get_by_role("button", name="Chelsea the cat").click()
    wait_for(page, "#evidence figcaption", "Chelsea the cat")


def test_visitors_do_not_see_each_other(visitor, picture):
    one, other = visitor(), visitor()
    read(one, picture)
    name = next(
        name
        for name in MOVEMENTS
        if other.locator("#verdict button", has_text=name).get_attribute("aria-pressed") == "false"
    )
    before = source(other, "evidence", "picture")
    other.locator("#verdict button", has_text=name).click()
    wait_for(other, "#evidence .legend", name)
    wait_for(other, "#evidence figcaption", "Harbour at dawn")
    assert source(other, "evidence", "picture") == before


@pytest.fixture(scope="module")
def report(shared_visitor):
    """A page at the Report tab."""
    page = shared_visitor()
    page.get_by_role("tab", name="Report").click()
    return page


def test_the_report_opens(report):
    page = report
    page.get_by_role("heading", name="How good is the classifier?").wait_for()
    assert page.locator("#report table.confusion").first.is_hidden()
    page.get_by_text("What does it mistake for what?").click()
    assert page.locator("#report table.confusion").first.is_visible()
    assert page.locator("#report table.shares").is_visible()


def test_a_folded_section_of_the_report_opens_with_the_keyboard(report):
    page = report
    chart = page.get_by_role("img", name="Cross-entropy with the labels")
    assert not chart.is_visible()
    page.locator("#report summary", has_text="How it learned").focus()
    page.keyboard.press("Enter")
    chart.wait_for()


def test_the_report_unfolded_is_no_wider_than_the_screen(report):
    report.locator("#report details").evaluate_all("all => all.forEach(one => (one.open = true))")
    report.get_by_role("heading", name="Can their heat maps be trusted?").wait_for()
    check_widths(report, 390, 1440)


def test_the_verdict_is_seen_first_and_nothing_is_wider_than_the_screen(visitor):
    page = visitor()
    for width in (390, 820, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        parts = (page.locator(part).bounding_box() for part in ("#verdict", "#evidence"))
        verdict, heat = (box["y"] for box in parts)
        assert (verdict < heat) is (width <= 900)
        assert verdict < 600
    for tab in ("Read", "See inside", "Atlas", "Map", "Report"):
        page.get_by_role("tab", name=tab, exact=True).click()
        check_widths(page, 390, 820, 1440)


def test_dark_mode_follows_the_visitors_system(visitor):
    page = visitor(color_scheme="dark")
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == "rgb(22, 20, 18)"


def test_a_picture_is_sent_to_other_tabs_and_back(visitor, picture):
    page = visitor()
    page.locator("#image-input input[type=file]").set_input_files(picture)
    page.locator("#evidence figcaption").get_by_text("my tableau").wait_for()
    page.locator("#read-to-inside").click()
    page.locator("#inside-heat figcaption").get_by_text("my tableau").wait_for()
    page.locator("#texture-fold > button").click()
    page.locator("#texture-strips h3").first.wait_for()
    page.locator("#inside-to-map").click()
    page.locator("#map-where").get_by_text("my tableau").wait_for()
    page.locator("#map .main-svg").first.wait_for()
    page.locator("#map-to-read").click()
    page.locator("#verdict h2").wait_for()
