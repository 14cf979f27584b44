"""Sizes from coarse to fine. Torch-free."""

SMALLEST = 32
"""Pixels of the shorter side: VGG19 halves four times, and its last maps need an inside."""

COARSEST = 112
"""Pixels of a square's side, where pyramids begin: less holds no composition."""

Size = tuple[int, int]
"""Width and height in pixels."""


def fitted(width: int, height: int, longest: float) -> Size:
    """This shape with another longest side, but with no side below `SMALLEST`."""
    scale = max(longest / max(width, height), SMALLEST / min(width, height))
    return max(SMALLEST, round(width * scale)), max(SMALLEST, round(height * scale))


def pyramid(width: int, height: int, scales: int) -> list[Size]:
    """Sizes up to this one, each about 1.4 times the last one's sides.

    Args:
        width: of the finest.
        height: of the finest.
        scales: how many; fewer where they would be too small; 0 takes as many as are useful.
    """
    sizes = [(width, height)]
    while not scales or len(sizes) < scales:
        factor = 2 ** (len(sizes) / 2)
        smaller = (round(width / factor), round(height / factor))
        if min(smaller) < SMALLEST or (not scales and smaller[0] * smaller[1] < COARSEST**2):
            break
        sizes.append(smaller)
    return sizes[::-1]
