"""How colourful, how warm."""

import numpy as np

from training.common.texture_features.sheet import Sheet


def colourfulness(sheet: Sheet) -> float:
    """How colourful a picture is taken to be: 0 (grey) to about 110 (extremely).

    Hasler and Süsstrunk, "Measuring colourfulness in natural images", SPIE 5007, 2003: deviation
    plus 0.3 of the mean distance from grey, in the opponents red-green and yellow-blue. Twenty
    people called 15 slightly, 33 moderately, 59 quite and 82 highly colourful.
    """
    red, green, blue = np.moveaxis(sheet.picture.astype(np.float32), -1, 0)
    red_green, yellow_blue = red - green, (red + green) / 2 - blue
    spread = np.hypot(red_green.std(), yellow_blue.std())
    return float(spread + 0.3 * np.hypot(red_green.mean(), yellow_blue.mean()))


def warmth(sheet: Sheet) -> float:
    """How warm the colours are felt to be; below 0 they are cool, and grey is at -0.5.

    The mean over a picture of warm-cool in Ou, Luo, Woodcock and Wright, "A study of colour emotion
    and colour preference. Part I", Color Research and Application 29, 2004:
    -0.5 + 0.02 C^1.07 cos(h - 50 degrees), fitted to what 31 observers felt of single colours.
    """
    _, a, b = np.moveaxis(sheet.lab, -1, 0)
    chroma, hue = np.hypot(a, b), np.arctan2(b, a)
    return float((-0.5 + 0.02 * chroma**1.07 * np.cos(hue - np.deg2rad(50))).mean())
