import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from skimage import data

from app.errors import UserError
from app.serving.classifier import Classifier, Reading
from app.serving.model_card import ModelCard
from app.serving.runtime import Network, load_network
from training.common.preprocessing import SIZE, VIEW_WEIGHTS, Box
from training.common.refusal import UNSURE

ROOT = Path(__file__).parents[3]
SHIPPED = ROOT / "onnx_models" / "movement_classifier.onnx"
GRID = SIZE // 32

FRESH = """
import sys
from skimage.data import coffee
from app.serving.classifier import Classifier
from app.serving.runtime import load_network
network = load_network("onnx_models/movement_classifier.onnx", provider="cpu", fixed_shapes=True)
print(Classifier(network).read(coffee()).movement)
print(*sorted({"torch", "torchvision", "gradio", "onnx"} & set(sys.modules)))
"""


@pytest.fixture(scope="module")
def network() -> Network:
    return load_network(SHIPPED, provider="cpu", fixed_shapes=True)


@pytest.fixture(scope="module")
def classifier(network: Network) -> Classifier:
    return Classifier(network)


@pytest.fixture(scope="module")
def reading(classifier: Classifier) -> Reading:
    return classifier.read(data.coffee())


def test_classifying_imports_neither_torch_nor_gradio(classifier: Classifier) -> None:
    command = [sys.executable, "-c", FRESH]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    movement, heavy = result.stdout.split("\n")[:2]
    assert movement in classifier.metadata.movements
    assert heavy == ""


def test_a_reading_has_probabilities_and_the_likeliest_movement(reading: Reading) -> None:
    assert reading.probabilities.sum() == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(reading.view_probabilities.sum(1), np.ones(6), atol=1e-5)
    assert reading.kind_probabilities.sum() == pytest.approx(1, abs=1e-5)
    assert reading.confidence == pytest.approx(reading.probabilities.max())
    assert reading.movement == reading.movements[reading.best]
    assert (reading.provider, reading.milliseconds > 0) == ("CPU", True)


def test_logits_of_six_views_are_averaged_with_the_whole_counting_half(reading: Reading) -> None:
    weights = np.array([0.5] + [0.1] * 5)
    assert pytest.approx(weights) == VIEW_WEIGHTS
    powers = np.exp(weights @ np.log(reading.view_probabilities))
    np.testing.assert_allclose(reading.probabilities, powers / powers.sum(), atol=1e-5)


def test_boxes_are_the_places_of_the_views(reading: Reading) -> None:
    assert reading.views.shape == (6, SIZE, SIZE, 3)
    assert reading.boxes[0] == Box(0, 0, 600, 400)
    assert all(box.left + box.width <= 600 for box in reading.boxes)
    assert reading.whole == Box(0, SIZE // 6, SIZE, SIZE * 2 // 3)


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 5000, 3), (5000, 1, 3), (223, 225, 3)])
def test_any_shape_can_be_classified(classifier: Classifier, shape: tuple[int, ...]) -> None:
    picture = np.full(shape, 128, np.uint8)
    reading = classifier.read(picture)
    assert np.isfinite(reading.probabilities).all()
    assert reading.heat_map(0, shape[1], shape[0]).shape == shape[:2]


def test_threads_get_their_own_results(classifier: Classifier, reading: Reading) -> None:
    others = [data.coffee(), data.chelsea(), data.coffee(), data.astronaut()]
    with ThreadPoolExecutor(4) as pool:
        readings = list(pool.map(classifier.read, others))
    for index in (0, 2):
        np.testing.assert_allclose(readings[index].cam, reading.cam, atol=1e-5)


class Scripted:
    """Answers as the shipped network, but for the kind of picture that it sees."""

    provider = "CPU"

    def __init__(self, network: Network, kind: list[float] | np.ndarray) -> None:
        self.network, self.metadata, self.kind = network, network.metadata, kind
        self.batches: list[int] = []

    def run(self, image: np.ndarray) -> dict[str, np.ndarray]:
        self.batches.append(len(image))
        kind = np.tile(np.array(self.kind, np.float32), (len(image), 1))
        return self.network.run(image=image) | {"kind": kind}

    warm_up = run


