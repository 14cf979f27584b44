"""Where a network's first weights come from, and which of them may change."""

import re
from pathlib import Path

import torch
from torch.hub import load_state_dict_from_url

from training.errors import UserError
from training.networks import MovementNetwork, load

IMAGENET = {
    "densenet121": "https://download.pytorch.org/models/densenet121-a639ec97.pth",
    "resnet18": "https://download.pytorch.org/models/resnet18-f37072fd.pth",
    "resnet50": "https://download.pytorch.org/models/resnet50-11ad3fa6.pth",
}
"""torchvision's ImageNet weights; each name ends in the first digits of the file's SHA-256."""

ARTNET_LAYERS = ("denselayer15.conv2", "denselayer16.conv1", "denselayer16.conv2")


def initialise(network: MovementNetwork, name: str, source: str) -> None:
    """Load first weights into a network, in place.

    Args:
        network: a network built as `name`.
        name: its architecture.
        source: "random" leaves it as it is, "imagenet" downloads torchvision's weights for its
            trunk (with a progress bar and checksum), anything else is a file that
            `training.networks.load` reads.

    Raises:
        UserError: no ImageNet weights are known for this architecture, or the
            file is missing or holds another.
        OSError: the download failed.
    """
    if source == "random":
        return
    if source == "imagenet":
        if name not in IMAGENET:
            raise UserError(f"no ImageNet weights are published for {name}; try --init random")
        state = load_state_dict_from_url(IMAGENET[name], check_hash=True, map_location="cpu")
        network.features.load_state_dict(torchvision_trunk(state))
        return
    loaded, card = load(Path(source))
    if card["network"] != name:
        raise UserError(f"{source} holds a {card['network']}, not a {name}")
    network.load_state_dict(loaded.state_dict())


def torchvision_trunk(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
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
