"""Heat maps, compared with captum, finite differences, the class map and the papers."""

import gc
import weakref
from pathlib import Path

import numpy as np
import pytest
import torch
from captum.attr import LayerGradCam

from app.explain import cams
from app.explain.cams import METHODS, average, heat_maps
from app.explain.classifier import load_classifier
from app.serving.classifier import Classifier
from training.common.depths import DEPTHS
from training.common.preprocessing import letterbox
from training.networks import MovementNetwork, build

NAMES = [depth.name for depth in DEPTHS]
LAST = NAMES[-1]


@pytest.fixture(scope="module")
def network() -> MovementNetwork:
    """The shipped network."""
    return load_classifier(torch.device("cpu"))


@pytest.fixture
def full_view(painting: np.ndarray) -> np.ndarray:
    """As large as the served network takes it."""
    return letterbox(painting)[0]


@pytest.fixture
def view(painting: np.ndarray) -> np.ndarray:
    """A third of that size, which is nine times as quick."""
    return letterbox(painting, 64)[0]


def one(movement: int, weight: float = 1) -> list[float]:
    return [weight if index == movement else 0 for index in range(5)]


def image(network: MovementNetwork, view: np.ndarray) -> torch.Tensor:
    return network.normalise(torch.from_numpy(view)[None])


@pytest.mark.parametrize(
    ("depth", "layer", "at_input"),
    [
        ("conv2_block2", "denseblock1.denselayer3", True),
        ("conv3_block12", "denseblock2", False),
        ("conv4_block8", "denseblock3.denselayer9", True),
        ("conv5_block16", "relu5", False),
    ],
)
def test_grad_cam_equals_captums(network, view, depth, layer, at_input):
    captum = LayerGradCam(
        lambda x: network(x).logits / network.temperature, network.features.get_submodule(layer)
    )
    theirs = captum.attribute(
        image(network, view).requires_grad_(), target=3, attribute_to_layer_input=at_input
    )
    (ours,) = heat_maps(network, view, one(3), "grad-cam", [depth]).values()
    np.testing.assert_allclose(ours, theirs[0, 0].detach().numpy(), rtol=1e-3, atol=1e-6)


def logits_from(network: MovementNetwork, depth: int, maps: torch.Tensor) -> torch.Tensor:
    """The logits that follow from a depth's map: what the network does from there on."""
    place, trunk = DEPTHS[depth - 1], dict(network.features.named_children())
    if depth < 9:
        for number, layer in enumerate(trunk[f"denseblock{place.block}"].values(), start=1):
            if number > place.layer:
                maps = torch.cat([maps, layer(maps)], 1)
        later = [name for name in trunk if name[-1].isdigit() and int(name[-1]) > place.block]
        names = [f"transition{place.block}"] if place.block < 4 else []
        for name in [*names, *(n for n in later if n.startswith(("dense", "trans")))]:
            maps = trunk[name](maps)
        maps = trunk["relu5"](trunk["norm5"](maps))
    weights, bias = network.class_activation_weights()
    return maps.mean((2, 3)) @ weights.double().T + bias


