"""Activation maximization: pictures that excite a channel, a cell, a direction or a movement.

Parameters (`fourier_image`), transforms, objectives and optimization (`render`) are kept apart, as
in lucid and lucent. `objective_parser` and `rendering_config` are torch-free.
"""
