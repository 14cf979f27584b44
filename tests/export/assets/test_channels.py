import copy
from collections import OrderedDict
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import nn

from app.serving.dictionary_search import COLOURFUL, COLOURLESS
from export.assets.channels import (
    cells_of,
    means_over_paintings,
    recorded,
    responses_to_gratings,
    responses_to_paintings,
    votes,
)
from export.assets.gratings import FREQUENCIES, HUES, ORIENTATIONS, Grating, tune
from tests.export.conftest import SHIPPED
from training.common.depths import CHANNELS, LAYERS
from training.common.preprocessing import SIZE, Box, letterbox
from training.networks import MovementNetwork, load

LAST = slice(-CHANNELS["conv5_block16"], None)


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Several threads are slower for small work on a busy machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def reader() -> MovementNetwork:
    """The shipped one."""
    network, _ = load(SHIPPED)
    return network.requires_grad_(False)


@pytest.fixture(scope="module")
def exact(reader: MovementNetwork) -> MovementNetwork:
    """The same in float64: finite differences need it."""
    return copy.deepcopy(reader).double()


@pytest.fixture
def image(exact: MovementNetwork, painting: np.ndarray) -> torch.Tensor:
    """A painting as `exact` sees it, small: float64 [1,3,h,w]."""
    return exact.normalise(torch.from_numpy(letterbox(painting, 96)[0])[None]).double()


def logits(network: MovementNetwork, image: torch.Tensor) -> torch.Tensor:
    """Float64 [1,K]; the network's own way goes through float32."""
    return network.classifier(network.norm(network.features(image).mean((2, 3))))


class Filters(nn.Module):
    """Replaces the classifier: four "blocks" of one convolution of the picture each."""

    def __init__(self, kernels: torch.Tensor) -> None:
        super().__init__()
        self.kernels = kernels
        self.features = nn.Sequential(
            OrderedDict((f"denseblock{i}", nn.Identity()) for i in range(1, 5))
        )

    def normalise(self, image: torch.Tensor) -> torch.Tensor:
        return image.permute(0, 3, 1, 2).float() / 255

    def forward(self, image: torch.Tensor):
        for block in self.features:
            block(nn.functional.conv2d(image, self.kernels, stride=4))
        return type("Outputs", (), {"logits": image.mean((2, 3))})


@pytest.fixture(scope="module")
def filters():
    """Gabor filters with what they prefer, as Daugman (1985) has them: hue, angle, frequency."""
    wanted = [
        ("grey", 0.0, 1 / 8),
        ("grey", 45.0, 1 / 8),
        ("grey", 105.0, 1 / 5.7),
        ("red-green", 90.0, 1 / 11.3),
        ("blue-yellow", 135.0, 1 / 8),
    ]
    along = np.arange(17) - 8
    window = np.exp(-(along[:, None] ** 2 + along[None] ** 2) / (2 * 3.5**2))
    weights = {"grey": (1, 1, 1), "red-green": (1, -1, 0), "blue-yellow": (-0.5, -0.5, 1)}
    kernels = []
    for hue, orientation, frequency in wanted:
        wave = Grating("grey", orientation, frequency, 0).draw(17)[..., 0] / 255 - 0.5
        kernel = (wave - wave.mean()) * window
        kernels.append((kernel - kernel.mean()) * np.array(weights[hue])[:, None, None])
    return wanted, Filters(torch.tensor(np.stack(kernels), dtype=torch.float32))


def test_gratings_find_what_gabor_filters_prefer(filters):
    wanted, network = filters
    shown = []
    responses = responses_to_gratings(network, shown.append, size=64)
    assert sum(shown) == 1440
    found = tune(responses, np.ones(responses.shape[-1]))
    for i, (hue, orientation, frequency) in enumerate(wanted * len(LAYERS)):
        assert HUES[found.hue[i]] == hue
        away = (found.orientation[i] - orientation + 90) % 180 - 90
        assert away == pytest.approx(0, abs=3)
        assert found.frequency[i] == pytest.approx(frequency, rel=0.15)
        assert found.selectivity[i] > 0.5
        assert found.reliability[i] > 0.9
        assert (found.colourfulness[i] > COLOURFUL) == (hue != "grey")
        assert (found.colourfulness[i] < COLOURLESS) == (hue == "grey")
    assert responses.shape == (3, len(ORIENTATIONS), len(FREQUENCIES), 4, 4 * len(wanted))


