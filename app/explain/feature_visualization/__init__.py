"""Activation maximisation: pictures made to please a channel, a cell, a direction or a movement.

Parameters (`image`), transformations (`robustness`), objectives and going uphill (`render`) are
kept apart, as in lucid and lucent. `expression` and `recipes` are torch-free.
"""
