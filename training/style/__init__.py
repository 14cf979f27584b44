"""Training and evaluation of the stylizer and of the texture encoder."""
