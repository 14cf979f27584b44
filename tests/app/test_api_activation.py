# ruff: noqa: F811 - atlas_folder is a fixture
"""The endpoint /activation, asked by a program."""

import numpy as np
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from PIL import Image

from app import MODELS
from app.serving.shipped_assets import ShippedAssets
from app.serving.stylizer_bundle import StylizerBundle
from app.settings import Settings
from tests.atlas_fixture import atlas_folder, colour  # noqa: F401


@pytest.fixture(scope="module")
def client(classifier, atlas_folder, tmp_path_factory):
    """A program that asks a page with a small atlas."""
    from app.ui.api import activation
    from app.ui.page import build, launch_options

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("uploads")))
        patch.setattr(activation, "STEPS", 3)
        patch.setattr(activation, "SIDE", 96)
        bundle = StylizerBundle.load(MODELS, provider="cpu", require_gpu=False)
        page = build(classifier, Settings(), bundle, ShippedAssets(atlas_folder, "cpu"))
        options = launch_options(Settings())
        _, address, _ = page.launch(**options, prevent_thread_lock=True, quiet=True)
        folder = tmp_path_factory.mktemp("downloads")
        yield Client(address, verbose=False, download_files=str(folder))
        page.close()


def picture(client, *arguments, **named) -> np.ndarray:
    path = client.predict(*arguments, **named, api_name="/activation")
    with Image.open(path) as image:
        assert image.format == "PNG"
        return np.asarray(image)


def test_the_atlas_tile_is_answered_enlarged(client):
    tile = picture(client, "conv4_block24", 700)
    assert tile.shape == (96, 96, 3)
    assert tuple(tile[48, 48]) == colour("conv4_block24", 700)


def test_a_live_one_is_rendered_anew_by_its_seed(client):
    first, again, other = (
        picture(client, "conv2_block6", 70, seed=seed, live=True) for seed in (1, 1, 2)
    )
    assert first.shape == (96, 96, 3)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("layer", "channel", "seed", "sentence"),
    [
        ("conv9", 1, 0, "no layer 'conv9'"),
        ("conv4_block24", 1024, 0, "channels 0 to 1023"),
        ("conv4_block24", -1, 0, "channels 0 to 1023"),
        ("conv4_block24", 1.5, 0, "channels 0 to 1023"),
        ("conv4_block24", True, 0, "channels 0 to 1023"),
        ("conv4_block24", None, 0, "channels 0 to 1023"),
        (["conv4_block24"], 1, 0, "no layer"),
        ("conv4_block24", 1, 10**9, "seed must be"),
    ],
)
def test_invalid_arguments_are_refused_in_a_sentence(client, layer, channel, seed, sentence):
    with pytest.raises(AppError, match=sentence):
        client.predict(layer, channel, seed, api_name="/activation")
