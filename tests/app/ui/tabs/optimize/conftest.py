"""The tab with a quick engine."""

import gradio as gr
import pytest

from app.settings import Settings
from app.ui import background_job
from app.ui.context import AppContext
from app.ui.handlers import ComponentValues
from app.ui.tabs.optimize.job import OptimizationJob, OptimizationState
from app.ui.tabs.optimize.tab import OptimizeTab
from tests.app.ui.tabs.optimize.quick_engine import PLAN, Engine


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background_job, "POLL_INTERVAL", 0.005)

    def steps(job: OptimizationJob):
        job._optimization = job._optimization or Engine(job.spec)
        job.plan, job.device = PLAN, "CPU"
        yield from job._optimization.run()

    monkeypatch.setattr(OptimizationJob, "_steps", steps)
    monkeypatch.setattr("app.ui.tabs.optimize.parameters.network_version", lambda name: "1")


@pytest.fixture(scope="module")
def page() -> gr.Blocks:
    return gr.Blocks()


@pytest.fixture(scope="module")
def tab(page: gr.Blocks, classifier, bundle) -> OptimizeTab:
    with page:
        return OptimizeTab(AppContext(classifier, Settings(), bundle))


@pytest.fixture
def values(tab: OptimizeTab) -> ComponentValues:
    """What the page says when it has just opened."""
    return {part: part.value for part in tab.inputs} | {tab.job_state: OptimizationState()}
