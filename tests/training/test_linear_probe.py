import torch
from torch import nn

from training import linear_probe as module
from training.data import read_manifest
from training.linear_probe import linear_probe
from training.networks.inception import CHANNELS


class MeanColour(nn.Module):
    """A trunk whose every channel is a multiple of the picture's colours."""

    def __init__(self, path):
        super().__init__()

    def forward(self, image):
        small = nn.functional.adaptive_avg_pool2d(image, 2)
        return {name: small.repeat(1, -(-width // 3), 1, 1)[:, :width]
                for name, width in CHANNELS.items()}  # fmt: skip


def test_probe_reads_what_the_features_hold(manifest, monkeypatch):
    monkeypatch.setitem(module.TEACHERS, "mean_colour", MeanColour)
    torch.manual_seed(0)
    scores = linear_probe("mean_colour", "nowhere", read_manifest(manifest))
    assert scores["test"]["accuracy"] > 0.8
    assert scores["test_artists"]["macro_f1"] > 0.8
    assert scores["test_artists"]["macro_recall"] > 0.8
    assert "mean_colour" in scores["name"]
