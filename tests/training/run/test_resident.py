import numpy as np
import pytest
import torch
from PIL import Image

from training.common.errors import UserError
from training.common.preprocessing import Box, resize
from training.data import Record
from training.run.resident import ResidentPictures, rounded

CPU = torch.device("cpu")


@pytest.fixture
def record(painting, tmp_path):
    path = tmp_path / "painting.png"
    Image.fromarray(painting).save(path)
    return Record(str(path), "Cubism")


@pytest.mark.parametrize(("width", "height"), [(40, 30), (90, 120), (64, 48)])
def test_a_part_is_resized_as_from_the_file(painting, record, width, height):
    pictures = ResidentPictures([record, record], CPU, 1)
    assert pictures.shape(record) == painting.shape[:2]
    box = Box(5, 3, 64, 48)
    part = rounded(pictures.cut(record, box, width, height)).permute(1, 2, 0).numpy()
    # Pillow rounds after each of the two directions.
    assert np.abs(part - resize(painting[box.slices], width, height)).max() <= 2


@pytest.mark.parametrize(("width", "height"), [(8, 5), (9, 400)])
def test_a_panorama_becomes_a_few_pixels(painting, record, width, height):
    """Where CUDA's kernel cannot do it at once."""
    box = Box(0, 0, 600, 400)
    part = rounded(ResidentPictures([record], CPU, 1).cut(record, box, width, height))
    expected = resize(painting, width, height)
    assert np.abs(part.permute(1, 2, 0).numpy() - expected).max() <= 8


def test_large_pictures_can_be_kept_smaller(painting, record, tmp_path):
    small = Record(str(tmp_path / "small.png"), "Cubism")
    Image.fromarray(painting[:20, :30]).save(small.path)
    height, width = painting.shape[:2]
    pictures = ResidentPictures([record, small], CPU, 1, shorter=50)
    scale = 50 / min(height, width)
    assert pictures.shape(record) == (round(height * scale), round(width * scale))
    assert pictures.shape(small) == (20, 30)


def test_a_missing_file_is_an_error(tmp_path):
    with pytest.raises(UserError, match="nothing"):
        ResidentPictures([Record(str(tmp_path / "nothing.png"), "Cubism")], CPU, 1)
