"""The reference map in a real browser: it is drawn, searched, pressed and zoomed."""

from functools import partial

import pytest
from PIL import Image

from tests.app.browser_fixture import (  # noqa: F401
    chromium,
    picture,
    shared_visitor,
    upload,
    visitor,
    wait_for,
)

pytestmark = pytest.mark.browser

NUMBER_1 = "#map .scatterlayer .trace:nth-child(2) .point"
"""The nearest paintings, of which the first is drawn last."""


def visit_map(visitor, *args, **options):  # noqa: F811
    page = visitor(*args, **options)
    tab = page.get_by_role("tab", name="Map", exact=True)
    if not tab.is_visible():  # on a phone
        page.get_by_role("button", name="More tabs").click()
        tab = page.get_by_role("button", name="Map", exact=True)
    tab.click()
    page.locator("#map canvas").first.wait_for()
    page.locator("#map-near li").first.wait_for()
    return page


@pytest.fixture
def open_map(visitor):  # noqa: F811
    """Opens pages at the map."""
    return partial(visit_map, visitor)


@pytest.fixture(scope="module")
def page(shared_visitor):  # noqa: F811
    """A page at the map; its picture may have been replaced."""
    return visit_map(shared_visitor)


def test_the_map_is_drawn_with_an_example_on_it(page):
    wait_for(page, "#map-where", "Harbour at dawn")
    assert page.locator("#map-near li").count() == 10
    names = page.locator("#map .legendtext").all_text_contents()
    assert names[:2] == ["Abstract", "Cubism"]
    assert page.locator("#map .annotation-text").count() > 10
    box = page.locator("#map").bounding_box()
    assert box["width"] > 600
    assert box["height"] > 500


def test_an_uploaded_picture_is_placed(page, picture):  # noqa: F811
    before = page.locator("#map-near").inner_text()
    page.locator("#map-image-input input[type=file]").set_input_files(picture)
    wait_for(page, "#map-where", picture.name)
    assert page.locator("#map-near li").count() == 10
    assert page.locator("#map-near").inner_text() != before


def test_a_movement_can_be_hidden(open_map):
    page = open_map()
    abstract = page.locator("#map .traces", has_text="Abstract").first
    opacity = "item => getComputedStyle(item).opacity"
    assert abstract.evaluate(opacity) == "1"
    abstract.locator(".legendtoggle").click(force=True)
    page.wait_for_function(
        "() => getComputedStyle(document.querySelector('#map .traces')).opacity < 1"
    )


