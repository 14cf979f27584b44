"""Long work in a background thread, which the page polls.

Each kind of it has a `JobState` for each visitor, and a `StopButton`. Its handler is a generator:

    with self.job_state.running(request, BUSY):
        for _ in run_in_background(job.run, job.stop):
            yield self._show(job)
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any

import gradio as gr

from app.errors import UserError
from app.translation import gettext as _
from app.ui.sessions import SESSIONS

POLL_INTERVAL = 0.7
"""Seconds between two looks at how far the work has come."""


@dataclass(eq=False)  # By identity: `Sessions` refers to it weakly.
class JobState:
    """Long work of one visitor, one job at a time; each session has its own copy.

    A kind of work that has results to keep adds them in a subclass, and frees them in `clear`.

    Attributes:
        busy: whether a job is running.
        stop_requested: whether it shall end soon: Stop was pressed, or the visitor has left.
        left: whether the visitor has left, so that no result is needed.
    """

    busy: bool = False
    stop_requested: bool = False
    left: bool = False

    @contextmanager
    def running(self, request: gr.Request, refusal: str) -> Iterator[None]:
        """Run one job inside it; `clear` is called as soon as the visitor leaves.

        Args:
            request: of the event, which tells the session.
            refusal: the sentence that is shown when a second job is started.

        Raises:
            UserError: one is running already.
        """
        if self.busy:
            raise UserError(refusal)
        SESSIONS.clear_on_leaving(request, self)
        self.busy, self.stop_requested, self.left = True, False, False
        try:
            yield
        except GeneratorExit:  # Gradio closes a handler's generator when its visitor has left.
            self.clear()
            raise
        finally:
            self.busy = False

    def stop(self) -> None:
        """Ask the job to end soon; its result so far is kept."""
        self.stop_requested = True

    def clear(self) -> None:
        """Free the results of a visitor who has left; a running job ends soon."""
        self.stop_requested = self.left = True


class StopButton:
    """A button that ends a job; to be made where it shall stand, and connected afterwards."""

    def __init__(self, elem_id: str) -> None:
        self.button = gr.Button(_("Stop"), visible=False, elem_id=elem_id, elem_classes="quiet")

    @staticmethod
    def offered() -> dict[str, Any]:
        """For an event handler to return for the button: there is something to stop."""
        return gr.update(value=_("Stop"), interactive=True, visible=True)

    def connect(self, job_state: gr.State, jobs: Sequence[Any]) -> None:
        """Stop the visitor's job when pressed; hide the button after each of the events `jobs`."""
        at_once: dict[str, Any] = {
            "api_visibility": "private",
            "show_progress": "hidden",
            "queue": False,
        }
        self.button.click(self._stop, job_state, self.button, **at_once)
        for job in jobs:  # Whatever its outcome.
            job.then(lambda: gr.update(visible=False), None, self.button, **at_once)

    @staticmethod
    def _stop(state: JobState) -> dict[str, Any]:
        state.stop()
        return gr.update(value=_("Stopping \N{HORIZONTAL ELLIPSIS}"), interactive=False)


def run_in_background(work: Callable[[], None], end: Callable[[], None]) -> Iterator[None]:
    """Run `work` to its end, and yield every `POLL_INTERVAL` until then.

    PyTorch keeps much of its state by thread, and Gradio asks a generator from many.

    Args:
        work: what to do; what it raises is raised here.
        end: asks the work to end soon. Called when it has ended, and when the generator is closed,
            which does not wait for the work: Gradio closes it in the thread that serves everybody.
    """
    worker = ThreadPoolExecutor(1)
    working = worker.submit(copy_context().run, work)
    try:
        while not wait([working], POLL_INTERVAL).done:
            yield
    finally:
        end()
        worker.shutdown(wait=False)
    working.result()


def scroll_into_view(elem_id: str) -> str:
    """JavaScript before an event: on a phone what will change is not visible beside the button."""
    options = '{behavior: "smooth", block: "nearest"}'
    return (
        "(...values) => {"
        f' document.querySelector("#{elem_id}").scrollIntoView({options}); return values; }}'
    )
