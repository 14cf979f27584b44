"""The movement classifier: a convolutional trunk, one pooled embedding, and two linear readings."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from training.common.movements import KINDS, MOVEMENTS
from training.common.preprocessing import MEAN, STD, Colour


class Outputs(NamedTuple):
    """What the classifier says of N pictures, float32.

    `logits` [N,K] over movements, not yet divided by the temperature; `embedding` [N,C];
    `features` [N,C,h,w], the last feature map after its ReLU; `kind` [N,3], logits over KINDS.
    """

    logits: Tensor
    embedding: Tensor
    features: Tensor
    kind: Tensor


def unit_range(image: Tensor) -> Tensor:
    """uint8 [N,H,W,3] -> float32 [N,3,H,W] in [0,1]."""
    return image.permute(0, 3, 1, 2).float() / 255


class MovementNetwork(nn.Module):
    """A trunk with ArtNet's head: global average pooling, dropout, batch normalisation, linear.

    Pooling, an affine normalisation and a linear layer commute, so the class activation map
    (Zhou et al. 2016) of this head is exact: see `class_activation_weights`.

    Args:
        trunk: image [N,3,H,W] -> non-negative feature map [N,channels,h,w].
        channels: channels of that map.
        classes: number of movements.
        dropout: probability of dropping an embedding dimension in training.
        mean: of RGB in [0,1], what the trunk expects to be taken off.
        std: likewise, what it expects to be divided by.
    """

    def __init__(
        self,
        trunk: nn.Module,
        channels: int,
        classes: int = len(MOVEMENTS),
        dropout: float = 0.5,
        mean: Colour = MEAN,
        std: Colour = STD,
    ) -> None:
        super().__init__()
        self.mean, self.std = mean, std
        self.features = trunk
        self.dropout = nn.Dropout(dropout)
        self.norm = nn.BatchNorm1d(channels)
        self.classifier = nn.Linear(channels, classes)
        self.kind = nn.Linear(channels, len(KINDS))
        self.temperature: Tensor
        self.register_buffer("temperature", torch.ones(()))
        self._mean: Tensor
        self._std: Tensor
        self.register_buffer("_mean", torch.tensor(mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("_std", torch.tensor(std).view(1, 3, 1, 1), persistent=False)

    def normalise(self, image: Tensor) -> Tensor:
        """uint8 RGB [N,H,W,3] -> float32 [N,3,H,W] on the scale that the trunk expects."""
        return self.standardise(unit_range(image))

    def standardise(self, image: Tensor) -> Tensor:
        """float32 RGB in [0,1] [N,3,H,W] -> the same on the scale that the trunk expects."""
        return (image - self._mean) / self._std

    def forward(self, image: Tensor) -> Outputs:
        """Classify normalised images, float32 [N,3,H,W]."""
        features = self.features(image)
        embedding = features.float().mean((2, 3))
        normalised = self.norm(self.dropout(embedding))
        return Outputs(self.classifier(normalised), embedding, features, self.kind(normalised))

    def class_activation_weights(self) -> tuple[Tensor, Tensor]:
        """The head as one affine map of the feature map, batch normalisation folded in.

        Returns:
            Weights [K,C] and biases [K] such that, in evaluation mode,
            `(weights @ features).mean(h, w) + biases` are the logits.
        """
        mean, variance = self.norm.running_mean, self.norm.running_var
        assert mean is not None
        assert variance is not None
        scale = self.norm.weight / torch.sqrt(variance + self.norm.eps)
        shift = self.norm.bias - mean * scale
        weights = self.classifier.weight * scale
        return weights, self.classifier.bias + self.classifier.weight @ shift
