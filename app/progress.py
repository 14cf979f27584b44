"""Progress of long work: the base class of the steps that generators yield."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False, kw_only=True)
class Step:
    """One step of long work.

    Attributes:
        step: how many steps are done, at least one.
        total: how many there will be, as far as is known.
        picture: how it looks so far, uint8 RGB [h,w,3]; None where there is nothing to show.
        seconds: since the start.
    """

    step: int
    total: int
    picture: np.ndarray | None
    seconds: float

    @property
    def eta(self) -> float:
        """Seconds that are still to come, if the other steps take as long as those so far."""
        return self.seconds / self.step * (self.total - self.step)
