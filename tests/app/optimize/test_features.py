from dataclasses import replace
from pathlib import Path

import pytest
import torch

from app import MODELS
from app.errors import UserError
from app.optimize import features
from app.optimize.features import fit_layers, load_network, nearest
from app.optimize.recipe import PRESETS
from export.onnx.graph import round_weights
from tests.app.optimize import tiny
from tests.damage import copy_damaged
from tests.texture_fixture import random_encoder
from training.common.shipped_files import TEXTURE_FILE
from training.networks import vgg
from training.networks.download import DownloadError
from training.networks.texture_encoder import HEADS
from training.networks.vgg import LAYERS, NAMES

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def _nothing_is_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features, "_ready", {})


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A thin VGG19 in torchvision's layout for the real one; what was asked to be downloaded."""
    state, inputs = {}, 3
    for position, _ in enumerate(LAYERS):
        kernel = torch.nn.Conv2d(inputs, 4, 3)
        inputs = 4
        state[f"features.{position}.weight"] = kernel.weight.detach()
        state[f"features.{position}.bias"] = torch.ones(4)
    torch.save(state, tmp_path / "vgg19.pth")
    asked = []

    def fetch(url: str, report: object) -> Path:
        asked.append(url)
        return tmp_path / "vgg19.pth"

    monkeypatch.setattr(vgg, "fetch", fetch)
    return asked


def test_the_shipped_encoder_is_the_one_that_was_trained(texture_folder: Path) -> None:
    trained = random_encoder()
    round_weights(trained, least_dimensions=4)  # to what the file holds
    network = load_network("texture", CPU, folder=texture_folder)
    assert network.visible == tuple(HEADS)
    image = torch.rand(1, 3, 37, 53, requires_grad=True)
    with torch.no_grad():
        expected = trained(image)
    maps = network(image, ["relu2_1", "relu5_1"])
    for name, found in maps.items():
        torch.testing.assert_close(found, expected[name])
    maps["relu5_1"].square().sum().backward()
    assert image.grad is not None
    assert image.grad.abs().sum() > 0
    assert load_network("texture", CPU, folder=texture_folder) is network


def test_vgg19_gives_all_layers_and_is_loaded_once(weights: list[str]) -> None:
    network = load_network("vgg19", CPU)
    assert network.visible == NAMES
    assert load_network("vgg19", CPU) is network
    assert weights == [vgg.IMAGENET]
    assert load_network("vgg19", CPU, pooling="max") is not network
    maps = network(torch.rand(1, 3, 32, 32), ["conv1_1", "conv5_4"])
    assert maps["conv5_4"].shape == (1, 4, 2, 2)
    flat = network(torch.full((1, 3, 8, 8), 0.7), ["conv1_1"])["conv1_1"]
    assert flat.std((2, 3)).max() < 1e-5, "zeros beyond the edge would be a frame"


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (DownloadError("no route"), "cannot reach"),
        (DownloadError("no", damaged=True), "damaged; try again"),
        (OSError(28, "No space left on device"), "No space left"),
    ],
)
def test_a_failed_download_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, weights: list[str], error: OSError, sentence: str
) -> None:
    def fail(url: str, report: object) -> Path:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(vgg, "fetch", fail)
        with pytest.raises(UserError, match=rf"548 MB.*{sentence}.*needs no download"):
            load_network("vgg19", CPU)
    assert load_network("vgg19", CPU).visible == NAMES, "a failure is not remembered"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"texture_encoder\.onnx is missing"):
        load_network("texture", CPU, folder=tmp_path)
    with pytest.raises(UserError, match="no network called alexnet"):
        load_network("alexnet", CPU)


@pytest.mark.parametrize(
    ("damage", "sentence"), [("cut short", "was cut short"), ("a pointer", "run `git lfs pull`")]
)
def test_a_damaged_texture_encoder_is_named(tmp_path: Path, damage: str, sentence: str) -> None:
    folder = copy_damaged(MODELS, tmp_path / "models", TEXTURE_FILE, damage)
    with pytest.raises(UserError, match=rf"texture_encoder\.onnx.* {sentence}"):
        load_network("texture", CPU, folder=folder)


@pytest.mark.parametrize(
    ("name", "visible", "layer"),
    [
        ("conv4_2", NAMES, "conv4_2"),
        ("conv4_2", tuple(HEADS), "relu4_1"),
        ("conv4_2", LAYERS, "relu4_2"),
        ("relu3_4", tuple(HEADS), "relu3_1"),
        ("conv5_4", NAMES[:20], "conv4_2"),
        ("relu2_1", ("relu1_1", "relu3_4"), "relu1_1"),
    ],
)
def test_the_nearest_layer_is_of_the_same_stage(
    name: str, visible: tuple[str, ...], layer: str
) -> None:
    assert nearest(name, visible) == layer


def test_an_unknown_layer_is_refused() -> None:
    with pytest.raises(UserError, match="no layer called conv1_3"):
        nearest("conv1_3", NAMES)


def test_layers_that_a_network_lacks_are_replaced_and_named():
    layers = fit_layers(PRESETS["gatys"], tiny.NAMES)
    assert layers.content == {"relu4_1": 1}
    assert layers.style == dict.fromkeys(tiny.NAMES, 0.2)
    (notice,) = layers.notices
    assert "relu4_2" in notice
    assert "relu4_1" in notice


def test_weights_of_one_layer_add_up():
    recipe = replace(PRESETS["gatys"], content={"relu4_2": 1, "relu4_1": 2, "relu1_1": 1})
    assert fit_layers(recipe, tiny.NAMES).content == {"relu4_1": 0.75, "relu1_1": 0.25}


@pytest.mark.parametrize("style", [{}, {"relu1_1": 0}, {"relu1_1": -1, "relu2_1": 2}])
def test_a_recipe_without_weights_is_refused(style):
    with pytest.raises(UserError, match="at least one"):
        fit_layers(replace(PRESETS["gatys"], style=style), tiny.NAMES)
