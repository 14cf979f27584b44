import copy

import torch
import torch.nn.functional as F

from training.networks.texture_encoder import HEADS, TextureEncoder
from training.style.heads import fit_heads


def test_heads_find_components_that_were_turned():
    torch.manual_seed(0)
    network = TextureEncoder().eval()
    turns = {name: torch.linalg.qr(torch.randn(count, count))[0] for name, count in HEADS.items()}
    original = copy.deepcopy(network)

    def teacher(image):
        maps = original(image)
        return {name: F.conv2d(maps[name], turns[name][:, :, None, None]) for name in HEADS}

    batches = [torch.rand(2, 3, 96, 96) for _ in range(8)]
    fit_heads(network, teacher, batches)
    image = torch.rand(1, 3, 96, 96)
    with torch.no_grad():
        found, wanted = network(image), teacher(image)
    for name in ("relu1_1", "relu2_1", "relu3_1"):  # of the deeper ones there are too few pixels
        error = (found[name] - wanted[name]).square().mean() / wanted[name].square().mean()
        assert error < 1e-2
    for name, convolution in network.convolutions.items():
        torch.testing.assert_close(convolution.weight, original.convolutions[name].weight)
    assert not any(head._forward_pre_hooks for head in network.heads.values())
