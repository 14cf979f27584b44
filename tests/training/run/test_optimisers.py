import pytest
import torch
from torch import nn

from training.run.optimisers import Muon, make_optimiser, moving_average, orthogonalised

RATE, DECAY = 1e-3, 0.05


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


def small_problem(name):
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(288, 4)
    )
    return network, make_optimiser(network, name, RATE, DECAY), torch.randn(16, 3, 8, 8)


def loss_of(network, image):
    return nn.functional.cross_entropy(network(image), torch.arange(16) % 4)


def test_muon_trains_kernels_matrices_and_vectors_alike():
    network, optimiser, image = small_problem("muon")
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


def test_muon_is_resumed_from_its_saved_state():
    runs = []
    for interrupted in (False, True):
        network, optimiser, image = small_problem("muon")
        for step in range(4):
            if interrupted and step == 2:
                state = optimiser.state_dict()
                optimiser = make_optimiser(network, "muon", RATE, DECAY)
                optimiser.load_state_dict(state)
            optimiser.zero_grad()
            loss_of(network, image).backward()
            optimiser.step()
        runs.append([parameter.detach().clone() for parameter in network.parameters()])
    for straight, resumed in zip(*runs, strict=True):
        torch.testing.assert_close(straight, resumed, rtol=0, atol=0)


@pytest.mark.parametrize("name", ["adam", "adamw", "muon"])
def test_only_matrices_and_kernels_are_decayed(name):
    network, optimiser, _ = small_problem(name)
    decayed = {
        id(p) for group in optimiser.param_groups for p in group["params"] if group["weight_decay"]
    }
    expected = {id(p) for p in network.parameters() if p.ndim > 1 and name != "adam"}
    assert decayed == expected


@pytest.mark.parametrize(("warm_up", "kept"), [(False, (0.9, 0.9)), (True, (2 / 11, 3 / 12))])
def test_the_average_is_exponential_and_forgets_the_first_steps_sooner_where_asked(warm_up, kept):
    network = nn.BatchNorm1d(1)
    average = moving_average(network, 0.9, torch.device("cpu"), warm_up=warm_up)
    expected = 1.0
    for step, value in enumerate((1.0, 5.0, 7.0)):
        for values in (network.weight.data, network.running_mean):
            values.fill_(value)
        network.num_batches_tracked.fill_(step)
        average.update_parameters(network)
        if step:  # the first one is taken as it is
            expected = kept[step - 1] * expected + (1 - kept[step - 1]) * value
        assert average.module.weight.item() == pytest.approx(expected)
        assert average.module.running_mean.item() == pytest.approx(expected)
        assert average.module.num_batches_tracked == step
