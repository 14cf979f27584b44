"""Painting slowly from the command line: `python -m app.paint`."""
