"""Training and measuring the movement classifier."""
