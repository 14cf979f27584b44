import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from gradio_client import Client
from PIL import Image
from skimage import data

from app import MODELS
from app.serving.classifier import Classifier
from app.serving.runtime import load_network, read_metadata
from app.serving.stylizer_bundle import StylizerBundle
from app.settings import Settings
from export.assets import style_presets, swatches
from export.benchmarks.app_start import running_app
from tests.texture_fixture import style_statistics
from training.common.movements import MOVEMENTS
from training.common.shipped_files import TEXTURE_FILE
from training.style.statistics import TARGETS_FILE, save_statistics


@pytest.fixture(scope="session")
def app_process(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """The real app and its address, started once for all tests that need it."""
    with running_app(tmp_path_factory.mktemp("app")) as running:
        yield running


@pytest.fixture(scope="session")
def app_address(app_process: tuple[subprocess.Popen[bytes], str]) -> str:
    """Address of the real app."""
    return app_process[1]


@pytest.fixture(scope="session")
def bundle(random_networks: Path) -> StylizerBundle:
    """Random networks with seven presets: two paintings and the five movements.

    The texture encoder is the shipped one, and the two paintings are known to it as noise.
    """
    encoder = style_presets.Encoder(random_networks)
    pictures = [("the-coffee", data.coffee()), ("the-cat", data.chelsea())]
    found = [
        (
            style_presets.Style(name, name, "Ann", 1900, "CC0", "painting", f"styles/{name}.webp"),
            encoder.encode(picture),
        )
        for name, picture in pictures
    ]
    for index, movement in enumerate(MOVEMENTS):
        name = movement.lower()
        facts = style_presets.Style(
            name, movement, "", None, "Ours", "movement", f"styles/{name}.webp"
        )
        found.append((facts, np.roll(found[0][1], index)))
    style_presets.write(random_networks, encoder, found)
    for level, (facts, _) in enumerate(found):
        swatches.save(random_networks / facts.thumbnail, np.full((32, 32, 3), 30 * level, np.uint8))
    shutil.copy(MODELS / TEXTURE_FILE, random_networks)
    version = read_metadata(random_networks / TEXTURE_FILE)["version"]
    targets = {name: style_statistics(seed) for seed, (name, _) in enumerate(pictures)}
    save_statistics(random_networks / TARGETS_FILE, targets, version)
    return StylizerBundle.load(random_networks, provider="cpu", require_gpu=False)


@pytest.fixture(scope="session")
def classifier() -> Classifier:
    """The shipped classifier."""
    network = load_network(MODELS / "movement_classifier.onnx", provider="cpu", fixed_shapes=True)
    return Classifier(network)


@pytest.fixture(scope="session")
def paint_page(
    classifier: Classifier, bundle: StylizerBundle, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[gr.Blocks]:
    """A page in this process, which paints with random networks."""
    from app.ui.page import build, launch_options

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("uploads")))
        page = build(classifier, Settings(), bundle)
        page.launch(**launch_options(Settings()), prevent_thread_lock=True, quiet=True)
        yield page
        page.close()


@pytest.fixture(scope="session")
def paint_address(paint_page: gr.Blocks) -> str:
    """Address of a page with a Paint tab."""
    return str(paint_page.local_url)


@pytest.fixture(scope="module")
def client(app_address: str, tmp_path_factory: pytest.TempPathFactory) -> Client:
    """A program that asks the endpoints at `app_address`."""
    downloads = tmp_path_factory.mktemp("downloads")
    return Client(app_address, verbose=False, download_files=str(downloads))


@pytest.fixture
def file(painting: np.ndarray, tmp_path: Path) -> Path:
    """A PNG of 501 x 350 pixels."""
    path = tmp_path / "ein Gemälde.png"
    Image.fromarray(painting[:350, :501]).save(path)
    return path
