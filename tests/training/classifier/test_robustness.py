import pytest
import torch
from PIL import Image
from torch import nn

from training.classifier.robustness import TwoShapes, measure_proportions, middle
from training.common.movements import MOVEMENTS
from training.common.preprocessing import PAD_COLOUR
from training.data import Record
from training.networks import MovementNetwork


@pytest.fixture
def records(tmp_path):
    """Plain pictures of many shapes, each in the colour of its movement."""
    made = []
    for i, shape in enumerate([(200, 200), (150, 250), (300, 100), (40, 40), (1, 9)]):
        path = tmp_path / f"{i}.png"
        Image.new("RGB", shape[::-1], (40 * i, 255 - 40 * i, 128)).save(path)
        made.append(Record(str(path), MOVEMENTS[i]))
    return made


class Looking(nn.Module):
    """A trunk of one channel for each movement, from what `look` sees of an image [3,H,W]."""

    def __init__(self, look):
        super().__init__()
        self.look = look

    def forward(self, image):
        return torch.stack([self.look(each) for each in image])[:, :, None, None]


def network(look) -> MovementNetwork:
    made = MovementNetwork(Looking(look), len(MOVEMENTS))
    with torch.no_grad():
        made.classifier.weight.copy_(torch.eye(len(MOVEMENTS)))
        made.classifier.bias.zero_()
    return made


def test_the_middle_is_as_large_as_it_can_be():
    assert middle(200, 200).slices == (slice(25, 175), slice(0, 200))
    assert middle(300, 100).slices == (slice(112, 187), slice(0, 100))
    box = middle(150, 250)
    assert (box.width, box.height, box.left) == (200, 150, 25)
    assert middle(1, 1).width == middle(1, 1).height == 1


def test_both_squares_show_the_same_part(records):
    letterboxed, stretched = TwoShapes(records, 64)[0].numpy()
    bars = (letterboxed == PAD_COLOUR).all(-1).mean()
    assert bars == pytest.approx(0.25, abs=0.02)
    assert not (stretched == PAD_COLOUR).all(-1).any()
    assert set(map(tuple, letterboxed[20:40].reshape(-1, 3))) == set(
        map(tuple, stretched.reshape(-1, 3))
    )


def test_a_network_that_depends_on_the_painting_alone_agrees_with_itself(records):
    colours = [(40 * i, 255 - 40 * i, 128) for i in range(len(records))]
    seen = network(lambda _: torch.zeros(len(MOVEMENTS)))
    targets = seen.normalise(torch.tensor(colours, dtype=torch.uint8).view(-1, 1, 1, 3))[..., 0, 0]

    def look(image):
        middle_pixel = image[:, image.shape[1] // 2, image.shape[2] // 2]
        return -(targets - middle_pixel).norm(dim=1)

    found = measure_proportions(network(look), records, workers=0)
    assert found == {"agreement": 1, "letterboxed": 1, "stretched": 1, "pictures": len(records)}


def test_a_network_that_depends_on_the_bars_disagrees_with_itself(records):
    def look(image):
        bars = (image[:, 0] == image[:, -1]).all() and (image[:, 0].abs() < 0.1).all()
        return torch.eye(len(MOVEMENTS))[2 if bars else 4]

    larger = records[:4]  # of a single pixel both make a square
    found = measure_proportions(network(look), larger, workers=0)
    assert found == {"agreement": 0, "letterboxed": 0.25, "stretched": 0, "pictures": 4}
