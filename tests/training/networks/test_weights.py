import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from tests.damage import LFS_POINTER
from training.common.errors import UserError
from training.networks import build, load, measured, save, target, unmeasured
from training.networks.weights import weights_digest

METRICS = {"metrics": {"accuracy": 0.7}, "outside_threshold": 0.5}


@pytest.fixture
def network():
    torch.manual_seed(0)
    return build("small_cnn").eval()


def test_any_weight_changes_the_digest(network):
    before = weights_digest(network)
    for name in ("classifier.bias", "kind.weight", "features.0.weight", "norm.running_mean"):
        values = network.state_dict()[name].view(-1)
        old = values[0].clone()
        values[0] += 0.01
        assert weights_digest(network) != before, name
        values[0] = old
    assert weights_digest(network) == before


def test_the_digest_is_that_of_the_weights_as_they_are_shipped(network):
    before = weights_digest(network)
    network.temperature.fill_(1.7)
    network.norm.num_batches_tracked += 1
    for parameter in network.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.half().float()
    assert weights_digest(network) == before


def test_a_card_of_other_weights_is_not_written(network, tmp_path):
    path = tmp_path / "model.safetensors"
    card = measured(network, {"training": {"epochs": 1}}, **METRICS)
    save(path, network, "small_cnn", card)
    assert load(path)[1] == {"network": "small_cnn", **card}
    with torch.no_grad():
        network.classifier.bias[0] += 1
    with pytest.raises(ValueError, match="metrics and outside_threshold are not of this network"):
        save(path, network, "small_cnn", card)
    with pytest.raises(ValueError, match="not of this network"):
        save(path, network, "small_cnn", METRICS)  # nothing says of which
    assert load(path)[1] == {"network": "small_cnn", **card}
    save(path, network, "small_cnn", unmeasured(card))
    assert load(path)[1] == {"network": "small_cnn", "training": {"epochs": 1}}


def test_new_measurements_replace_all_old_ones(network):
    old = measured(network, {"curves": {}}, **METRICS, data={"rights": "mine"})
    new = measured(network, old, metrics={})
    assert new.keys() == {"curves", "metrics", "weights_sha256"}


def test_other_files_than_networks_are_named(network, tmp_path):
    with pytest.raises(UserError, match=r"no network file .*missing\.safetensors"):
        load(tmp_path / "missing.safetensors")
    for name in ("text.safetensors", "text.onnx"):
        (tmp_path / name).write_text("no network")
        with pytest.raises(UserError, match=name):
            load(tmp_path / name)
    save_file(network.state_dict(), tmp_path / "bare.safetensors")
    facts = {"network": "resnet18", "card": json.dumps({})}
    save_file(network.state_dict(), tmp_path / "other.safetensors", facts)
    for name in ("bare.safetensors", "other.safetensors"):
        with pytest.raises(UserError, match=name):
            load(tmp_path / name)


def test_a_network_is_never_written_over_a_file_of_another_format():
    run, shipped = Path("runs/mine/model.safetensors"), Path("onnx_models/classifier.onnx")
    assert target(run, None) == target(shipped, run) == run
    for asked in ((shipped, None), (run, shipped)):
        with pytest.raises(UserError, match="--out"):
            target(*asked)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (LFS_POINTER, "is only Git LFS's pointer to the file; run `git lfs pull`"),
        ("<html>404: not found</html>", "is no ONNX file, or was cut short"),
    ],
)
def test_other_files_than_onnx_are_refused_in_a_sentence(
    tmp_path: Path, content: str, sentence: str
) -> None:
    (tmp_path / "a.onnx").write_text(content)
    with pytest.raises(UserError, match=rf"a\.onnx {sentence}"):
        load(tmp_path / "a.onnx")