@pytest.mark.parametrize("depth", [2, 5, 8, 9])
def test_gradients_equal_finite_differences(monkeypatch, depth):
    """Moving a depth's map a little changes the score by as much as the gradient says."""
    torch.manual_seed(depth)
    network = build("densenet121").eval()
    network.features.double()
    network.temperature.fill_(1.7)
    generator = torch.Generator().manual_seed(depth)
    for module in network.features.modules():
        if isinstance(module, torch.nn.BatchNorm2d):  # Or exact zeros meet the kink of a ReLU.
            module.bias.data.normal_(generator=generator).mul_(0.3)
    view = torch.randint(0, 256, (32, 32, 3), generator=generator, dtype=torch.uint8).numpy()
    recorded = {}

    def record(maps, gradient):
        recorded.update(maps=maps.detach(), gradient=gradient)
        return maps[0]

    monkeypatch.setitem(cams.COMBINE, "hirescam", record)
    monkeypatch.setattr(cams, "_image", lambda n, v: image(n, v).double().requires_grad_())
    weights = torch.tensor([1.0, 0, 0, -1, 0])
    heat_maps(network, view, weights.tolist(), "hirescam", [NAMES[depth - 1]])
    maps, gradient = recorded["maps"][None], recorded["gradient"]
    direction = torch.randn(maps.shape, generator=generator, dtype=torch.float64)
    step = 1e-7

    def score(moved):
        return float(logits_from(network, depth, moved)[0] @ weights.double() / 1.7)

    with torch.no_grad():
        slope = (score(maps + step * direction) - score(maps - step * direction)) / (2 * step)
    assert slope == pytest.approx(float((gradient * direction[0]).sum()), rel=1e-4)


def test_at_the_last_map_the_linear_methods_equal_the_served_class_map(
    network, full_view, painting, classifier: Classifier
):
    """The head is linear there, so Grad-CAM and HiResCAM are the class map over h * w."""
    served = classifier.read(painting).cam[0]
    exact, grad, hires = (
        heat_maps(network, full_view, one(3), method, [LAST])[LAST]
        for method in ("cam", "grad-cam", "hirescam")
    )
    np.testing.assert_allclose(exact, served[3], atol=2e-3)
    np.testing.assert_allclose(grad * grad.size, exact, atol=1e-4)
    np.testing.assert_allclose(hires * hires.size, exact, atol=1e-4)


def test_the_mean_of_the_class_map_is_the_logit_without_bias(network, view):
    (exact,) = heat_maps(network, view, one(1), "cam", [LAST]).values()
    _, bias = network.class_activation_weights()
    with torch.no_grad():
        logit = network(image(network, view)).logits[0, 1]
    assert exact.mean() == pytest.approx(float((logit - bias[1]) / network.temperature), abs=1e-4)


@pytest.mark.parametrize("method", ["grad-cam", "hirescam"])
def test_a_contrast_is_the_difference_of_two_maps(network, view, method):
    for depth in (4, 9):
        name = NAMES[depth - 1]
        both = heat_maps(network, view, [0, 1, 0, -1, 0], method, [name])[name]
        this, that = (heat_maps(network, view, one(k), method, [name])[name] for k in (1, 3))
        np.testing.assert_allclose(both, this - that, atol=1e-4 * np.abs(both).max())


