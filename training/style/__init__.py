"""What the stylizer is taught with: pairs of pictures, losses, and a sheet to look at."""
