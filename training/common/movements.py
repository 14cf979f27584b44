"""The five movements that Deep Brush tells apart, and the other kinds of picture it must refuse.

Torch-free: the app imports it.
"""

MOVEMENTS = ("Abstract", "Cubism", "Expressionism", "Impressionism", "Realism")
"""Class names in the order of the network's outputs (alphabetical)."""

KINDS = ("one of the movements", "photograph", "another movement")
"""What a picture can be at all; the first is what the movement classifier was made for."""
