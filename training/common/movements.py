"""The five movements that Deep Brush tells apart, other kinds of picture, and their probabilities.

Torch-free: the app imports it.
"""

import numpy as np

MOVEMENTS = ("Abstract", "Cubism", "Expressionism", "Impressionism", "Realism")
"""Class names in the order of the network's outputs (alphabetical)."""

KINDS = ("one of the movements", "photograph", "another movement")
"""What a picture can be at all; the first is what the movement classifier was made for."""


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities along the last axis, of the same shape and type.

    NumPy alone, because SciPy's takes a fifth of a second to import.
    """
    powers = np.exp(logits - logits.max(-1, keepdims=True))
    probabilities: np.ndarray = powers / powers.sum(-1, keepdims=True)
    return probabilities
