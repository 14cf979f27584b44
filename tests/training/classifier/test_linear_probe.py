import torch
from torch import nn

from training.classifier.linear_probe import linear_probe
from training.classifier.teachers import TEACHERS, Teacher, TeacherOutputs
from training.data import read_manifest


class MeanColour(Teacher):
    """A teacher whose vector is the picture's colours at four places, 300 times."""

    def __init__(self, files):
        super().__init__()

    def forward(self, image):
        return TeacherOutputs(
            {}, nn.functional.adaptive_avg_pool2d(image, 2).flatten(1).repeat(1, 300)
        )


def test_probe_reads_what_the_features_hold(manifest, monkeypatch):
    monkeypatch.setitem(TEACHERS, "mean_colour", MeanColour)
    torch.manual_seed(0)
    scores = linear_probe("mean_colour", "nowhere", read_manifest(manifest))
    assert scores["test"]["accuracy"] > 0.8
    assert scores["test_artists"]["macro_f1"] > 0.8
    assert scores["test_artists"]["macro_recall"] > 0.8
    assert "mean_colour" in scores["name"]
