import pytest
import torch
from torch import nn

from training.classifier.optimisers import Muon, make_optimiser, orthogonalised
from training.classifier.recipes import RECIPES


@pytest.mark.parametrize("shape", [(8, 8), (8, 72), (96, 16)])
def test_orthogonalised_keeps_directions_and_evens_their_strength(shape):
    matrix = torch.randn(*shape, generator=torch.Generator().manual_seed(0))
    left, _, right = torch.linalg.svd(matrix, full_matrices=False)
    found = orthogonalised(matrix)
    seen = left.mT @ found @ right.mT
    assert torch.linalg.svdvals(found).min() > 0.4
    assert torch.linalg.svdvals(found).max() < 1.4
    assert (seen - torch.diag(seen.diagonal())).abs().max() < 0.15
    assert seen.diagonal().min() > 0.3


def small_problem(optimiser_name):
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(288, 4)
    )
    recipe = RECIPES[optimiser_name]
    return network, make_optimiser(network, recipe), torch.randn(16, 3, 8, 8)


def loss_of(network, image):
    return nn.functional.cross_entropy(network(image), torch.arange(16) % 4)


def test_muon_trains_kernels_matrices_and_vectors_alike():
    network, optimiser, image = small_problem("progressive")
    assert isinstance(optimiser, Muon)
    before = [parameter.detach().clone() for parameter in network.parameters()]
    first = float(loss_of(network, image))
    for _ in range(20):
        optimiser.zero_grad()
        loss_of(network, image).backward()
        optimiser.step()
    assert float(loss_of(network, image)) < 0.5 * first
    for old, new in zip(before, network.parameters(), strict=True):
        assert not torch.equal(old, new)


def test_muon_goes_on_from_its_saved_state():
    runs = []
    for interrupted in (False, True):
        network, optimiser, image = small_problem("progressive")
        for step in range(4):
            if interrupted and step == 2:
                state = optimiser.state_dict()
                optimiser = make_optimiser(network, RECIPES["progressive"])
                optimiser.load_state_dict(state)
            optimiser.zero_grad()
            loss_of(network, image).backward()
            optimiser.step()
        runs.append([parameter.detach().clone() for parameter in network.parameters()])
    for straight, resumed in zip(*runs, strict=True):
        torch.testing.assert_close(straight, resumed, rtol=0, atol=0)
