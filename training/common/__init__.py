"""What the app shares with training: decoding, preprocessing, names. Torch-free."""