@pytest.mark.parametrize("method", METHODS[1:])
def test_several_layers_at_once_equal_each_alone(network, view, method):
    together = heat_maps(network, view, one(2), method, NAMES)
    assert list(together) == NAMES
    for depth in (1, 6):
        name = NAMES[depth - 1]
        alone = heat_maps(network, view, one(2), method, [name])[name]
        assert alone.shape == (64 // DEPTHS[depth - 1].stride,) * 2
        np.testing.assert_allclose(alone, together[name], atol=1e-5 * np.abs(alone).max())


def test_methods_follow_the_formulas_of_their_papers():
    generator = np.random.default_rng(0)
    maps = generator.random((3, 4, 5)).astype(np.float32)
    gradient = generator.standard_normal((3, 4, 5)).astype(np.float32)
    a, g = torch.from_numpy(maps), torch.from_numpy(gradient)
    positive = np.maximum(gradient, 0)
    by_mean = sum(gradient[c].mean() * maps[c] for c in range(3))
    np.testing.assert_allclose(cams.grad_cam(a, g), by_mean, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(cams.layer_cam(a, g), (positive * maps).sum(0), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(cams.hires_cam(a, g), (gradient * maps).sum(0), rtol=1e-4, atol=1e-5)
    # Equation 19 of Grad-CAM++, as it is printed.
    weights = []
    for c in range(3):
        alpha = gradient[c] ** 2 / (2 * gradient[c] ** 2 + maps[c].sum() * gradient[c] ** 3)
        weights.append((alpha * positive[c]).sum())
    expected = sum(weight * maps[c] for c, weight in enumerate(weights))
    np.testing.assert_allclose(cams.grad_cam_plus_plus(a, g), expected, rtol=1e-4)


@pytest.mark.parametrize("method", METHODS[1:])
def test_zero_gradients_give_zeros_without_dividing_by_zero(method):
    nothing = torch.zeros(4, 3, 3)
    for maps in (nothing, torch.full((4, 3, 3), -1.0)):
        heat = cams.COMBINE[method](maps, nothing)
        np.testing.assert_array_equal(heat, np.zeros((3, 3)))
    # Where the closed form of Grad-CAM++ would have its pole: sum(A) * G = -2.
    pole = cams.COMBINE[method](torch.full((1, 2, 2), -0.5), torch.ones(1, 2, 2))
    assert torch.isfinite(pole).all()


@pytest.mark.parametrize(("name", "layers"), [("vit_tiny", ["block9"]), ("small_cnn", ["5", "11"])])
@pytest.mark.parametrize("method", METHODS[1:])
def test_other_architectures_have_heat_maps_too(view, name, layers, method):
    found = heat_maps(build(name), view, one(0), method, layers)
    assert list(found) == layers
    assert all(np.isfinite(heat).all() and np.ptp(heat) > 0 for heat in found.values())


def test_the_class_map_of_a_transformer_is_exact_too(view):
    network = build("vit_tiny").eval()
    (exact,) = heat_maps(network, view, one(4), "cam", ["norm"]).values()
    _, bias = network.class_activation_weights()
    with torch.no_grad():
        logit = network(image(network, view)).logits[0, 4] - bias[4]
    assert exact.mean() == pytest.approx(float(logit), abs=1e-4)


def test_the_average_weighs_maps_equally_at_the_finest_resolution():
    small, large = np.array([[0, 200.0]], np.float32), np.zeros((2, 4), np.float32)
    large[0, 0] = -1e-3
    mean = average([small, large])
    assert mean.shape == (2, 4)
    assert mean.max() == pytest.approx(0.5)
    assert mean[0, 0] == pytest.approx(-0.5)
    np.testing.assert_array_equal(average([np.zeros((3, 3), np.float32)] * 2), np.zeros((3, 3)))


@pytest.mark.parametrize(
    ("weights", "method", "layer", "sentence"),
    [
        (one(0), "grad-cams", LAST, "unknown method"),
        ([1.0], "grad-cam", LAST, "1 weights for 5"),
        (one(0), "cam", "conv4_block24", "last feature map only"),
        (one(0), "grad-cam", "conv4_block25", "no layer"),
    ],
)
def test_impossible_requests_are_refused(network, view, weights, method, layer, sentence):
    with pytest.raises(ValueError, match=sentence):
        heat_maps(network, view, weights, method, [layer])


def test_fifty_maps_leave_no_tensor_and_no_hook_behind(view):
    network = build("small_cnn").train()
    alive = []

    def record(maps, gradient):
        alive.extend(weakref.ref(tensor) for tensor in (maps, gradient))
        return cams.hires_cam(maps, gradient)

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(cams.COMBINE, "hirescam", record)
        for _ in range(50):
            heat_maps(network, view, one(1), "hirescam", ["2", "11"])
    gc.collect()
    assert len(alive) == 200
    assert not any(tensor() is not None for tensor in alive)
    assert all(module.training for module in network.modules())
    assert all(weight.requires_grad and weight.grad is None for weight in network.parameters())
    assert not any(module._forward_hooks for module in network.modules())


def test_serving_does_not_import_torch():
    """Gradients are computed in app.explain only."""
    for file in (Path(__file__).parents[3] / "app" / "serving").glob("*.py"):
        assert "import torch" not in file.read_text(encoding="utf-8")
