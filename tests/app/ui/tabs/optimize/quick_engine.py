"""A quick engine in place of the real one, and what a visitor does on the Paint slowly tab."""

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from app.optimize.recipe import PRESETS
from app.optimize.spec import GatysStep, Level, Losses, Plan
from app.ui.handlers import ComponentValues, Updates
from app.ui.tabs.optimize.advanced_form import PRESET
from app.ui.tabs.optimize.session import OptimizeSettings
from app.ui.tabs.optimize.tab import OptimizeTab
from tests.app.ui.painting import actions
from tests.app.ui.painting.actions import file_data

STEPS = 8


SETTINGS = OptimizeSettings(recipe=PRESETS[PRESET])


PLAN = Plan((Level(40, 30, 4, 2.0), Level(80, 60, 4, 2.0)), 10**6, ("It is smaller.",))


class Engine:
    """Counts to eight, slowly enough to be stopped."""

    def __init__(self, spec: Any, *_: Any) -> None:
        self.spec, self.plan, self.done = spec, PLAN, 0

    @property
    def picture(self) -> np.ndarray:
        return np.full((60, 80, 3), 20 * self.done, np.uint8)

    def run(self):
        while self.done < STEPS:
            time.sleep(0.01)
            self.done += 1
            losses = Losses(1 / self.done, 1 / self.done, 0.0, 2 / self.done)
            yield GatysStep(
                step=self.done,
                total=STEPS,
                picture=self.picture,
                seconds=self.done / 2,
                losses=losses,
                level=(self.done - 1) // 4,
                plan=PLAN,
            )


REQUEST = SimpleNamespace(session_hash="ann")


def file(updates: Updates, part: Any) -> Path:
    return Path(updates[part]["value"])


def begin(tab: OptimizeTab, values: ComponentValues) -> list[Updates]:
    return list(tab.job_panel.begin(values, REQUEST))


def drop(tab: OptimizeTab, values: ComponentValues, png: Path) -> Updates:
    """Upload a painting, and ask for its settings."""
    return actions.restore(tab, values, file_data(png))
