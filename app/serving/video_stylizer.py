"""Painting the frames of a film so that what stands still stays still.

    film = Film(stylizer, chosen, strength=0.8)
    painted = [film.paint(frame) for frame in frames]

The stylizer normalises every picture by its own statistics. In a film these change with whatever
moves, and with them the colours of all that does not. That a pass can be given the statistics of
another one is the idea of URST (Chen et al. 2021, arXiv 2103.11784), for the tiles of one picture.
Averaging them over the frames of a film is ours: an exponential moving average.
"""

import numpy as np

from app.serving.resolution import bring_to_size, working_size
from app.serving.style import blend_photograph, interpolate
from app.serving.stylizer import Stylizer
from training.common.preprocessing import resize

INERTIA = 0.9
"""Share of the average that is kept from frame to frame while the scene stands still."""

RESTLESS = 4.0
"""Median change from frame to frame, in grey levels, from which on nothing of it is kept."""

_CELLS = 16  # Frames are compared in so many columns and rows.


class VideoStylizer:
    """One film, whose frames are painted in order, by one thread at a time.

    How much of the average is kept depends on how still the scene stands, as the median change of
    its parts tells: something may cross up to half of it. At a cut all of it changes, and the
    average begins anew. So it does where the light on the whole scene flickers: a frame's own
    statistics take nearly all of that away, which older ones would not.

    Args:
        stylizer: what paints.
        vector: float32 [D], the style.
        strength: 0..1, the way to `vector` from the style of the first frame.
        stroke_size: see `Stylizer.steps`; each frame is painted in a single pass.
    """

    def __init__(
        self,
        stylizer: Stylizer,
        vector: np.ndarray,
        strength: float = 1.0,
        stroke_size: float = 1.0,
    ) -> None:
        self.stylizer, self.vector, self.strength = stylizer, vector, strength
        self.stroke_size = stroke_size
        self._average: np.ndarray | None = None  # float32 [1,S]
        self._seen: np.ndarray | None = None  # float32 [_CELLS,_CELLS,3]

    def paint(self, frame: np.ndarray) -> np.ndarray:
        """Paint the next frame, uint8 RGB [H,W,3]; so is the result.

        Raises:
            UserError: the strength or the stroke size is out of range.
        """
        if self._seen is None and self.strength != 1:  # Once: it would differ from frame to frame.
            self.vector = interpolate(self.stylizer.encode(frame), self.vector, self.strength)
        height, width = frame.shape[:2]
        seen = resize(frame, *working_size(width, height, self.stroke_size))
        share = INERTIA * self._stillness(frame)
        # The network goes from its own statistics to the average as far as the average is kept:
        # what it normalises with is the new average already.
        (painted,), own = self.stylizer.run(seen[None], self.vector[None], self._average, share)
        self._average = own if self._average is None else own + share * (self._average - own)
        return blend_photograph(frame, bring_to_size(painted, frame), self.strength)

    def _stillness(self, frame: np.ndarray) -> float:
        """How still the scene has stood since the last frame, 0..1; 0 for the first."""
        seen, before = resize(frame, _CELLS, _CELLS).astype(np.float32), self._seen
        self._seen = seen
        if before is None:
            return 0.0
        change = np.median(np.abs(seen - before).mean(axis=2))
        return max(0.0, 1 - float(change) / RESTLESS)
