"""What needs gradients, in PyTorch; imported only when it is first used.

`recipe` and `commission` say what to paint and import no torch, so that the page may show presets
and check wishes without loading it.
"""
