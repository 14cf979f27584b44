from dataclasses import replace

import numpy as np
import pytest
import torch

from app.errors import UserError
from app.optimize.features import fit_layers
from app.optimize.objective import (
    MATCHED,
    Statistics,
    StyleTarget,
    StyleTransferObjective,
    fit_style,
)
from app.optimize.recipe import OptimizeRecipe
from app.optimize.spec import OptimizationSpec, StyleSpec
from app.optimize.tensors import shrunk, to_picture, to_tensor, weight_map
from tests.app.optimize.tiny import NAMES, Tiny, painting, photograph
from tests.texture_fixture import style_statistics
from training.style.losses import content_loss, gram_matrix, moments
from training.style.statistics import SIZES, Moments, StyleStatistics

CPU = torch.device("cpu")
SIZE = 64, 48


def objective(spec):
    layers = fit_layers(spec.recipe, NAMES)
    return StyleTransferObjective(Tiny(), layers, spec, SIZE, CPU, reduced=False)


def noise(seed=0):
    return torch.rand(1, 3, 48, 64, generator=torch.Generator().manual_seed(seed))


def halves():
    left = torch.zeros(1, 1, 6, 8)
    left[..., :4] = 2  # 1 on average
    return left


def test_a_guided_gram_matrix_is_that_of_its_region():
    maps = torch.randn(1, 5, 6, 8, generator=torch.Generator().manual_seed(0))
    cut, where = maps[..., :4], halves()
    gram = gram_matrix(maps, where)
    torch.testing.assert_close(gram, gram_matrix(cut))
    torch.testing.assert_close(moments(maps, gram, where), moments(cut, gram_matrix(cut)))
    other = maps.roll(1, 1)
    expected = content_loss(cut, other[..., :4])
    torch.testing.assert_close(content_loss(maps, other, where), expected)


def test_a_region_means_the_same_share_at_every_layer():
    mask = np.zeros((48, 64), np.uint8)
    mask[:, :16] = 255
    where = weight_map(mask, 48, 64, CPU)
    for size in ((48, 64), (12, 16), (3, 4)):
        small = shrunk(where, *size)
        assert small.mean().item() == pytest.approx(1)
        assert small[..., 0].min().item() == pytest.approx(4)


def test_losses_equal_float64_formulas():
    recipe = OptimizeRecipe(
        "", content={NAMES[2]: 1}, style={NAMES[0]: 3, NAMES[1]: 1}, statistics="both"
    )
    terms = objective(OptimizationSpec(photograph(), (StyleSpec(painting(64, 48)),), recipe))(
        noise()
    )

    network = Tiny().double()
    seen = {
        name: {key: value[0].numpy() for key, value in network(picture.double(), NAMES).items()}
        for name, picture in {
            "content": to_tensor(photograph(), CPU),
            "style": to_tensor(painting(64, 48), CPU),
            "picture": noise(),
        }.items()
    }

    def relative(found, target):
        return ((found - target) ** 2).mean() / (target**2).mean()

    def statistics(maps):
        flat = maps.reshape(len(maps), -1)
        return flat @ flat.T / flat.shape[1], np.concatenate([flat.mean(1), flat.std(1)])

    def style_loss(name):
        pairs = zip(*(statistics(seen[x][name]) for x in ("picture", "style")), strict=True)
        return np.mean([relative(found, target) for found, target in pairs])

    content = relative(seen["picture"][NAMES[2]], seen["content"][NAMES[2]])
    style = 0.75 * style_loss(NAMES[0]) + 0.25 * style_loss(NAMES[1])
    assert terms.content.item() == pytest.approx(content, rel=1e-4)
    assert terms.style.item() == pytest.approx(style, rel=1e-3)
    expected = recipe.alpha * terms.content + recipe.beta * terms.style
    torch.testing.assert_close(terms.total, expected + recipe.variation * terms.variation)


@pytest.mark.parametrize("statistics", ["gram", "moments", "both"])
@pytest.mark.parametrize("guided", [False, True])
def test_gradients_by_finite_differences(statistics, guided):
    region = np.zeros((48, 64), np.uint8)
    region[:, :40] = 255
    first = StyleSpec(painting(), region=region if guided else None)
    recipe = OptimizeRecipe("", statistics=statistics)
    judge = objective(OptimizationSpec(photograph(), (first, StyleSpec(painting(seed=2))), recipe))
    picture, way = noise().requires_grad_(), noise(1) - 0.5
    (gradient,) = torch.autograd.grad(judge(picture).total, picture)
    with torch.no_grad():
        ahead, behind = (judge(picture + sign * 0.003 * way).total for sign in (1, -1))
    assert (gradient * way).sum().item() == pytest.approx(
        ((ahead - behind) / 0.006).item(), rel=0.02
    )


