"""Style transfer by optimising the picture (Gatys et al. 2016), in PyTorch.

`recipe` and `spec` say what to paint and import no torch, so that the page may show presets and
check settings without loading it. `python -m app.optimize` is the command line.
"""
