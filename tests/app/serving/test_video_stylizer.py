import numpy as np
import pytest
from skimage import data

from app.errors import UserError
from app.serving.style import interpolate
from app.serving.stylizer import Stylizer
from app.serving.video_stylizer import VideoStylizer

ROOM = data.coffee()[::4, ::4]
"""A scene: uint8 RGB [100,150,3]."""

LEFT = np.s_[:, :90]
"""The part of it that a lamp at its right does not reach."""


def lamp(shine: float) -> np.ndarray:
    """The scene with a lamp in its right third."""
    lit = ROOM.astype(np.float32)
    lit[:, 105:] *= shine
    return lit.clip(0, 255).astype(np.uint8)


def light(shine: float) -> np.ndarray:
    """The whole scene in more light or less."""
    return (ROOM * shine).clip(0, 255).astype(np.uint8)


def flicker(painted: list[np.ndarray]) -> float:
    """Mean change from frame to frame, in grey levels."""
    return float(np.abs(np.diff(np.stack(painted).astype(int), axis=0)).mean())


def alone(stylizer: Stylizer, frames: list[np.ndarray], style: np.ndarray) -> list[np.ndarray]:
    """Every frame painted as a picture of its own."""
    return [stylizer.paint(frame, style).picture for frame in frames]


def test_a_still_scene_does_not_flicker_beside_a_flickering_lamp(
    stylizer: Stylizer, style: np.ndarray
) -> None:
    frames = [lamp(shine) for shine in (0.7, 1.3, 0.6, 1.2, 0.8, 1.4)]
    film = VideoStylizer(stylizer, style)
    together = [film.paint(frame)[LEFT] for frame in frames]
    apart = [picture[LEFT] for picture in alone(stylizer, frames, style)]
    assert flicker(together) < flicker(apart) / 3


def test_a_scene_does_not_flicker_behind_a_moving_object(
    stylizer: Stylizer, style: np.ndarray
) -> None:
    frames = [ROOM.copy() for _ in range(6)]
    for index, frame in enumerate(frames):
        frame[60:80, 20 * index : 20 * index + 20] = 255
    film, above = VideoStylizer(stylizer, style), np.s_[:30]
    together = [film.paint(frame)[above] for frame in frames]
    apart = [picture[above] for picture in alone(stylizer, frames, style)]
    assert flicker(together) < flicker(apart) / 2


def test_a_flickering_light_on_the_whole_scene_is_normalised_away(
    stylizer: Stylizer, style: np.ndarray
) -> None:
    frames = [light(shine) for shine in (0.9, 1.1, 0.85, 1, 0.9, 1.1)]
    film = VideoStylizer(stylizer, style)
    together = flicker([film.paint(frame) for frame in frames])
    assert together < flicker(frames) / 2
    assert together < 1.05 * flicker(alone(stylizer, frames, style))


def test_the_same_frame_is_painted_the_same(stylizer: Stylizer, style: np.ndarray) -> None:
    film = VideoStylizer(stylizer, style)
    for _ in range(4):
        np.testing.assert_array_equal(film.paint(ROOM), stylizer.paint(ROOM, style).picture)


def test_a_cut_restarts_the_average(stylizer: Stylizer, style: np.ndarray) -> None:
    scene = data.astronaut()[::4, ::4]
    film = VideoStylizer(stylizer, style)
    for shine in (0.7, 1.3, 0.7):
        film.paint(lamp(shine))
    np.testing.assert_array_equal(film.paint(scene), stylizer.paint(scene, style).picture)


def test_the_average_follows_a_change_that_lasts(stylizer: Stylizer, style: np.ndarray) -> None:
    film = VideoStylizer(stylizer, style)
    film.paint(lamp(0.5))
    target = stylizer.paint(lamp(1.3), style).picture.astype(int)
    away = [np.abs(film.paint(lamp(1.3)) - target).mean() for _ in range(25)]
    assert away[0] > 5 * away[-1]
    assert away == sorted(away, reverse=True)


def test_all_frames_have_one_style(stylizer: Stylizer, style: np.ndarray) -> None:
    film = VideoStylizer(stylizer, style, strength=0.5)
    for shine in (0.5, 1.3):
        film.paint(lamp(shine))
        vector = interpolate(stylizer.encode(lamp(0.5)), style, 0.5)
        np.testing.assert_array_equal(film.vector, vector)


def test_a_strength_out_of_range_is_refused(stylizer: Stylizer, style: np.ndarray) -> None:
    with pytest.raises(UserError, match="strength"):
        VideoStylizer(stylizer, style, strength=2).paint(ROOM)


@pytest.mark.parametrize("stroke_size", [0.5, 2])
def test_strokes_have_the_same_size_as_in_a_single_picture(
    stylizer: Stylizer, style: np.ndarray, stroke_size: float
) -> None:
    film = VideoStylizer(stylizer, style, stroke_size=stroke_size)
    alone = stylizer.paint(ROOM, style, stroke_size=stroke_size).picture
    for _ in range(2):
        np.testing.assert_array_equal(film.paint(ROOM), alone)
    with pytest.raises(UserError, match="stroke size"):
        VideoStylizer(stylizer, style, stroke_size=9).paint(ROOM)


def test_broad_strokes_do_not_flicker_beside_a_flickering_lamp(
    stylizer: Stylizer, style: np.ndarray
) -> None:
    frames = [lamp(shine) for shine in (0.7, 1.3, 0.6, 1.2, 0.8, 1.4)]
    film, far = VideoStylizer(stylizer, style, stroke_size=2), np.s_[:, :60]
    together = [film.paint(frame)[far] for frame in frames]
    apart = [stylizer.paint(frame, style, stroke_size=2).picture[far] for frame in frames]
    assert flicker(together) < flicker(apart) / 3
