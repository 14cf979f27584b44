"""Painting the frames of a video without flicker.

    video = VideoStylizer(stylizer, vector, strength=0.8)
    painted = [video.paint(frame) for frame in frames]

The stylizer normalises every picture by its own statistics. In a video these change with whatever
moves, and with them the colours of everything else. Normalising by the statistics of another pass
is the idea of URST (Chen et al. 2021, arXiv 2103.11784), for the tiles of one picture. Here they
are averaged over the frames, by an exponential moving average.
"""

import numpy as np

from app.serving.resolution import resize_to_photograph, working_size
from app.serving.style import blend_photograph, interpolate
from app.serving.stylizer import Stylizer
from training.common.preprocessing import resize

DECAY = 0.9
"""Share of the average that is kept from frame to frame while the scene is still."""

LARGEST_CHANGE = 4.0
"""Median change from frame to frame, in grey levels, from which on nothing of it is kept."""

_CELLS = 16  # Frames are compared in so many columns and rows.


class VideoStylizer:
    """One video, whose frames are painted in order, by one thread at a time.

    How much of the average is kept depends on the median change of the scene's cells, so that
    something may cross up to half of it. At a cut everything changes, and the average restarts. It
    also restarts where the light on the whole scene flickers: a frame's own statistics remove
    nearly all of that, which older ones would not.

    Args:
        stylizer: what paints.
        vector: float32 [D], the style.
        strength: 0..1, from the style of the first frame to `vector`.
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
        share = DECAY * self._stillness(frame)
        # The network goes from its own statistics to the average as far as the average is kept:
        # what it normalises with is the new average already.
        (painted,), own = self.stylizer.run(seen[None], self.vector[None], self._average, share)
        self._average = own if self._average is None else own + share * (self._average - own)
        return blend_photograph(frame, resize_to_photograph(painted, frame), self.strength)

    def _stillness(self, frame: np.ndarray) -> float:
        """How little the scene has changed since the last frame, 0..1; 0 for the first."""
        seen, before = resize(frame, _CELLS, _CELLS).astype(np.float32), self._seen
        self._seen = seen
        if before is None:
            return 0.0
        change = np.median(np.abs(seen - before).mean(axis=2))
        return max(0.0, 1 - float(change) / LARGEST_CHANGE)
