import dataclasses
from pathlib import Path
from types import SimpleNamespace

import pytest

from app.serving.classifier import Classifier
from app.serving.runtime import load_network
from app.serving.shipped_assets import ShippedAssets
from app.settings import Settings
from app.ui.page import TABS, build, launch_options
from export.space.calls import CALLS
from tests.damage import LFS_POINTER

NETWORK = Path(__file__).parents[3] / "onnx_models" / "movement_classifier.onnx"


@pytest.fixture(scope="module")
def page(bundle):
    network = load_network(NETWORK, provider="cpu", fixed_shapes=True)
    network = dataclasses.replace(network, notice="CUDA does not run: it is asleep.")
    return build(Classifier(network), Settings(queue_size=7, heavy_jobs=2), bundle)


def test_the_api_has_eight_endpoints_and_no_events_of_the_page(page):
    endpoints = page.get_api_info()["named_endpoints"]
    assert set(endpoints) == {
        *("/classify", "/heatmap", "/explain", "/neighbours", "/activation"),
        *("/stylize", "/styles", "/optimize"),
    }
    assert not page.get_api_info()["unnamed_endpoints"]
    assert set(CALLS) == set(endpoints)  # so that a Space is tried out with all of them


def test_reading_and_painting_have_separate_queues(page):
    lines = {
        line: {fn.name for fn in page.fns.values() if fn.concurrency_id == line}
        for line in ("reading", "painting")
    }
    assert lines["reading"] >= {"classify", "heatmap", "neighbours"}
    assert lines["painting"] >= {"stylize", "explain", "_choose", "_upload_styles"}
    limits = {fn.concurrency_limit for fn in page.fns.values() if fn.concurrency_id in lines}
    assert limits == {2}


def test_batches_have_a_queue_of_their_own(page):
    lines = {
        fn.concurrency_id for fn in page.fns.values() if fn.name in ("paint", "save_png", "_paint")
    }
    assert lines == {"batches", "live", "saving"}


def test_slow_painting_has_a_queue_of_its_own(page):
    slow = [fn for fn in page.fns.values() if fn.concurrency_id == "optimization"]
    assert {fn.name for fn in slow} == {"optimize", "begin", "go_on"}
    assert {fn.concurrency_limit for fn in slow} == {1}


def test_limits_are_set(page):
    assert page._queue.max_size == 7
    assert page.delete_cache == (300, 3600)
    assert page.analytics_enabled is False


def test_the_page_says_why_a_gpu_does_not_run(page):
    values = [str(getattr(block, "value", "")) for block in page.blocks.values()]
    assert any("CUDA does not run: it is asleep." in value for value in values)


def test_missing_optional_files_affect_only_their_tab(classifier, bundle, tmp_path):
    for name in ("atlas/atlas.json", "atlas/dictionary.npz", "map/map.json", "map/projection.npy"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(LFS_POINTER)
    for name in ("brushwork.json", "comparison.json", "texture_encoder.onnx"):
        (tmp_path / name).write_text(LFS_POINTER)
    page = build(classifier, Settings(), bundle, ShippedAssets(tmp_path, "cpu"))
    titles = {block.label for block in page.blocks.values() if block.get_block_name() == "tabitem"}
    assert titles >= {label for label, _ in TABS.values()}


def test_launch_options_follow_the_settings(tmp_path):
    accounts = tmp_path / "accounts"
    accounts.write_text("ada:secret\n")
    settings = Settings(host="0.0.0.0", port=7999, auth_file=accounts, max_upload_mb=3)
    options = SimpleNamespace(**launch_options(settings))
    assert (options.server_name, options.server_port) == ("0.0.0.0", 7999)
    assert options.auth == [("ada", "secret")]
    assert options.max_file_size == 3 * 2**20
    assert options.share is False
    assert options.enable_monitoring is False
