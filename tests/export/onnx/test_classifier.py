import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch
from captum.attr import LayerGradCam
from safetensors.torch import save_file

from export.assets import pictures
from export.onnx import classifier
from export.onnx.classifier import ServedClassifier, check, export
from export.onnx.graph import IR_VERSION, round_weights
from export.onnx.session import ParityError, cpu_session
from tests.export.conftest import CARD, SHIPPED, card_of, untrained
from training import networks
from training.common.errors import UserError
from training.common.movements import KINDS, MOVEMENTS
from training.common.preprocessing import SIZE, six_views
from training.networks import efficientnet_lite2
from training.networks.weights import DIGEST, weights_digest


@pytest.fixture(scope="module")
def views() -> np.ndarray:
    return six_views(pictures.bundled()[0])[0]


@pytest.mark.parametrize("batch", [1, 2, 6])
def test_reads_pictures_of_any_batch(exported: Path, views: np.ndarray, batch: int) -> None:
    logits, embedding, cam, kind = cpu_session(exported).run(None, {"image": views[:batch]})
    assert logits.shape == (batch, len(MOVEMENTS))
    assert embedding.shape == (batch, 256)
    assert cam.shape == (batch, len(MOVEMENTS), SIZE // 32, SIZE // 32)
    assert kind.shape == (batch, len(KINDS))


def test_inputs_and_outputs_have_the_names_that_the_app_uses(exported: Path) -> None:
    loaded = cpu_session(exported)
    assert [put.name for put in loaded.get_inputs()] == ["image"]
    assert loaded.get_inputs()[0].type == "tensor(uint8)"
    assert [put.name for put in loaded.get_outputs()] == ["logits", "embedding", "cam", "kind"]


def test_logits_are_divided_by_the_temperature(exported: Path, views: np.ndarray) -> None:
    network, _ = networks.load(exported)
    with torch.inference_mode():
        raw = network(network.normalise(torch.from_numpy(views))).logits.numpy()
    logits = cpu_session(exported).run(["logits"], {"image": views})[0]
    np.testing.assert_allclose(logits, raw / 1.7, atol=1e-5)


def test_maps_add_up_to_the_logits(exported: Path, views: np.ndarray) -> None:
    loaded = cpu_session(exported)
    logits, cam = loaded.run(["logits", "cam"], {"image": views})
    bias = json.loads(loaded.get_modelmeta().custom_metadata_map["bias"])
    np.testing.assert_allclose(cam.mean((2, 3)) + bias, logits, atol=1e-5)


@pytest.mark.parametrize("name", ["small_cnn", "densenet121", "efficientnet_lite2"])
def test_maps_equal_grad_cam_at_the_last_feature_map(name: str, views: np.ndarray) -> None:
    network = untrained(name)
    served = ServedClassifier(network)
    image = torch.from_numpy(views[:1])
    # Grad-CAM averages gradients over the cells, each of which has its share.
    cells = (SIZE // 32) ** 2
    grad_cam = LayerGradCam(lambda pixels: network(pixels).logits, network.features[-1])
    maps = served(image)[2].detach() * network.temperature
    for movement in range(len(MOVEMENTS)):
        expected = grad_cam.attribute(network.normalise(image), movement, relu_attributions=True)
        torch.testing.assert_close(maps[:, [movement]].relu() / cells, expected.detach())


def test_exported_weights_are_read_back_unchanged(run: Path, exported: Path) -> None:
    trained, card = networks.load(run)
    round_weights(trained, least_dimensions=4)
    served, served_card = networks.load(exported)
    digest = weights_digest(trained)
    assert served_card == card == {"network": "small_cnn", **CARD, "weights_sha256": digest}
    assert weights_digest(served) == digest
    counters = {name for name in trained.state_dict() if name.endswith("num_batches_tracked")}
    for name, values in trained.state_dict().items():
        if name not in counters:
            assert torch.equal(served.state_dict()[name], values), name


def test_depthwise_kernels_and_the_scale_of_the_input_survive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Five blocks: all 23 take five times as long.
    stages = tuple((1, *stage[1:]) for stage in efficientnet_lite2.STAGES[:5])
    monkeypatch.setattr(efficientnet_lite2, "STAGES", stages)
    source, target = tmp_path / "model.safetensors", tmp_path / "classifier.onnx"
    network = untrained("efficientnet_lite2")
    networks.save(source, network, "efficientnet_lite2", card_of(network))
    assert max(export(source, target, pictures.bundled()[:1]).values()) < 1e-4
    metadata = cpu_session(target).get_modelmeta().custom_metadata_map
    preprocessing = json.loads(metadata["preprocessing"])
    assert preprocessing["mean"] == [127 / 255] * 3
    assert preprocessing["std"] == [128 / 255] * 3
    served, _ = networks.load(target)
    round_weights(network, least_dimensions=4)
    kernel = "features._blocks.4._depthwise_conv.weight"
    assert torch.equal(served.state_dict()[kernel], network.state_dict()[kernel])
    stored = {tensor.name: tensor.data_type for tensor in onnx.load(target).graph.initializer}
    assert stored[kernel] == onnx.TensorProto.FLOAT16


def test_metadata_holds_what_the_app_needs(exported: Path) -> None:
    metadata = cpu_session(exported).get_modelmeta().custom_metadata_map
    assert json.loads(metadata["movements"]) == list(MOVEMENTS)
    assert json.loads(metadata["kinds"]) == list(KINDS)
    assert json.loads(metadata["temperature"]) == pytest.approx(1.7)
    assert json.loads(metadata["outside_threshold"]) == CARD["outside_threshold"]
    assert json.loads(metadata["curves"]) == CARD["curves"]
    assert json.loads(metadata["preprocessing"])["size"] == SIZE
    opsets = {entry.domain: entry.version for entry in onnx.load(exported).opset_import}
    assert opsets[""] == json.loads(metadata["opset"]) >= 18
    assert onnx.load(exported).ir_version == IR_VERSION


def test_the_file_holds_no_path_of_the_machine_that_made_it(exported: Path) -> None:
    content = exported.read_bytes()
    assert str(Path.cwd()).encode() not in content
    assert b".py" not in content


def test_kernels_are_kept_in_half_precision(exported: Path) -> None:
    stored = {tensor.name: tensor.data_type for tensor in onnx.load(exported).graph.initializer}
    assert stored["features.0.weight"] == onnx.TensorProto.FLOAT16
    assert stored["features.1.running_var"] == onnx.TensorProto.FLOAT
    assert stored["classifier.weight"] == onnx.TensorProto.FLOAT


def test_onnxruntime_folds_the_casts_and_fuses_the_norms(exported: Path, tmp_path: Path) -> None:
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(tmp_path / "optimised.onnx")
    ort.InferenceSession(exported, options, providers=["CPUExecutionProvider"])
    nodes = [node.op_type for node in onnx.load(tmp_path / "optimised.onnx").graph.node]
    assert nodes.count("Cast") == 1  # uint8 pixels to float32
    assert nodes.count("BatchNormalization") == 1  # the head's, which follows no convolution


def test_a_fixed_batch_is_refused(exported: Path) -> None:
    model = onnx.load(exported)
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 6
    fixed = cpu_session(model.SerializeToString())
    with pytest.raises(ValueError, match=rf"\[batch,{SIZE},{SIZE},3\]"):
        check(untrained("small_cnn"), fixed, pictures.bundled()[:1])


def test_a_network_that_computes_something_else_is_refused(exported: Path) -> None:
    other, _ = networks.load(exported)
    with torch.no_grad():
        other.classifier.bias[0] += 0.001
    with pytest.raises(ParityError, match="logits"):
        check(other, cpu_session(exported), pictures.bundled()[:1])


def test_a_failed_export_leaves_the_old_file(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise ParityError

    target = tmp_path / "classifier.onnx"
    target.write_text("the old one")
    # A graph takes long to make, and is not what is asked.
    monkeypatch.setattr(classifier, "to_onnx", lambda *_: onnx.ModelProto())
    monkeypatch.setattr(classifier, "cpu_session", lambda _: None)
    monkeypatch.setattr(classifier, "check", refuse)
    with pytest.raises(ParityError):
        export(run, target, pictures.bundled()[:1])
    assert target.read_text() == "the old one"
    assert list(tmp_path.iterdir()) == [target]


def test_an_onnx_file_of_another_program_is_refused(exported: Path, tmp_path: Path) -> None:
    model = onnx.load(exported)
    del model.metadata_props[:]
    onnx.save(model, tmp_path / "foreign.onnx")
    with pytest.raises(UserError, match="does not name its architecture"):
        networks.load(tmp_path / "foreign.onnx")


def test_a_network_that_was_never_measured_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = tmp_path / "model.safetensors", tmp_path / "classifier.onnx"
    networks.save(source, untrained("small_cnn"), "small_cnn", {"training": {}, "curves": {}})
    monkeypatch.setattr("sys.argv", ["classifier", str(source), str(target)])
    with pytest.raises(SystemExit) as ended:
        classifier.main()
    assert ended.value.code == 1
    output = capsys.readouterr().err
    assert "no data, metrics, outside_threshold" in output
    assert "training.classifier.evaluate" in output
    assert output.count("\n") == 1
    assert not target.exists()


def test_a_network_changed_since_it_was_measured_is_refused(run: Path, tmp_path: Path) -> None:
    network, card = networks.load(run)
    with torch.no_grad():
        network.classifier.bias[0] += 0.001
    # `networks.save` would not write this: a file of another maker.
    state = {name: value.contiguous() for name, value in network.state_dict().items()}
    metadata = {"network": card.pop("network"), "card": json.dumps(card)}
    save_file(state, tmp_path / "model.safetensors", metadata)
    with pytest.raises(UserError, match="of other weights"):
        export(tmp_path / "model.safetensors", tmp_path / "classifier.onnx", [])
    assert not (tmp_path / "classifier.onnx").exists()


def test_the_shipped_network_computes_what_pytorch_computes() -> None:
    network, _ = networks.load(SHIPPED)
    found = check(network, cpu_session(SHIPPED), pictures.bundled()[:2])
    assert max(found.values()) < 1e-4


def test_the_shipped_maps_add_up_to_the_logits(views: np.ndarray) -> None:
    loaded = cpu_session(SHIPPED)
    logits, cam = loaded.run(["logits", "cam"], {"image": views})
    bias = json.loads(loaded.get_modelmeta().custom_metadata_map["bias"])
    np.testing.assert_allclose(cam.mean((2, 3)) + bias, logits, atol=1e-4)


def test_the_shipped_figures_are_of_the_shipped_weights() -> None:
    network, card = networks.load(SHIPPED)
    if DIGEST not in card:
        pytest.skip("version 0.2 does not say which weights its figures are of")
    assert card[DIGEST] == weights_digest(network)
