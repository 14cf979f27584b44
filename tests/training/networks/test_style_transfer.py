import pytest
import torch
import torch.nn.functional as F

from training.networks.style_transfer import (
    PERIOD,
    StyleTransfer,
    Stylizer,
    extended,
    load_style_transfer,
    save_style_transfer,
)
from training.networks.styled_layers import STYLE_CHANNELS, StyledMixture, UpsamplingConvolution


@pytest.fixture(scope="module")
def stylizer():
    torch.manual_seed(0)
    network = Stylizer().eval()
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if name.endswith("read.weight"):
                parameter.normal_(std=0.1)
    return network


@pytest.mark.parametrize("size", [(16, 16), (37, 53), (17, 200), (64, 64)])
def test_the_picture_keeps_its_size(stylizer, size):
    with torch.inference_mode():
        picture, _ = stylizer(torch.rand(1, 3, *size), torch.randn(1, STYLE_CHANNELS))
    assert picture.shape == (1, 3, *size)
    assert picture.min() >= 0
    assert picture.max() <= 1


def test_upsampling_is_repeating_pixels_and_then_convolving():
    rise = UpsamplingConvolution(8, 6)
    x = torch.randn(2, 8, 5, 7)
    doubled = F.interpolate(x, scale_factor=2.0, mode="nearest")
    padded = F.pad(doubled, (1, 1, 1, 1), mode="replicate")
    expected = F.conv2d(padded, rise.convolve.weight)
    torch.testing.assert_close(rise(x), expected, rtol=1e-4, atol=1e-5)


def test_a_mixture_is_a_1x1_convolution_with_a_kernel_of_the_style():
    mixture = StyledMixture(6)
    maps, style = torch.randn(2, 6, 5, 7), torch.randn(2, STYLE_CHANNELS)
    mixed = mixture(maps, style)
    for one, vector, found in zip(maps, style, mixed, strict=True):
        weights = mixture.choose(vector)
        kernel = torch.eye(6) + (mixture.bank.weight @ weights).view(6, 6)
        expected = F.conv2d(one[None], kernel[:, :, None, None])[0]
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def test_colour_passes_at_an_eighth_of_the_resolution_alone(stylizer):
    torch.manual_seed(0)
    image, style = torch.rand(1, 3, 64, 64) * 0.5 + 0.25, torch.randn(1, STYLE_CHANNELS)
    # Colours that change neither luminance nor the mean of any cell of eight pixels.
    red = torch.randn(1, 1, 64, 64) * 0.1
    red = red - F.avg_pool2d(red, 8).repeat_interleave(8, 2).repeat_interleave(8, 3)
    change = torch.cat([red, -red * 0.299 / 0.587, torch.zeros_like(red)], 1)
    with torch.inference_mode():
        first, second = (stylizer(x, style)[0] for x in (image, image + change))
    torch.testing.assert_close(first, second, atol=1e-4, rtol=0)


def test_parts_at_multiples_of_the_period_see_the_same_noise(stylizer):
    maps = torch.zeros(1, 1, PERIOD // 8 + 5, 9)
    noise = stylizer.noise_like(maps)
    assert noise.shape[2:] == maps.shape[2:]
    torch.testing.assert_close(noise[:, :, PERIOD // 8 :], noise[:, :, :5])
    assert noise.std() > 0.5


def test_the_edge_is_a_reflection():
    image = torch.arange(10.0).expand(1, 1, 4, 10)
    assert extended(image, 4)[0, 0, 0].tolist() == [*range(10), 8, 7]


def test_the_style_changes_the_picture(stylizer):
    image = torch.rand(1, 3, 32, 32)
    with torch.inference_mode():
        first, second = (stylizer(image, torch.randn(1, STYLE_CHANNELS))[0] for _ in range(2))
    assert (first - second).abs().max() > 0.01


def test_given_statistics_replace_those_found(stylizer):
    torch.manual_seed(0)
    image, style = torch.rand(1, 3, 64, 64), torch.randn(1, STYLE_CHANNELS)
    dark = image[:, :, :32] * 0.3
    with torch.inference_mode():
        whole, statistics = stylizer(image, style)
        same, _ = stylizer(image, style, statistics, torch.ones(1))
        alone, own = stylizer(dark, style)
        guided, _ = stylizer(dark, style, statistics, torch.ones(1))
        unguided, _ = stylizer(dark, style, statistics, torch.zeros(1))
    torch.testing.assert_close(same, whole, atol=1e-4, rtol=0)
    torch.testing.assert_close(unguided, alone, atol=1e-5, rtol=0)
    assert (guided - alone).abs().max() > 0.01
    assert own.shape == statistics.shape


def test_pictures_of_a_batch_are_independent(stylizer):
    images, styles = torch.rand(3, 3, 24, 40), torch.randn(3, STYLE_CHANNELS)
    with torch.inference_mode():
        together, _ = stylizer(images, styles)
        alone, _ = stylizer(images[1:2], styles[1:2])
    torch.testing.assert_close(together[1:2], alone, atol=1e-4, rtol=1e-4)


def test_a_style_vector_takes_any_size():
    encoder = StyleTransfer().encoder.eval()
    for size in ((64, 64), (65, 300)):
        assert encoder(torch.rand(2, 3, *size)).shape == (2, STYLE_CHANNELS)


def test_saved_networks_are_loaded_unchanged(tmp_path):
    network = StyleTransfer().eval()
    save_style_transfer(tmp_path / "model.safetensors", network, {"training": {"steps": 3}})
    loaded, card = load_style_transfer(tmp_path / "model.safetensors")
    assert card == {"training": {"steps": 3}}
    photograph, style = torch.rand(1, 3, 32, 32), torch.rand(1, 3, 64, 64)
    torch.testing.assert_close(loaded(photograph, style), network(photograph, style))


@pytest.mark.usefixtures("small_networks")
def test_the_shipped_files_hold_the_same_weights(random_networks):
    network, _ = load_style_transfer(random_networks)
    torch.manual_seed(0)  # as the fixture was made
    original = StyleTransfer()
    for ours, theirs in zip(network.stylizer.fine, original.stylizer.fine, strict=True):
        difference = ours.first.convolve.weight - theirs.first.convolve.weight
        assert difference.abs().max() < 1e-3  # stored as float16
