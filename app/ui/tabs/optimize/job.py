"""A painting that is being optimized, which can be stopped and continued.

PyTorch is imported only when a job begins: the page must open without it.
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
from app.translation import gettext as _
from app.ui.background_job import JobState
from app.ui.tabs.optimize.session import OptimizeSession, OptimizeSettings
from app.video.timelapse import Timelapse

_FRAME_INTERVAL = 0.25  # Seconds between two frames of the time-lapse: encoding takes time, too.
_MOST_LOSSES = 240  # Kept for the chart; beyond, every second one is dropped.


class OptimizationJob:
    """One painting, from its first step to the last one after which it was continued.

    Args:
        session: what it is a painting of.
        settings: how.
        spec: the same for the engine.
        provider: "cpu" does not use the GPU.

    Attributes:
        plan: sizes and steps; None until they are known.
        picture: uint8 RGB [h,w,3], the newest preview; None before the first step.
        last: the newest step.
        losses: after how many steps, and which.
        timelapse: pictures of its steps.
        device: "CPU" or "CUDA".
        downloaded: share of the network that is downloaded, where it must be.
        stop_requested: whether it shall end after the current step.
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
        self.timelapse = Timelapse()
        self.downloaded, self.stop_requested = 0.0, False
        self._optimization: Any = None
        self._steps_before, self._seconds_before = 0, 0.0  # In parts that were finished earlier.
        self._loss_interval, self._last_frame = 1, 0.0

    @property
    def finished(self) -> bool:
        """Whether all that was planned is done."""
        return self.last is not None and self.last.step >= self.last.total

    @property
    def steps(self) -> int:
        """Done since the beginning."""
        return self._steps_before + (self.last.step if self.last else 0)

    @property
    def seconds(self) -> float:
        """Taken since the beginning."""
        return self._seconds_before + (self.last.seconds if self.last else 0.0)

    def extend(self) -> None:
        """Plan as much time again, from the picture as it is, at its full size."""
        assert self.picture is not None
        self._steps_before, self._seconds_before = self.steps, self.seconds
        self.last = self.plan = self._optimization = None
        recipe = replace(self.spec.recipe, start="picture", scales=1)
        self.spec = replace(
            self.spec,
            recipe=recipe,
            start=self.picture,
            side=max(self.picture.shape),
            keep_size=True,
        )

    def stop(self) -> None:
        """End after the current step; the picture is kept."""
        self.stop_requested = True

    def run(self) -> None:
        """Paint, to the end or until `stop` is called; for a thread of its own.

        Raises:
            UserError: the settings are impossible, or the network could not be loaded.
        """
        steps = self._steps_on_zerogpu() if zerogpu.ZERO else self._steps()
        try:
            for step in steps:
                self._record(step)
                if self.stop_requested:
                    break
        finally:
            steps.close()  # type: ignore[attr-defined]
        if self._optimization is not None and not self.finished:
            self.picture = self._optimization.picture  # In full size: steps give previews.
        if self.picture is not None:
            self.timelapse.add(self.picture)

    def _steps(self) -> Iterator[GatysStep]:
        if self._optimization is None:
            from app.optimize.engine import Optimization
            from app.optimize.features import load_network
            from app.torch_device import choose_device

            device = choose_device(self.provider)
            pooling = self.spec.recipe.pooling
            features = load_network(
                self.settings.network, device, pooling=pooling, report=self._report_download
            )
            self.device = "CUDA" if device.type == "cuda" else "CPU"
            self._optimization = Optimization(self.spec, features, device)
        self.plan = self._optimization.plan
        yield from self._optimization.run()

    def _steps_on_zerogpu(self) -> Iterator[GatysStep]:
        self.device = "CUDA"
        yield from zerogpu.paint(self.spec, self.settings.network, self.provider)

    def _report_download(self, share: float) -> None:
        if self.stop_requested:
            raise UserError(_("The download was stopped; press Paint to begin it again."))
        self.downloaded = share

    def _record(self, step: GatysStep) -> None:
        self.last, self.plan = step, step.plan
        if step.picture is not None:
            self.picture = step.picture
            if time.monotonic() > self._last_frame + _FRAME_INTERVAL:
                self._last_frame = time.monotonic()
                self.timelapse.add(step.picture)
        if step.step % self._loss_interval == 0 or step.step == step.total:
            self.losses.append((self.steps, step.losses))
        if len(self.losses) > _MOST_LOSSES:
            self.losses, self._loss_interval = self.losses[::2], 2 * self._loss_interval


@dataclass(eq=False)
class OptimizationState(JobState):
    """The job of one visitor, and its result; see `JobState`.

    Attributes:
        job: the newest painting, as long as it can be continued.
        result: title of the newest painting, uint8 RGB [H,W,3], and how it was made.
    """

    job: OptimizationJob | None = None
    result: tuple[str, np.ndarray, str] | None = None

    def stop(self) -> None:
        """End the painting soon; it is kept."""
        super().stop()
        if self.job is not None:
            self.job.stop()

    def discard(self) -> None:
        """Free what could be continued, unless it is being painted; the result stays."""
        if not self.busy:
            self.job = None

    def clear(self) -> None:
        """End the painting and free its memory, on the GPU too."""
        super().clear()
        self.stop()
        self.job = self.result = None
        torch = sys.modules.get("torch")
        if torch is not None and torch.cuda.is_initialized():
            torch.cuda.empty_cache()
