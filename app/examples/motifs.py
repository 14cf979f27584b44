"""What the example pictures show: plain shapes for `stroke_renderer.paint` to paint over."""

import cv2
import numpy as np

Colour = tuple[int, int, int]


def smooth_noise(rng: np.random.Generator, shape: tuple[int, ...], scale: int) -> np.ndarray:
    """Noise of unit variance whose hills are about `scale` pixels wide, float32 [H,W]."""
    height, width = shape[:2]
    coarse = rng.standard_normal((height // scale + 2, width // scale + 2)).astype(np.float32)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)


def ramp(positions: np.ndarray, stops: dict[float, Colour]) -> np.ndarray:
    """Colours at `positions` between coloured stops, float [...,3]."""
    colours = np.array(list(stops.values()), float).T
    return np.stack([np.interp(positions, list(stops), channel) for channel in colours], axis=-1)


def _polygon(picture: np.ndarray, points: object, colour: Colour) -> None:
    cv2.fillPoly(picture, [np.asarray(points, float).astype(np.int32)], colour, cv2.LINE_AA)


def _line(picture: np.ndarray, start: object, end: object, colour: Colour, width: float) -> None:
    a, b = (tuple(np.asarray(point, float).astype(int).tolist()) for point in (start, end))
    cv2.line(picture, a, b, colour, max(1, int(width)), cv2.LINE_AA)


def draw_harbour(rng: np.random.Generator) -> tuple[np.ndarray, int]:
    """Boats before a low sun: uint8 RGB [720,960,3], and the row of the horizon."""
    width, height, horizon = 960, 720, 331
    above = {0.0: (96, 118, 150), 0.45: (150, 150, 165), 0.8: (226, 164, 120), 1.0: (236, 178, 128)}
    below = {0.0: (188, 150, 128), 0.2: (120, 134, 146), 0.6: (72, 104, 122), 1.0: (44, 74, 92)}
    sky = ramp(np.linspace(0, 1, horizon), above)
    sea = ramp(np.linspace(0, 1, height - horizon), below)
    light = np.repeat(np.concatenate([sky, sea])[:, None], width, axis=1)
    light += smooth_noise(rng, light.shape, 120)[..., None] * np.array([9, 6, 8])
    picture = np.clip(light, 0, 255).astype(np.uint8)

    shore = picture.copy()
    ridge = [(0, 26), (120, 40), (230, 22), (380, 34), (470, 12), (600, 8), (720, 30), (860, 44)]
    outline = [(x, horizon - rise) for x, rise in ridge]
    _polygon(shore, [*outline, (width, 301), (width, 339), (0, 339)], (104, 112, 132))
    for x, mast in ((60, 150), (96, 110), (170, 130), (780, 120), (830, 90), (900, 140)):
        _line(shore, (x, horizon), (x + 6, horizon - mast), (96, 104, 126), 5)
    picture = cv2.addWeighted(picture, 0.35, shore, 0.65, 0)

    sun = (595, 192)
    y, x = np.mgrid[0:height, 0:width]
    glow = 0.55 * np.exp(-((x - sun[0]) ** 2 + (y - sun[1]) ** 2) / (2 * 120**2))[..., None]
    picture = (picture * (1 - glow) + np.array([248, 168, 96]) * glow).astype(np.uint8)
    cv2.circle(picture, sun, 30, (250, 108, 52), -1, cv2.LINE_AA)
    for step, row in enumerate(range(horizon + 18, height - 20, 17)):
        half, middle = 16 + 1.6 * step + rng.uniform(-5, 8), sun[0] + rng.normal(0, 5 + step / 2)
        _line(picture, (middle - half, row), (middle + half, row), (246, 138 - step, 78), 9)
    for place, size in (((300, 500), 1.5), ((500, 430), 0.9), ((150, 425), 0.7)):
        _boat(picture, np.array(place), size)
    return picture, horizon


def _boat(picture: np.ndarray, place: np.ndarray, size: float) -> None:
    """A rowing boat with two people and its reflection."""
    for row in range(4):
        left, right = (-50 + 9 * row, 32 + 13 * row), (50 - 12 * row, 31 + 13 * row)
        start, end = place + size * np.array((left, right))
        _line(picture, start, end, (46, 62, 76), 6 * size)
    hull = np.array([(-70, 0), (70, -4), (52, 20), (-48, 22)])
    _polygon(picture, place + size * hull, (36, 44, 58))
    for (x, y), tall, lean in (((-6, -24), 26, 8), ((30, -14), 18, -12)):
        centre = (place + size * np.array((x, y))).astype(int).tolist()
        axes = (int(9 * size), int(tall * size))
        cv2.ellipse(picture, centre, axes, lean, 0, 360, (42, 48, 62), -1, cv2.LINE_AA)
    grip, blade = place + size * np.array(((-10, -8), (-74, 26)))
    _line(picture, grip, blade, (44, 50, 62), 5 * size)


def draw_night(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Houses under a burning sky: uint8 RGB [720,960,3], and directions, float32 [720,960]."""
    width, height, moon = 960, 720, (710, 144)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    wave = smooth_noise(rng, y.shape, 190)
    distance = np.hypot(x - moon[0], y - moon[1])
    bands = {0.0: (14, 24, 78), 0.16: (28, 60, 140), 0.27: (20, 44, 110), 0.36: (226, 96, 40)}
    bands |= {0.43: (244, 168, 44), 0.5: (206, 54, 40), 0.58: (28, 70, 92), 1.0: (10, 30, 44)}
    sky = ramp(y / height + 0.1 * np.sin(x / width * 7 + 1.2 * wave) + 0.06 * wave, bands)
    halo = 0.8 * np.clip(1 - distance / 190, 0, 1)[..., None]
    rings = (0.775 + 0.225 * np.cos(distance / 17))[..., None]
    sky = sky * (1 - halo) + np.array([246, 214, 96]) * halo * rings
    picture = np.clip(sky, 0, 255).astype(np.uint8)
    cv2.circle(picture, moon, 40, (255, 240, 170), -1, cv2.LINE_AA)
    _land(picture)
    trees = np.zeros(y.shape, np.uint8)
    for stem in (70, 110, 640, 700, 905):
        base, tip = 560 + 20 * np.sin(stem), 300 - stem % 90
        edge = [(-22, 0), (18, 0), (26, -150), (-4, -tip), (-30, -140)]
        _polygon(trees, [(stem + dx, base + dy) for dx, dy in edge], (255, 0, 0))
    picture[trees > 0] = (14, 44, 40)

    flow = 0.35 * np.cos(x / width * 7 + wave) + 0.5 * wave
    circling = np.arctan2(y - moon[1], x - moon[0]) + np.pi / 2
    field = np.where(distance < 273, circling, flow)
    field = np.where(y > 470, 0.6 * flow + 0.25 * np.sin(x / 90), field)
    near_trees = cv2.dilate(trees, np.ones((9, 9), np.uint8)) > 0
    return picture, np.where(near_trees, np.pi / 2 + 0.3 * wave, field).astype(np.float32)


def _land(picture: np.ndarray) -> None:
    """Hills, a path and three houses with their lights on."""
    hills = [(0, 520), (150, 470), (330, 430), (520, 470), (700, 500), (860, 450), (960, 430)]
    _polygon(picture, [*hills, (960, 720), (0, 720)], (24, 74, 62))
    meadow = [(0, 610), (260, 560), (520, 600), (960, 560), (960, 720), (0, 720)]
    _polygon(picture, meadow, (60, 96, 40))
    path = [(330, 720), (480, 720), (420, 620), (372, 540), (352, 470), (338, 470), (352, 640)]
    _polygon(picture, path, (232, 176, 92))
    wall = np.array([(-40, 0), (42, -8), (36, -74), (-46, -66)])
    roof = np.array([(-56, -60), (48, -70), (4, -130)])
    window = np.array([(-8, -24), (10, -26), (9, -48), (-9, -46)])
    for place, size, wall_colour, roof_colour in (
        ((300, 440), 1.3, (196, 56, 48), (30, 20, 46)),
        ((420, 468), 0.9, (222, 190, 120), (120, 30, 40)),
        ((210, 470), 0.8, (60, 90, 150), (24, 22, 50)),
    ):
        _polygon(picture, size * wall + place, wall_colour)
        _polygon(picture, size * roof + place, roof_colour)
        _polygon(picture, size * window + place, (255, 214, 90))


def draw_table() -> np.ndarray:
    """A still life with bottle, guitar and fruit: uint8 RGB [960,760,3]."""
    width, height = 760, 960
    wall = {0.0: (138, 132, 118), 0.55: (206, 184, 146), 1.0: (150, 112, 74)}
    rows = ramp(np.linspace(0, 1, height), wall).astype(np.uint8)
    picture = np.repeat(rows[:, None], width, axis=1)
    _polygon(picture, [(40, 60), (250, 30), (250, 330), (40, 360)], (104, 138, 168))
    _polygon(picture, [(0, 590), (760, 520), (760, 960), (0, 960)], (150, 92, 48))
    cloth = [(40, 640), (470, 560), (640, 740), (300, 900), (70, 860)]
    _polygon(picture, cloth, (234, 226, 206))
    _polygon(picture, [(380, 330), (640, 300), (668, 560), (402, 590)], (58, 66, 92))
    _polygon(picture, [(404, 356), (618, 330), (640, 536), (420, 560)], (226, 216, 190))
    for row in range(0, 170, 34):
        _line(picture, (430, 392 + row), (622, 370 + row), (70, 60, 56), 3)
    _guitar(picture)
    glass = [(170, 690), (170, 400), (216, 320), (216, 170), (276, 170), (276, 320), (322, 400)]
    _polygon(picture, [*glass, (322, 690)], (34, 62, 52))
    lit = [(246, 690), (246, 170), (276, 170), (276, 320), (322, 400), (322, 690)]
    _polygon(picture, lit, (58, 96, 78))
    _polygon(picture, [(174, 470), (318, 462), (318, 590), (174, 600)], (240, 220, 168))
    _polygon(picture, [(174, 510), (318, 502), (318, 536), (174, 544)], (170, 44, 36))
    for (x, y), radius, skin, shine in (
        ((120, 800), 56, (186, 52, 34), (226, 106, 66)),
        ((212, 836), 52, (218, 150, 46), (246, 196, 96)),
        ((150, 700), 40, (120, 140, 60), (170, 184, 96)),
    ):
        cv2.circle(picture, (x, y), radius, skin, -1, cv2.LINE_AA)
        lit_at = (x - radius // 4, y - radius // 4)
        cv2.circle(picture, lit_at, radius // 2, shine, -1, cv2.LINE_AA)
    return picture


def _guitar(picture: np.ndarray) -> None:
    wood, dark = (196, 118, 44), (48, 28, 22)
    cv2.ellipse(picture, (452, 726), (168, 132), -34, 0, 360, dark, -1, cv2.LINE_AA)
    cv2.ellipse(picture, (452, 722), (158, 122), -34, 0, 360, wood, -1, cv2.LINE_AA)
    cv2.ellipse(picture, (560, 618), (118, 98), -34, 0, 360, (212, 140, 60), -1, cv2.LINE_AA)
    cv2.circle(picture, (520, 664), 46, dark, -1, cv2.LINE_AA)
    _polygon(picture, [(566, 640), (598, 612), (742, 250), (704, 236)], (60, 36, 26))
    _polygon(picture, [(742, 250), (704, 236), (714, 150), (760, 160)], (92, 56, 36))
    for string in range(-2, 3):
        _line(picture, (420 + 8 * string, 790), (722 + 5 * string, 170), (240, 228, 196), 2)
