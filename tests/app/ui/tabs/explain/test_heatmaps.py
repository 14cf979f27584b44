"""Heat maps: the handlers, called as Gradio calls them, without PyTorch but where it is values."""

import csv
import functools
import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import numpy as np
import pytest
import torch
from PIL import Image

from app.explain.cams import METHODS
from app.explain.classifier import load_classifier
from app.serving.faithfulness import Curves, Faithfulness, faithfulness
from app.settings import Settings
from app.ui.context import SESSION_EXPIRED, AppContext, UploadedPicture
from app.ui.handlers import ComponentValues, Updates
from app.ui.tabs.explain import faithfulness_view, heatmap_state, heatmap_view
from app.ui.tabs.explain import heatmaps as heatmaps_module
from app.ui.tabs.explain.heatmap_state import (
    DEFAULT_METHOD,
    EXACT,
    CamRequest,
    initial_state,
    updated_state,
)
from app.ui.tabs.explain.heatmaps import Heatmaps
from app.ui.tabs.explain.sections import ExplainSession
from training.common.depths import DEPTHS

REALISM = 4


@pytest.fixture(scope="module")
def context(classifier) -> AppContext:
    return AppContext(classifier, Settings(provider="cpu"), bundle=None)  # Nothing is painted here.


@pytest.fixture
def uploaded(context: AppContext, painting: np.ndarray) -> UploadedPicture:
    return context.receive("my <painting>.jpg", painting)


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list[tuple[CamRequest, bool]]:
    """The requests for gradients; the maps of every depth are different noise."""
    requests = []

    def maps(reading: Any, request: CamRequest, provider: str, *, randomize: bool = False) -> Any:
        requests.append((request, randomize))
        generator = np.random.default_rng(len(requests))
        depths = DEPTHS[-1:] if request.method == EXACT else DEPTHS
        return {
            depth.number: generator.standard_normal((48 // depth.stride * 4,) * 2).astype(
                np.float32
            )
            for depth in depths
        }

    monkeypatch.setattr(heatmap_state, "gradient_maps", maps)
    quick = functools.partial(faithfulness, steps=2, random_maps=1)
    monkeypatch.setattr(heatmap_state, "faithfulness", quick)
    return requests


@pytest.fixture
def heatmaps(context: AppContext, uploaded: UploadedPicture, requests: list[Any]) -> Heatmaps:
    with gr.Blocks():
        session = ExplainSession(context, gr.State(uploaded), gr.Textbox(uploaded.token))
        section = Heatmaps(session, uploaded)
        section.connect()
        return section


@pytest.fixture
def values(heatmaps: Heatmaps) -> ComponentValues:
    """What a page that has just opened sends."""
    return {part: part.value for part in heatmaps.inputs}


def update(values: ComponentValues, shown: Updates) -> None:
    """Let the page show what a handler answered."""
    values.update({part: value for part, value in shown.items() if part in values})


def call(heatmaps: Heatmaps, values: ComponentValues, handler: Any, **changes: Any) -> Updates:
    """Change parts of the form, by their names, and call a handler."""
    values.update({getattr(heatmaps.form, name): value for name, value in changes.items()})
    shown = handler(values)
    update(values, shown)
    return shown


def caption(shown: ComponentValues, heatmaps: Heatmaps) -> str:
    return shown[heatmaps.compare_slider]["caption"] + shown[heatmaps.compare_slider]["legend"]


def test_a_new_picture_has_its_exact_map_at_once_without_gradients(
    heatmaps, uploaded, requests, context
):
    shown = heatmaps.show(uploaded)
    assert set(shown) == set(heatmaps.outputs)  # What is left alone in a hidden tab would be lost.
    assert "exact class map" in shown[heatmaps.compare_slider]["caption"]
    assert "my &lt;painting&gt;.jpg" in shown[heatmaps.compare_slider]["caption"]
    np.testing.assert_array_equal(
        shown[heatmaps.state].cells, uploaded.reading.cam[0, uploaded.reading.best]
    )
    assert requests == []


def test_the_slider_shows_all_depths_from_one_pass_of_the_network(heatmaps, values, requests):
    maps = set()
    for depth in (8, 1, 4):
        shown = call(heatmaps, values, heatmaps._show_depth, depth=depth)
        assert DEPTHS[depth - 1].name in caption(shown, heatmaps)
        assert "picture" not in shown[heatmaps.compare_slider]  # It is shown already.
        maps.add(shown[heatmaps.compare_slider]["overlay"])
    assert len(maps) == 3
    assert len(requests) == 1
    # The exact map is of the last depth only.
    assert values[heatmaps.form.method] == DEFAULT_METHOD


def test_the_exact_map_sets_the_slider_to_the_last_depth(heatmaps, values):
    call(heatmaps, values, heatmaps._show_depth, depth=3)
    shown = call(heatmaps, values, heatmaps._show_exact)
    assert "exact class map" in caption(shown, heatmaps)
    assert (values[heatmaps.form.depth], values[heatmaps.form.method]) == (9, EXACT)


def test_another_method_keeps_the_depth(heatmaps, values, requests):
    call(heatmaps, values, heatmaps._show_depth, depth=5)
    shown = call(heatmaps, values, heatmaps._show_method, method="hirescam")
    assert "HiResCAM at depth 5 of 9 (conv4_block8, 12 cells across)" in caption(shown, heatmaps)
    assert [request.method for request, _ in requests] == [DEFAULT_METHOD, "hirescam"]


def test_another_movement_and_a_contrast_of_two(heatmaps, values, requests, uploaded):
    call(heatmaps, values, heatmaps._show_depth, depth=6)
    other = next(index for index in range(5) if index != uploaded.reading.best)
    shown = call(
        heatmaps, values, heatmaps._show_movements, this=other, minus="", method="hirescam"
    )
    assert uploaded.reading.movements[other] in caption(shown, heatmaps)
    call(heatmaps, values, heatmaps._show_method)
    shown = call(heatmaps, values, heatmaps._show_movements, minus=str(uploaded.reading.best))
    assert f"and not {uploaded.reading.movements[uploaded.reading.best]}" in caption(
        shown, heatmaps
    )
    weights = requests[-1][0].weights(5)
    assert weights[other] == 1
    assert weights[uploaded.reading.best] == -1
    assert sum(weights) == 0


def test_a_movement_is_not_compared_with_itself(heatmaps, values):
    shown = call(heatmaps, values, heatmaps._show_movements, this=2, minus="2")
    assert set(shown) == {heatmaps.notice}
    assert "two different movements" in shown[heatmaps.notice]


def test_the_average_is_of_the_ticked_depths(heatmaps, values):
    shown = call(heatmaps, values, heatmaps._show_average, depths=[9, 2])
    assert "average of depths 2 and 9" in caption(shown, heatmaps)
    assert values[heatmaps.state].cells.shape == values[heatmaps.state].maps[2].shape
    shown = call(heatmaps, values, heatmaps._show_average, depths=[])
    assert "please tick one" in shown[heatmaps.notice]


def test_all_nine_depths_are_shown_and_each_can_be_pressed(heatmaps, values, requests):
    shown = call(heatmaps, values, heatmaps._show_all_depths)
    assert heatmaps.compare_slider not in shown
    assert shown[heatmaps.all_depths].count("<button") == 9
    assert all(depth.name in shown[heatmaps.all_depths] for depth in DEPTHS)
    shown = heatmaps._show_pressed_depth(values, SimpleNamespace(index=3))
    assert "conv3_block4" in caption(shown, heatmaps)
    assert shown[heatmaps.all_depths].count('aria-pressed="true"') == 1
    assert len(requests) == 1


def test_the_small_maps_are_of_the_same_movement_as_the_large_one(heatmaps, values, uploaded):
    call(heatmaps, values, heatmaps._show_all_depths)
    other = (uploaded.reading.best + 1) % 5
    shown = call(heatmaps, values, heatmaps._show_movements, this=other)
    assert (
        shown[heatmaps.all_depths] == ""
    )  # The exact map of another movement; its gradients are not known.
    call(heatmaps, values, heatmaps._show_all_depths)
    shown = call(heatmaps, values, heatmaps._show_method, method="grad-cam")
    assert "Grad-CAM for" in shown[heatmaps.all_depths]


def test_faithfulness_is_shown_then_the_sanity_check_and_saved_as_a_table(
    heatmaps, values, requests, tmp_path
):
    call(heatmaps, values, heatmaps._show_depth, depth=9)
    first, second, third = list(heatmaps._measure_faithfulness(values))
    assert "Hiding parts" in first[heatmaps.faithfulness]
    assert second[heatmaps.faithfulness].count("<svg") == 2
    assert "random weights" in second[heatmaps.faithfulness]
    assert third[heatmaps.faithfulness].count("<img") == 2
    assert "rank correlation" in third[heatmaps.faithfulness]
    assert [randomize for _, randomize in requests] == [False, True]
    update(values, second)
    shown = heatmaps.save._make("Curves, CSV", values)
    rows = list(csv.reader(Path(shown[heatmaps.save.link]["value"]).read_text().splitlines()))
    assert rows[0][:3] == ["share", "deletion", "deletion_random"]
    assert len(rows) == 4
    assert float(rows[1][1]) == pytest.approx(
        values[heatmaps.state].faithfulness.map.deletion[0], abs=1e-3
    )


def test_the_faithfulness_of_a_contrast_is_by_the_share_of_the_first_movement(
    heatmaps, values, uploaded
):
    this, minus = uploaded.reading.ranking[:2]
    call(heatmaps, values, heatmaps._show_movements, this=this, minus=str(minus))
    next(trial := heatmaps._measure_faithfulness(values))
    next(trial)
    trial.close()
    chances = uploaded.reading.view_probabilities[0]
    state = values[heatmaps.state]
    found = heatmap_state.measure_faithfulness(
        heatmaps.session.context.classifier.network, uploaded.reading, state
    )
    expected = chances[this] / (chances[this] + chances[minus])
    assert found.map.deletion[0] == pytest.approx(expected, abs=1e-3)


def test_another_map_clears_the_faithfulness(heatmaps, values):
    for step in heatmaps._measure_faithfulness(values):
        update(values, step)
    assert values[heatmaps.state].faithfulness is not None
    shown = call(heatmaps, values, heatmaps._show_depth, depth=2)
    assert shown[heatmaps.faithfulness] == ""
    assert values[heatmaps.state].faithfulness is None
    assert "no curves yet" in heatmaps.save._make("Curves, CSV", values)[heatmaps.notice]


def test_picture_and_map_can_be_saved(heatmaps, values, uploaded):
    call(heatmaps, values, heatmaps._show_depth, depth=4)
    png = Path(heatmaps.save._make("Picture, PNG", values)[heatmaps.save.link]["value"])
    with Image.open(png) as image:
        assert image.size == uploaded.picture.shape[1::-1]
    assert png.name.endswith(f"{uploaded.reading.movement} {DEFAULT_METHOD} 4.png")
    npy = Path(heatmaps.save._make("Map, .npy", values)[heatmaps.save.link]["value"])
    cells = np.load(npy)
    np.testing.assert_array_equal(cells, values[heatmaps.state].cells)
    assert cells.dtype == np.float32
    assert cells.min() < 0  # Raw and signed.


def test_an_expired_session_is_explained(heatmaps, values, context, painting):
    values[heatmaps.session.state] = context.receive("another", painting)
    handlers = [
        heatmaps._show_depth,
        heatmaps._show_all_depths,
        functools.partial(heatmaps.save._make, "Picture, PNG"),
    ]
    for handler in handlers:
        assert SESSION_EXPIRED in handler(values)[heatmaps.notice]
    (shown,) = list(heatmaps._measure_faithfulness(values))
    assert SESSION_EXPIRED in shown[heatmaps.notice]


def test_a_flat_map_says_that_there_is_no_evidence(heatmaps, values, monkeypatch):
    nothing = {depth.number: np.zeros((6, 6), np.float32) for depth in DEPTHS}
    monkeypatch.setattr(heatmap_state, "gradient_maps", lambda *_, **__: nothing)
    shown = call(heatmaps, values, heatmaps._show_depth, depth=4)
    assert "Nothing in this picture is evidence for" in shown[heatmaps.compare_slider]["legend"]
    *_, last = heatmaps._measure_faithfulness(values)
    assert "flat" in last[heatmaps.faithfulness]


def test_opening_the_tab_imports_pytorch_and_errors_are_only_logged(heatmaps, monkeypatch, caplog):
    warmed_up = threading.Event()
    monkeypatch.setattr(heatmaps_module, "warm_up", lambda provider: warmed_up.set())
    heatmaps._warm_up()
    assert warmed_up.wait(5)
    monkeypatch.setattr(heatmap_state, "_run_once", lambda provider: 1 / 0)
    heatmap_state.warm_up("cpu")
    assert "warming up failed" in caplog.text


def test_all_methods_have_names():
    assert set(heatmap_view.METHODS) == set(METHODS)


@pytest.mark.parametrize("randomize", [False, True])
def test_the_real_network_has_maps_at_all_depths(context, uploaded, randomize):
    request = CamRequest(REALISM, 1, "grad-cam")
    maps = heatmap_state.gradient_maps(uploaded.reading, request, "cpu", randomize=randomize)
    assert [maps[depth.number].shape[0] for depth in DEPTHS] == [
        192 // depth.stride for depth in DEPTHS
    ]
    exact = uploaded.reading.cam[0, REALISM] - uploaded.reading.cam[0, 1]
    agrees = np.allclose(maps[9] * 36, exact, atol=5e-3)
    assert agrees is not randomize
    network = load_classifier(torch.device("cpu"))
    assert not any(module._forward_hooks for module in network.modules())


def test_the_sanity_check_repeats_the_request_with_random_weights(context, uploaded, requests):
    state = updated_state(
        uploaded, initial_state(uploaded), CamRequest(1, None, "grad-cam", (3, 7)), "cpu"
    )
    cells, correlation = heatmap_state.sanity_check(uploaded.reading, state, "cpu")
    assert cells.shape == state.cells.shape
    assert -1 <= correlation <= 1
    assert requests[-1] == (state.request, True)


def curves(deletion: list[float], insertion: list[float]) -> Curves:
    return Curves(np.array(deletion, np.float32), np.array(insertion, np.float32))


def test_faithfulness_in_words():
    shares = np.linspace(0, 1, 11, dtype=np.float32)
    steep, slow = [0.82, 0.41, *[0.1] * 9], [0.82, 0.7, *[0.5] * 8, 0.1]
    good = Faithfulness(shares, curves(steep, slow[::-1]), curves(slow, steep[::-1]))
    values = faithfulness_view.deletion_words(good, "Realism").replace("\N{NO-BREAK SPACE}", " ")
    assert values == (
        "The whole picture gives Realism 82 %. Hiding the brightest tenth of the map takes 41"
        " points; hiding as much in random places takes 12 points."
    )
    assert faithfulness_view.trust(good).startswith("Yes")
    bad = replace(good, map=good.random, random=good.map)
    assert faithfulness_view.trust(bad).startswith("No:")
    assert faithfulness_view.trust(replace(good, map=good.random)).startswith("Hardly")
    rising = replace(good, map=curves(slow[::-1], steep))
    assert "tenth of the map adds 40 points" in faithfulness_view.deletion_words(rising, "Realism")


@pytest.mark.parametrize(
    ("correlation", "words"),
    [
        (0.93, "nearly the same"),
        (0.6, "quite alike"),
        (0.05, "hardly alike"),
        (-0.4, "opposites"),
        (None, "flat"),
    ],
)
def test_a_correlation_in_words(correlation, words):
    sentence = faithfulness_view.correlation_words(correlation)
    assert words in sentence
    if correlation is not None:
        assert ("the network has learned" in sentence) is (correlation < 0.2)
