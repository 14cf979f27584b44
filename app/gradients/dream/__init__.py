"""Activation maximisation: pictures made to please a channel, a cell, a direction or a movement.

Parameters (`canvas`), transformations (`robustness`), objectives and going uphill (`render`) are
kept apart, as in lucid and lucent. `wish` and `recipes` are torch-free.
"""
