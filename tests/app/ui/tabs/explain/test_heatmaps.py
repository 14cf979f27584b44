"""Where it looks: the handlers, called as Gradio calls them, with gradients of our own making."""

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
from app.ui.tabs.explain import heatmap_state, heatmap_text
from app.ui.tabs.explain import heatmaps as heat_room
from app.ui.tabs.explain.heatmap_state import EXACT, USUAL, CamRequest, initial_state, updated_state
from app.ui.tabs.explain.heatmaps import Heatmaps
from training.common.depths import DEPTHS

REALISM = 4


class Tab:
    """What the section needs of the See inside tab."""

    def __init__(self, context: AppContext, uploaded: UploadedPicture) -> None:
        self.context, self.usual = context, {}
        self.state, self.token = gr.State(uploaded), gr.Textbox(uploaded.token)

    def uploaded(self, said: ComponentValues) -> UploadedPicture:
        return said[self.state]


@pytest.fixture(scope="module")
def context(classifier) -> AppContext:
    return AppContext(classifier, Settings(provider="cpu"), bundle=None)  # Nothing is painted here.


@pytest.fixture
def uploaded(context: AppContext, painting: np.ndarray) -> UploadedPicture:
    return context.receive("my <painting>.jpg", painting)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[CamRequest, bool]]:
    """What the network was asked about gradients; every depth's answer tells which it is."""
    questions = []

    def answer(reading: Any, request: CamRequest, provider: str, *, randomise: bool = False) -> Any:
        questions.append((request, randomise))
        chance = np.random.default_rng(len(questions))
        depths = DEPTHS[-1:] if request.method == EXACT else DEPTHS
        return {
            depth.number: chance.standard_normal((48 // depth.stride * 4,) * 2).astype(np.float32)
            for depth in depths
        }

    monkeypatch.setattr(heatmap_state, "gradient_maps", answer)
    quick = functools.partial(faithfulness, steps=2, randoms=1)
    monkeypatch.setattr(heatmap_state, "faithfulness", quick)
    return questions


@pytest.fixture
def heat(context: AppContext, uploaded: UploadedPicture, asked: list[Any]) -> Heatmaps:
    with gr.Blocks():
        section = Heatmaps(Tab(context, uploaded), uploaded)
        section.connect()
        return section


@pytest.fixture
def said(heat: Heatmaps) -> Updates:
    """What the page says when it has just opened."""
    return {part: part.value for part in heat.inputs}


def follow(said: ComponentValues, shown: ComponentValues) -> None:
    """Let the page show what a handler answered."""
    said.update({part: value for part, value in shown.items() if part in said})


def act(heat: Heatmaps, said: ComponentValues, handler: Any, **changes: Any) -> Updates:
    """Change parts of the form, by their names, and call a handler."""
    said.update({getattr(heat.form, name): value for name, value in changes.items()})
    shown = handler(said)
    follow(said, shown)
    return shown


def caption(shown: ComponentValues, heat: Heatmaps) -> str:
    return shown[heat.compare_slider]["caption"] + shown[heat.compare_slider]["legend"]


def test_a_new_picture_has_its_exact_map_at_once_without_any_gradient(
    heat, uploaded, asked, context
):
    shown = heat.show(uploaded)
    assert set(shown) == set(heat.outputs)  # What is left alone in a hidden tab would be lost.
    assert "exact class map" in shown[heat.compare_slider]["caption"]
    assert "my &lt;painting&gt;.jpg" in shown[heat.compare_slider]["caption"]
    np.testing.assert_array_equal(
        shown[heat.look].cells, uploaded.reading.cam[0, uploaded.reading.best]
    )
    assert asked == []


def test_the_slider_goes_through_all_depths_on_one_question(heat, said, asked):
    seen = set()
    for depth in (8, 1, 4):
        shown = act(heat, said, heat._deepen, depth=depth)
        assert DEPTHS[depth - 1].name in caption(shown, heat)
        assert "picture" not in shown[heat.compare_slider]  # It hangs there already.
        seen.add(shown[heat.compare_slider]["overlay"])
    assert len(seen) == 3
    assert len(asked) == 1
    assert said[heat.form.method] == USUAL  # The exact map is of the last depth only.


def test_the_exact_map_comes_back_and_takes_the_slider_along(heat, said):
    act(heat, said, heat._deepen, depth=3)
    shown = act(heat, said, heat._exact)
    assert "exact class map" in caption(shown, heat)
    assert (said[heat.form.depth], said[heat.form.method]) == (9, EXACT)


def test_a_method_is_asked_at_the_depth_that_hangs_there(heat, said, asked):
    act(heat, said, heat._deepen, depth=5)
    shown = act(heat, said, heat._choose, method="hirescam")
    assert "HiResCAM at depth 5 of 9 (conv4_block8, 12 cells across)" in caption(shown, heat)
    assert [request.method for request, _ in asked] == [USUAL, "hirescam"]


def test_another_movement_and_a_contrast_of_two(heat, said, asked, uploaded):
    act(heat, said, heat._deepen, depth=6)
    other = next(index for index in range(5) if index != uploaded.reading.best)
    shown = act(heat, said, heat._ask, this=other, minus="", method="hirescam")
    assert uploaded.reading.movements[other] in caption(shown, heat)
    act(heat, said, heat._choose)
    shown = act(heat, said, heat._ask, minus=str(uploaded.reading.best))
    assert f"and not {uploaded.reading.movements[uploaded.reading.best]}" in caption(shown, heat)
    weights = asked[-1][0].weights(5)
    assert weights[other] == 1
    assert weights[uploaded.reading.best] == -1
    assert sum(weights) == 0


def test_a_movement_is_not_held_against_itself(heat, said):
    shown = act(heat, said, heat._ask, this=2, minus="2")
    assert set(shown) == {heat.notice}
    assert "two different movements" in shown[heat.notice]


def test_the_average_is_of_the_ticked_depths(heat, said):
    shown = act(heat, said, heat._average, depths=[9, 2])
    assert "average of depths 2 and 9" in caption(shown, heat)
    assert said[heat.look].cells.shape == said[heat.look].maps[2].shape
    shown = act(heat, said, heat._average, depths=[])
    assert "please tick one" in shown[heat.notice]


def test_all_nine_hang_as_a_wall_and_each_can_be_pressed(heat, said, asked):
    shown = act(heat, said, heat._nine)
    assert heat.compare_slider not in shown
    assert shown[heat.wall].count("<button") == 9
    assert all(depth.name in shown[heat.wall] for depth in DEPTHS)
    shown = heat._press(said, SimpleNamespace(index=3))
    assert "conv3_block4" in caption(shown, heat)
    assert shown[heat.wall].count('aria-pressed="true"') == 1
    assert len(asked) == 1


def test_a_wall_never_shows_another_question_than_the_easel(heat, said, uploaded):
    act(heat, said, heat._nine)
    other = (uploaded.reading.best + 1) % 5
    shown = act(heat, said, heat._ask, this=other)
    assert shown[heat.wall] == ""  # The exact map of another movement; its depths were not asked.
    act(heat, said, heat._nine)
    shown = act(heat, said, heat._choose, method="grad-cam")
    assert "Grad-CAM for" in shown[heat.wall]


def test_the_trial_comes_in_two_parts_and_then_as_a_table(heat, said, asked, tmp_path):
    act(heat, said, heat._deepen, depth=9)
    first, second, third = list(heat.trust._try(said))
    assert "Hiding parts" in first[heat.trust.answer]
    assert second[heat.trust.answer].count("<svg") == 2
    assert "random weights" in second[heat.trust.answer]
    assert third[heat.trust.answer].count("<img") == 2
    assert "rank correlation" in third[heat.trust.answer]
    assert [randomise for _, randomise in asked] == [False, True]
    follow(said, second)
    shown = heat.save._make("Curves, CSV", said)
    rows = list(csv.reader(Path(shown[heat.save.link]["value"]).read_text().splitlines()))
    assert rows[0][:3] == ["share", "deletion", "deletion_random"]
    assert len(rows) == 4
    assert float(rows[1][1]) == pytest.approx(said[heat.look].trial.map.deletion[0], abs=1e-3)


def test_a_contrast_is_tried_by_the_share_of_the_first_of_both(heat, said, uploaded):
    this, minus = uploaded.reading.ranking[:2]
    act(heat, said, heat._ask, this=this, minus=str(minus))
    next(trial := heat.trust._try(said))
    next(trial)
    trial.close()
    chances = uploaded.reading.view_probabilities[0]
    look = said[heat.look]
    found = heatmap_state.try_out(heat.tab.context.classifier.network, uploaded.reading, look)
    expected = chances[this] / (chances[this] + chances[minus])
    assert found.map.deletion[0] == pytest.approx(expected, abs=1e-3)


def test_another_map_is_another_trial(heat, said):
    for step in heat.trust._try(said):
        follow(said, step)
    assert said[heat.look].trial is not None
    shown = act(heat, said, heat._deepen, depth=2)
    assert shown[heat.trust.answer] == ""
    assert said[heat.look].trial is None
    assert "no curves yet" in heat.save._make("Curves, CSV", said)[heat.notice]


def test_picture_and_map_can_be_taken_home(heat, said, uploaded):
    act(heat, said, heat._deepen, depth=4)
    png = Path(heat.save._make("Picture, PNG", said)[heat.save.link]["value"])
    with Image.open(png) as image:
        assert image.size == uploaded.picture.shape[1::-1]
    assert png.name.endswith(f"{uploaded.reading.movement} {USUAL} 4.png")
    npy = Path(heat.save._make("Map, .npy", said)[heat.save.link]["value"])
    cells = np.load(npy)
    np.testing.assert_array_equal(cells, said[heat.look].cells)
    assert cells.dtype == np.float32
    assert cells.min() < 0  # Raw and signed.


def test_a_session_that_began_anew_is_noticed(heat, said, context, painting):
    said[heat.tab.state] = context.receive("another", painting)
    handlers = [heat._deepen, heat._nine, functools.partial(heat.save._make, "Picture, PNG")]
    for handler in handlers:
        assert SESSION_EXPIRED in handler(said)[heat.notice]
    (shown,) = list(heat.trust._try(said))
    assert SESSION_EXPIRED in shown[heat.notice]


def test_a_flat_map_says_that_there_is_nothing(heat, said, monkeypatch):
    nothing = {depth.number: np.zeros((6, 6), np.float32) for depth in DEPTHS}
    monkeypatch.setattr(heatmap_state, "gradient_maps", lambda *_, **__: nothing)
    shown = act(heat, said, heat._deepen, depth=4)
    assert "Nothing in this picture speaks for" in shown[heat.compare_slider]["legend"]
    *_, last = heat.trust._try(said)
    assert "flat" in last[heat.trust.answer]


def test_pytorch_is_woken_up_by_whoever_enters_and_its_troubles_are_only_logged(
    heat, monkeypatch, caplog
):
    woken = threading.Event()
    monkeypatch.setattr(heat_room, "warm_up", lambda provider: woken.set())
    heat._warm_up()
    assert woken.wait(5)
    monkeypatch.setattr(heatmap_state, "_rehearse", lambda provider: 1 / 0)
    heatmap_state.warm_up("cpu")
    assert "warming up failed" in caplog.text


def test_methods_in_words_are_the_engine_s():
    assert set(heatmap_text.METHODS) == set(METHODS)


@pytest.mark.parametrize("randomise", [False, True])
def test_the_real_network_answers_at_all_depths(context, uploaded, randomise):
    request = CamRequest(REALISM, 1, "grad-cam")
    maps = heatmap_state.gradient_maps(uploaded.reading, request, "cpu", randomise=randomise)
    assert [maps[depth.number].shape[0] for depth in DEPTHS] == [
        192 // depth.stride for depth in DEPTHS
    ]
    exact = uploaded.reading.cam[0, REALISM] - uploaded.reading.cam[0, 1]
    agrees = np.allclose(maps[9] * 36, exact, atol=5e-3)
    assert agrees is not randomise
    network = load_classifier(torch.device("cpu"))
    assert not any(module._forward_hooks for module in network.modules())


def test_the_control_is_the_map_s_own_question(context, uploaded, asked):
    seen = updated_state(
        uploaded, initial_state(uploaded), CamRequest(1, None, "grad-cam", (3, 7)), "cpu"
    )
    cells, correlation = heatmap_state.control(uploaded.reading, seen, "cpu")
    assert cells.shape == seen.cells.shape
    assert -1 <= correlation <= 1
    assert asked[-1] == (seen.request, True)


def curves(deletion: list[float], insertion: list[float]) -> Curves:
    return Curves(np.array(deletion, np.float32), np.array(insertion, np.float32))


def test_numbers_wear_words():
    shares = np.linspace(0, 1, 11, dtype=np.float32)
    steep, slow = [0.82, 0.41, *[0.1] * 9], [0.82, 0.7, *[0.5] * 8, 0.1]
    good = Faithfulness(shares, curves(steep, slow[::-1]), curves(slow, steep[::-1]))
    said = heatmap_text.hiding(good, "Realism").replace("\N{NO-BREAK SPACE}", " ")
    assert said == (
        "The whole picture gives Realism 82 %. Hiding the brightest tenth of the map takes 41"
        " points; hiding as much in random places takes 12 points."
    )
    assert heatmap_text.trust(good).startswith("Yes")
    bad = replace(good, map=good.random, random=good.map)
    assert heatmap_text.trust(bad).startswith("No:")
    assert heatmap_text.trust(replace(good, map=good.random)).startswith("Hardly")
    rising = replace(good, map=curves(slow[::-1], steep))
    assert "tenth of the map adds 40 points" in heatmap_text.hiding(rising, "Realism")


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
def test_a_correlation_wears_words(correlation, words):
    sentence = heatmap_text.controlled(correlation)
    assert words in sentence
    if correlation is not None:
        assert ("the network has learned" in sentence) is (correlation < 0.2)
