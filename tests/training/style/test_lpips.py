import pytest
import torch
from safetensors.torch import save_file

from training.style.lpips import Lpips

FIRES = {3: 64, 4: 128, 6: 128, 7: 256, 9: 256, 10: 384, 11: 384, 12: 512}
"""Position of each fire module in torchvision's squeezenet1_1, and the channels it sees."""

WIDTHS = (64, 128, 256, 384, 384, 512, 512)


@pytest.fixture(scope="module")
def lpips(tmp_path_factory):
    """The distance with random weights."""
    folder = tmp_path_factory.mktemp("lpips")
    generator = torch.Generator().manual_seed(0)
    state = {"features.0.weight": torch.randn(64, 3, 3, 3, generator=generator)}
    state["features.0.bias"] = torch.zeros(64)
    outputs = {3: 64, 4: 64, 6: 128, 7: 128, 9: 192, 10: 192, 11: 256, 12: 256}
    squeezed = {3: 16, 4: 16, 6: 32, 7: 32, 9: 48, 10: 48, 11: 64, 12: 64}
    for position, inputs in FIRES.items():
        parts = {
            "squeeze": (squeezed[position], inputs, 1),
            "expand1x1": (outputs[position], squeezed[position], 1),
            "expand3x3": (outputs[position], squeezed[position], 3),
        }
        for name, (out, into, size) in parts.items():
            kernel = torch.randn(out, into, size, size, generator=generator)
            state[f"features.{position}.{name}.weight"] = kernel * (2 / (into * size**2)) ** 0.5
            state[f"features.{position}.{name}.bias"] = torch.zeros(out)
    save_file(state, folder / "squeezenet.safetensors")
    linear = {
        f"lin{i}.model.1.weight": torch.rand(1, width, 1, 1, generator=generator)
        for i, width in enumerate(WIDTHS)
    }
    save_file(linear, folder / "linear.safetensors")
    return Lpips(folder / "squeezenet.safetensors", folder / "linear.safetensors")


def test_a_picture_is_at_no_distance_from_itself(lpips):
    image = torch.rand(2, 3, 64, 64)
    assert lpips(image, image).tolist() == [0, 0]


def test_distance_is_symmetric_and_grows(lpips):
    generator = torch.Generator().manual_seed(1)
    image = torch.rand(1, 3, 64, 64, generator=generator)
    noise = torch.randn(1, 3, 64, 64, generator=generator)
    near, far = image + 0.02 * noise, image + 0.3 * noise
    assert 0 < lpips(image, near).item() < lpips(image, far).item()
    torch.testing.assert_close(lpips(image, far), lpips(far, image))
