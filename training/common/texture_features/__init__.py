"""Measurements of a picture that an art teacher recognises; torch-free, the app imports them."""
