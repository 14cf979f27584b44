"""Texture measures of a picture. Torch-free: the app imports them."""
