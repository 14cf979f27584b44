from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper
from skimage import data

from app.errors import UserError
from app.explain.classifier import load_classifier
from app.serving.features import FeatureExtractor
from training.common.depths import CHANNELS, DEPTHS, LAYERS
from training.common.preprocessing import SIZE, letterbox

SHIPPED = Path(__file__).parents[3] / "onnx_models" / "movement_classifier.onnx"


@pytest.fixture(scope="module")
def extractor() -> FeatureExtractor:
    return FeatureExtractor.load(SHIPPED, provider="cpu")


@pytest.fixture(scope="module")
def squares() -> np.ndarray:
    return np.stack([letterbox(data.coffee())[0], letterbox(data.chelsea())[0]])


def test_maps_equal_those_of_the_network_in_pytorch(extractor, squares):
    network, seen = load_classifier(torch.device("cpu")), {}
    hooks = [
        network.features.get_submodule(f"denseblock{index + 1}").register_forward_hook(
            lambda _module, _inputs, output, layer=layer: seen.__setitem__(layer, output)
        )
        for index, layer in enumerate(LAYERS)
    ]
    middle = network.features.get_submodule("denseblock3.denselayer9")
    hooks.append(middle.register_forward_pre_hook(lambda _, given: seen.update(middle=given[0])))
    with torch.no_grad():
        network(network.normalise(torch.from_numpy(squares)))
    for hook in hooks:
        hook.remove()
    maps = extractor.extract(squares)
    assert list(maps) == list(LAYERS)
    for layer in LAYERS:
        side = SIZE // next(depth.stride for depth in DEPTHS if depth.name == layer)
        assert maps[layer].shape == (2, CHANNELS[layer], side, side)
        np.testing.assert_allclose(maps[layer], seen[layer].numpy(), atol=2e-3, rtol=2e-3)
    # A depth inside a block is the beginning of the block's output.
    depth = DEPTHS[4]
    given = seen["middle"].numpy()
    assert given.shape[1] == depth.channels
    np.testing.assert_allclose(maps[depth.output][:, : depth.channels], given, atol=2e-3, rtol=2e-3)


def test_only_what_is_asked_for_is_computed(squares):
    extractor = FeatureExtractor.load(SHIPPED, provider="cpu")
    maps = extractor.extract(squares[:1], LAYERS[:1])
    assert list(maps) == [LAYERS[0]]
    (network,) = extractor._networks.values()
    assert [output.name for output in network.session.get_outputs()] == ["cat_5"]


@pytest.mark.parametrize("layers", [(), ("conv2_block5",)])
def test_other_layers_are_refused(extractor, squares, layers):
    with pytest.raises(ValueError, match="conv5_block16"):
        extractor.extract(squares, layers)


def test_a_missing_network_is_one_sentence(tmp_path):
    with pytest.raises(UserError, match="missing"):
        FeatureExtractor.load(tmp_path / "none.onnx")


def test_a_damaged_network_is_one_sentence(tmp_path):
    (tmp_path / "a.onnx").write_bytes(SHIPPED.read_bytes()[:-9999])
    with pytest.raises(UserError, match=r"a\.onnx is damaged or cut short"):
        FeatureExtractor.load(tmp_path / "a.onnx")


def test_another_architecture_is_one_sentence(tmp_path):
    value = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1])
    same = helper.make_tensor_value_info("same", TensorProto.FLOAT, [1])
    node = helper.make_node("Identity", ["image"], ["same"])
    onnx.save(
        helper.make_model(helper.make_graph([node], "g", [value], [same])), tmp_path / "a.onnx"
    )
    with pytest.raises(UserError, match="DenseNet-121"):
        FeatureExtractor.load(tmp_path / "a.onnx")