def test_rows_and_dots_mark_each_other_and_the_wheel_zooms(page):
    row = page.locator("#map-near button").nth(2)
    row.click()
    page.locator("#map-card article").wait_for()
    assert page.locator("#map-card h3").inner_text() == row.locator("cite").inner_text()
    assert row.get_attribute("aria-pressed") == "true"
    ring = page.locator("#map .scatterlayer .trace").last.locator(".point")
    ring.wait_for()
    page.locator("#map-card .close").click()
    page.locator("#map-card article").wait_for(state="detached")
    place = page.locator(NUMBER_1).last.bounding_box()
    page.mouse.move(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    page.mouse.down()
    page.mouse.up()
    page.locator("#map-near button[aria-pressed=true]").wait_for()
    width = "() => document.querySelector('#map .js-plotly-plot').layout.xaxis.range"
    before, scrolled = page.evaluate(width), page.evaluate("scrollY")
    page.mouse.wheel(0, -200)
    page.wait_for_function(f"before => ({width})()[1] < before[1]", arg=before)
    assert page.evaluate("scrollY") == scrolled


def test_the_map_can_be_downloaded(page, tmp_path):
    with page.expect_download() as download:
        page.locator("#map-near-table").click()
    assert download.value.suggested_filename == "neighbours.csv"
    with page.expect_download() as download:
        page.locator("#map .modebar-btn").first.click()
    download.value.save_as(tmp_path / "map.png")
    with Image.open(tmp_path / "map.png") as image:
        assert min(image.size) > 800
        assert len(image.convert("RGB").resize((64, 64)).getcolors(4096)) > 50


def test_a_tap_opens_a_card_and_a_finger_scrolls_the_page(open_map):
    page = open_map(390, 844, has_touch=True, is_mobile=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator("#map .annotation-text").count() > 10
    assert page.locator("#map .annotation-text").first.is_visible()
    page.locator("#map").scroll_into_view_if_needed()
    mark = page.locator(NUMBER_1).last.bounding_box()
    page.touchscreen.tap(mark["x"] + mark["width"] / 2, mark["y"] + mark["height"] / 2)
    page.locator("#map .hovertext").first.wait_for()
    page.locator("#map-card article").wait_for()
    before = page.evaluate("scrollY")
    touch = page.context.new_cdp_session(page)
    for step in range(12):
        kind = "touchStart" if step == 0 else "touchMove"
        points = [{"x": mark["x"], "y": mark["y"] - 10 * step}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_function("before => scrollY > before + 50", arg=before)


def fingers(page, *places: list[tuple[float, float]]) -> None:
    """Put fingers down at the first places, move them through the others, and lift them."""
    touch = page.context.new_cdp_session(page)
    for number, points in enumerate([*places, []]):
        kind = "touchStart" if number == 0 else "touchMove" if points else "touchEnd"
        touched = [{"x": x, "y": y, "id": index} for index, (x, y) in enumerate(points)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touched})
        page.wait_for_timeout(50)  # Plotly draws in between.


def test_two_fingers_zoom_and_move_the_map_and_not_the_page(open_map):
    page = open_map(390, 844, has_touch=True, is_mobile=True)
    page.locator("#map").evaluate("map => map.scrollIntoView({block: 'center'})")
    box = page.locator("#map .nsewdrag").first.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    view = """() => {
        const { xaxis, yaxis } = document.querySelector("#map .js-plotly-plot").layout;
        const page = [scrollY, visualViewport.scale];
        return { x: [...xaxis.range], y: [...yaxis.range], page };
    }"""
    whole = page.evaluate(view)
    fingers(page, *([(x - apart, y), (x + apart, y)] for apart in range(30, 91, 10)))
    page.wait_for_function(
        f"whole => ({view})().x[1] - ({view})().x[0] < 0.5 * (whole.x[1] - whole.x[0])", arg=whole
    )
    zoomed = page.evaluate(view)
    for axis in "xy":  # What was between the fingers still is.
        assert sum(zoomed[axis]) == pytest.approx(sum(whole[axis]), abs=0.05)
        span = (whole[axis][1] - whole[axis][0]) / (zoomed[axis][1] - zoomed[axis][0])
        assert span == pytest.approx(3, rel=0.1)
    fingers(page, *([(x - 60 + by, y + by), (x + 60 + by, y + by)] for by in range(0, 41, 10)))
    page.wait_for_function(f"x => ({view})().x[0] < x - 0.01", arg=zoomed["x"][0])
    moved = page.evaluate(view)
    assert moved["y"][0] > zoomed["y"][0]
    assert moved["x"][1] - moved["x"][0] == pytest.approx(zoomed["x"][1] - zoomed["x"][0], rel=0.02)
    fingers(page, *([(x - apart, y), (x + apart, y)] for apart in range(100, 9, -15)))
    page.wait_for_function(
        f"whole => ({view})().x[1] - ({view})().x[0] > 0.95 * (whole.x[1] - whole.x[0])", arg=whole
    )
    assert page.evaluate(view)["page"] == whole["page"]
    page.wait_for_timeout(600)  # A tap would have opened a card by then.
    assert not page.locator("#map-card article").count()


def test_the_map_s_text_is_light_in_dark_mode(open_map):
    page = open_map(color_scheme="dark")
    for words in ("legendtext", "annotation-text"):
        colour = page.locator(f"#map .{words}").first.evaluate(
            "text => getComputedStyle(text).fill"
        )
        assert colour == "rgb(242, 237, 228)"
    background = page.locator("#map .main-svg").first
    assert background.evaluate("svg => getComputedStyle(svg).backgroundColor") == "rgba(0, 0, 0, 0)"