def test_all_views_are_one_batch(network: Network, classifier: Classifier) -> None:
    counting = Scripted(network, kind=[3.0, 0.0, 0.0])
    Classifier(counting).read(data.chelsea())
    assert counting.batches == [6, 6]  # the warm-up and the picture


@pytest.mark.parametrize(
    ("kind", "refusal"),
    [([20.0, 0, 0], None), ([0, 20.0, 0], "photograph"), ([0, 0, 20.0], "outside")],
)
def test_other_kinds_of_pictures_get_no_verdict(
    network: Network, kind: list[float], refusal: str | None
) -> None:
    reading = Classifier(Scripted(network, kind)).read(data.coffee())
    assert reading.refusal == refusal or reading.confidence < UNSURE
    assert bool(reading.named) == (reading.refusal is None)


def test_a_doubtful_photograph_is_not_called_a_photograph(
    network: Network,
) -> None:
    """An old master, in whose light and detail the network sees a photograph, but not surely."""
    photograph = 0.9 * ModelCard.parse(network.metadata).thresholds.photograph
    kinds = np.log([0.02, photograph, 0.98 - photograph])
    assert Classifier(Scripted(network, kinds)).read(data.coffee()).refusal == "outside"


@pytest.mark.parametrize(
    ("picture", "refusal"),
    [
        (np.full((300, 400, 3), 255, np.uint8), "plain"),
        (np.zeros((1, 1, 3), np.uint8), "small"),
        (np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8), "noise"),
    ],
)
def test_an_empty_picture_gets_no_verdict(
    network: Network, picture: np.ndarray, refusal: str
) -> None:
    sure = Classifier(Scripted(network, [20.0, 0, 0]))
    assert sure.read(picture).refusal == refusal
    assert sure.read(picture).named == []


def test_a_network_with_other_preprocessing_is_refused(network: Network) -> None:
    preprocessing = '{"size": 192, "crop": 0.5, "pad_colour": [0, 0, 0]}'
    metadata = network.metadata | {"preprocessing": preprocessing}
    with pytest.raises(UserError, match="cut in another way"):
        Classifier(replace(network, metadata=metadata))


def laid_out(reading: Reading, cells: np.ndarray, whole: Box) -> Reading:
    """The reading with one movement's map for the whole picture, and a letterbox box."""
    cam = np.zeros_like(reading.cam)
    cam[0, 1] = cells
    return replace(reading, cam=cam, whole=whole)


@pytest.mark.parametrize(
    ("whole", "width", "height"),
    [
        (Box(0, 0, SIZE, SIZE), 672, 672),
        (Box(0, SIZE // 4, SIZE, SIZE // 2), 896, 448),
        (Box(47, 0, 130, SIZE), 260, 448),
    ],
)
def test_heat_maps_are_aligned_with_the_picture(
    reading: Reading, whole: Box, width: int, height: int
) -> None:
    # A map that grows steadily from left to right, and one from top to bottom: wherever the
    # interpolation has neighbours on both sides it must give back the very position.
    centres = (np.arange(GRID, dtype=np.float32) + 0.5) * 32
    for axis, start, extent, pixels in (
        (1, whole.left, whole.width, width),
        (0, whole.top, whole.height, height),
    ):
        cells = np.broadcast_to(centres if axis else centres[:, None], (GRID, GRID))
        heat = laid_out(reading, cells, whole).heat_map(1, width, height)
        position = start + (np.arange(pixels) + 0.5) * extent / pixels
        inner = (position > 64) & (position < SIZE - 64)
        along = heat[height // 2] if axis else heat[:, width // 2]
        np.testing.assert_allclose(along[inner], position[inner], atol=0.05)


def test_a_difference_of_heat_maps_is_their_subtraction(reading: Reading) -> None:
    this, that = reading.heat_map(0, 60, 40), reading.heat_map(2, 60, 40)
    difference = reading.heat_map(0, 60, 40, minus=2)
    np.testing.assert_allclose(difference, this - that, atol=1e-4)


def test_a_flat_map_stays_flat(reading: Reading) -> None:
    flat = laid_out(reading, np.full((GRID, GRID), 0.25, np.float32), Box(0, 48, SIZE, 96))
    np.testing.assert_allclose(flat.heat_map(1, 90, 45), 0.25, atol=1e-6)
