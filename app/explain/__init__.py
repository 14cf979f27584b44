"""Explanations of the classifier that need gradients, in PyTorch; imported when first used."""