def test_the_target_of_two_styles_lies_between_them():
    network = Tiny()
    one, two = (network(to_tensor(painting(seed=seed), CPU), NAMES) for seed in (1, 2))
    weights = {NAMES[1]: 1.0}
    seen = Statistics.of_maps(one), Statistics.of_maps(two)
    both = StyleTarget(zip(seen, (0.25, 0.75), strict=True), weights, "gram")
    expected = 0.25 * gram_matrix(one[NAMES[1]]) + 0.75 * gram_matrix(two[NAMES[1]])
    torch.testing.assert_close(both.grams[NAMES[1]], expected)
    assert StyleTarget([(seen[0], 1.0)], weights, "both").loss(one).item() < 1e-9


@torch.no_grad()
def kept(picture):
    """What is shipped of a painting that the network saw at the size of the content."""
    maps = Tiny()(to_tensor(picture, CPU), NAMES)
    moments_of = {
        name: Moments(each.mean((0, 2, 3)).numpy(), gram_matrix(each)[0].numpy())
        for name, each in maps.items()
    }
    return StyleStatistics.of([moments_of] * len(SIZES))


def test_stored_statistics_equal_those_of_the_picture():
    style = painting(64, 48)
    recipe = OptimizeRecipe("", style_scale=1)
    of_picture = objective(OptimizationSpec(photograph(), (StyleSpec(style),), recipe))(noise())
    stored = StyleSpec(None, statistics=kept(style))
    of_statistics = objective(OptimizationSpec(photograph(), (stored,), recipe))(noise())
    assert of_statistics.style.item() == pytest.approx(of_picture.style.item(), rel=2e-3)


def test_statistics_of_another_network_are_refused():
    stored = StyleSpec(None, statistics=style_statistics())
    with pytest.raises(UserError, match="texture encoder"):
        objective(OptimizationSpec(photograph(), (stored,), OptimizeRecipe("")))


def test_the_slope_of_a_rooted_style_loss_does_not_grow_with_the_loss():
    spec_ = OptimizationSpec(
        photograph(), (StyleSpec(painting()),), OptimizeRecipe("", alpha=0, variation=0, beta=1)
    )
    plain, rooted = (
        objective(replace(spec_, recipe=replace(spec_.recipe, rooted=rooted)))
        for rooted in (False, True)
    )
    picture = noise().requires_grad_()
    gradients = [torch.autograd.grad(judge(picture).total, picture)[0] for judge in (plain, rooted)]
    loss = plain(picture).style.item()
    expected = gradients[0] * (MATCHED / loss) ** 0.5
    torch.testing.assert_close(gradients[1], expected, rtol=1e-3, atol=1e-9)


@pytest.mark.parametrize(("balance", "factor"), [(0, 0.1), (0.5, 1), (1, 10)])
def test_the_balance_multiplies_beta(balance, factor):
    recipe = OptimizeRecipe("", alpha=0, variation=0, beta=7, balance=balance)
    terms = objective(OptimizationSpec(photograph(), (StyleSpec(painting()),), recipe))(noise())
    assert terms.total.item() == pytest.approx(7 * factor * terms.style.item(), rel=1e-5)


def test_styles_are_seen_as_large_as_the_content_and_never_enlarged():
    assert fit_style(painting(400, 100), 100 * 100, OptimizeRecipe("")).shape == (50, 200, 3)
    assert (
        fit_style(painting(400, 100), 100 * 100, OptimizeRecipe("", style_scale=2)).shape[0] == 100
    )
    assert fit_style(painting(80, 60), 10**6, OptimizeRecipe("", style_scale=2)).shape == (
        60,
        80,
        3,
    )
    assert min(fit_style(painting(80, 60)[:1, :1], 10**4, OptimizeRecipe("")).shape[:2]) == 32


def test_pictures_are_unchanged_by_conversion_to_tensors_and_back():
    np.testing.assert_array_equal(to_picture(to_tensor(photograph(), CPU)), photograph())
