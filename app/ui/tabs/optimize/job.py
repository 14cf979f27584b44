"""A painting that is being worked on: it can be left, and gone on with; and its visitor's desk.

PyTorch is imported only when a run begins: the page must open without it.
"""

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from app.errors import UserError
from app.optimize import zerogpu
from app.optimize.spec import GatysStep, Losses, OptimizationSpec, Plan
from app.ui.background_job import run_in_background
from app.ui.tabs.optimize.session import OptimizeSession, OptimizeSettings
from app.video.timelapse import Timelapse

_FRAMES = 0.25  # Seconds between two frames of the film, for encoding takes time from painting.
_MOST_LOSSES = 240  # Kept for the chart; beyond, every second one is let go.


class OptimizationJob:
    """One painting, from its first step to the last that was gone on with.

    Args:
        session: what it is a painting of.
        settings: how.
        spec: the same for the engine.
        provider: "cpu" keeps off the GPU.

    Attributes:
        plan: what is going to be done; None until it is known.
        picture: uint8 RGB [h,w,3], as far as it has come; None before the first step.
        last: the newest step.
        losses: after how many steps, and which.
        film: how it came about.
        device: "CPU" or "CUDA".
        downloaded: share of the network that has arrived, where it must be downloaded.
        enough: whether the visitor has asked for the end, or left.
    """

    def __init__(
        self,
        session: OptimizeSession,
        settings: OptimizeSettings,
        spec: OptimizationSpec,
        provider: str,
    ) -> None:
        self.session, self.settings, self.spec = session, settings, spec
        self.provider, self.device = provider, ""
        self.plan: Plan | None = None
        self.picture: np.ndarray | None = None
        self.last: GatysStep | None = None
        self.losses: list[tuple[int, Losses]] = []
        self.film = Timelapse()
        self.downloaded, self.enough = 0.0, False
        self._optimisation: Any = None
        self._before, self._seconds_before = 0, 0.0  # In parts that were finished earlier.
        self._every, self._filmed = 1, 0.0

    @property
    def finished(self) -> bool:
        """Whether all that was planned is done."""
        return self.last is not None and self.last.step >= self.last.total

    @property
    def steps(self) -> int:
        """Done since the beginning."""
        return self._before + (self.last.step if self.last else 0)

    @property
    def seconds(self) -> float:
        """Taken since the beginning."""
        return self._seconds_before + (self.last.seconds if self.last else 0.0)

    def extend(self) -> None:
        """Plan as much time again, from the picture as it is, at its full size."""
        assert self.picture is not None
        self._before, self._seconds_before = self.steps, self.seconds
        self.last = self.plan = self._optimisation = None
        recipe = replace(self.spec.recipe, start="picture", scales=1)
        self.spec = replace(
            self.spec,
            recipe=recipe,
            start=self.picture,
            side=max(self.picture.shape),
            keep_size=True,
        )

    def follow(self) -> Iterator[None]:
        """Paint in a thread of its own, to the end or until it is enough, and take turns with it.

        When the generator is closed, painting ends with the step at hand.

        Raises:
            UserError: the wish is impossible, or the network could not be had.
        """
        self.enough = False
        return run_in_background(self._paint, self._end)

    def _end(self) -> None:
        self.enough = True

    def _paint(self) -> None:
        steps = self._lent() if zerogpu.ZERO else self._own()
        try:
            for step in steps:
                self._remember(step)
                if self.enough:
                    break
        finally:
            steps.close()  # type: ignore[attr-defined]
        if self._optimisation is not None and not self.finished:
            self.picture = self._optimisation.picture  # In full size: steps give previews.
        if self.picture is not None:
            self.film.add(self.picture)

    def _own(self) -> Iterator[GatysStep]:
        if self._optimisation is None:
            from app.optimize.engine import Optimisation
            from app.optimize.features import load_network
            from app.torch_device import choose_device

            device = choose_device(self.provider)
            pooling = self.spec.recipe.pooling
            features = load_network(
                self.settings.network, device, pooling=pooling, report=self._report
            )
            self.device = "CUDA" if device.type == "cuda" else "CPU"
            self._optimisation = Optimisation(self.spec, features, device)
        self.plan = self._optimisation.plan
        yield from self._optimisation.run()

    def _lent(self) -> Iterator[GatysStep]:
        self.device = "CUDA"
        yield from zerogpu.paint(self.spec, self.settings.network, self.provider)

    def _report(self, share: float) -> None:
        if self.enough:
            raise UserError("The download was stopped; press Paint to begin it again.")
        self.downloaded = share

    def _remember(self, step: GatysStep) -> None:
        self.last, self.plan = step, step.plan
        if step.picture is not None:
            self.picture = step.picture
            if time.monotonic() > self._filmed + _FRAMES:
                self._filmed = time.monotonic()
                self.film.add(step.picture)
        if step.step % self._every == 0 or step.step == step.total:
            self.losses.append((self.steps, step.losses))
        if len(self.losses) > _MOST_LOSSES:
            self.losses, self._every = self.losses[::2], 2 * self._every


@dataclass(eq=False)
class JobState:
    """What one visitor has on it; Gradio gives each session a copy of its own, an empty one.

    Attributes:
        run: the newest painting, as long as it can be gone on with.
        busy: whether it is being painted right now.
        home: the newest painting, uint8 RGB [H,W,3], its title and how it was made.
    """

    run: OptimizationJob | None = None
    busy: bool = False
    home: tuple[np.ndarray, str, str] | None = None

    def put_away(self) -> None:
        """Free what could be gone on with, unless it is being painted; the picture stays."""
        if not self.busy:
            self.run = None

    def clear(self) -> None:
        """End the painting and free its memory, on the GPU too."""
        if self.run is not None:
            self.run.enough = True
        self.run = self.home = None
        torch = sys.modules.get("torch")
        if torch is not None and torch.cuda.is_initialized():
            torch.cuda.empty_cache()