@pytest.mark.parametrize(("layer", "channel"), [(0, 70), (1, 300), (2, 900), (3, 5)])
def test_votes_are_what_finite_differences_say(exact, image, layer, channel):
    with recorded(exact, gradients=True) as maps:
        slopes = votes(exact, maps, logits(exact, image))
    step, changed = 1e-5, []
    for sign in (1, -1):

        def shift(_module, _inputs, output, sign=sign):
            moved = output.clone()
            moved[:, channel] += sign * step
            return moved

        block = exact.features.get_submodule(f"denseblock{layer + 1}")
        handle = block.register_forward_hook(shift)
        changed.append(logits(exact, image)[0] / exact.temperature)
        handle.remove()
    differences = (changed[0] - changed[1]) / (2 * step)
    number = sum(list(CHANNELS.values())[:layer]) + channel
    torch.testing.assert_close(slopes[:, number], differences, rtol=1e-4, atol=1e-7)


def test_votes_of_the_last_block_follow_from_the_class_weights(exact, image):
    """There the way to the logits is known: a normalisation, a ReLU, a mean, and linear maps."""
    with recorded(exact, gradients=True) as maps:
        found = votes(exact, maps, logits(exact, image))[:, LAST]
    norm = exact.features.norm5
    scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    active = (norm(maps["conv5_block16"]) > 0).double().mean((0, 2, 3))
    weights, _ = exact.class_activation_weights()
    torch.testing.assert_close(found, weights * scale * active / exact.temperature)


def test_statistics_are_over_the_cells_of_the_picture(reader, painting):
    network, _ = load(SHIPPED)
    network.requires_grad_(False)
    shown = []
    responses = responses_to_paintings(
        network, [(painting, True), (painting[:, :200], False)], shown.append
    )
    assert shown == [2]
    assert responses.means.shape == (2, sum(CHANNELS.values()))
    assert responses.votes.shape == (5, sum(CHANNELS.values()))
    means = means_over_paintings(network, [painting, painting[:, :200]], shown.append)
    np.testing.assert_allclose(means, responses.cell_means, rtol=1e-3, atol=1e-3)
    square, box = letterbox(painting)
    with recorded(reader) as maps:
        reader(reader.normalise(torch.from_numpy(square)[None]))
    whole = maps["conv5_block16"][0]
    np.testing.assert_allclose(responses.means[0, LAST], whole.mean((1, 2)), rtol=1e-3, atol=1e-3)
    rows, columns = cells_of(box, 6)
    inside = whole[:, rows, columns]
    assert inside.shape == (1024, 4, 6)
    np.testing.assert_allclose(
        responses.cell_means[0, LAST], inside.mean((1, 2)), rtol=1e-3, atol=1e-3
    )
    np.testing.assert_allclose(
        responses.cell_squares[0, LAST], (inside**2).mean((1, 2)), rtol=1e-3, atol=1e-3
    )
    silent = (reader.features.norm5(whole[None])[0, :, rows, columns] <= 0).float().mean((1, 2))
    np.testing.assert_allclose(responses.silent[0, LAST], silent, atol=0.05)


def test_hooks_are_removed_and_gradients_restored_after_an_error(reader):
    with pytest.raises(RuntimeError, match="enough"), recorded(reader, gradients=True):
        raise RuntimeError("enough")
    hooks = [len(module._forward_hooks) for module in reader.modules()]
    assert sum(hooks) == 0
    assert torch.is_grad_enabled()


@pytest.mark.parametrize(
    ("box", "side", "rows", "columns"),
    [
        (Box(0, 0, SIZE, SIZE), 6, (0, 6), (0, 6)),
        (Box(0, 32, SIZE, 128), 6, (1, 5), (0, 6)),
        (Box(90, 0, 12, SIZE), 6, (0, 6), (3, 4)),
        (Box(191, 0, 1, SIZE), 6, (0, 6), (5, 6)),
    ],
)
def test_cells_are_those_of_the_picture(box, side, rows, columns):
    assert cells_of(box, side) == (slice(*rows), slice(*columns))
