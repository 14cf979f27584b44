"""Long work beside the page: it runs in a thread of its own, and the page looks at it now and then.

PyTorch keeps much of its state by thread, and Gradio asks a generator from many.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextvars import copy_context
from typing import Any

import gradio as gr

TURN = 0.7
"""Seconds between two looks at how far the work has come."""


def run_in_background(work: Callable[[], None], end: Callable[[], None]) -> Iterator[None]:
    """Run `work` to its end, and take turns with it.

    Args:
        work: what to do; what it raises is raised here.
        end: asks the work to end soon. Called when it has ended, and when the generator is closed,
            which does not wait for the work: Gradio closes it in the thread that serves everybody.
    """
    worker = ThreadPoolExecutor(1)
    working = worker.submit(copy_context().run, work)
    try:
        while not wait([working], TURN).done:
            yield
    finally:
        end()
        worker.shutdown(wait=False)
    working.result()


def stop_offered() -> dict[str, Any]:
    """For an event handler to return for a Stop button: there is something to stop."""
    return gr.update(value="Stop", interactive=True, visible=True)


def stop_heard() -> dict[str, Any]:
    """For an event handler to return for a Stop button that was pressed."""
    return gr.update(value="Stopping \N{HORIZONTAL ELLIPSIS}", interactive=False)


def bring_into_view(elem_id: str) -> str:
    """JavaScript before an event: on a phone what will change is out of sight of the button."""
    look = '{behavior: "smooth", block: "nearest"}'
    return (
        "(...said) => {"
        f' document.querySelector("#{elem_id}").scrollIntoView({look}); return said; }}'
    )
