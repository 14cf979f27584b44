"""What event handlers share: types, errors in the page's notice, and progress."""

import functools
from collections.abc import Callable, Iterator
from html import escape
from typing import Any, Protocol

import gradio as gr
from gradio.blocks import Block

from app.errors import UserError
from app.progress import Step
from app.translation import gettext as _
from app.ui.components.widgets import problem
from app.ui.context import errors_as_messages
from app.ui.wording import duration

ComponentValues = dict[Block, Any]
"""What the page sends to a handler whose inputs are a set of components."""

Updates = dict[Block, Any]
"""What a handler returns: new values or `gr.update`, by component; others stay as they are."""

QUICK: dict[str, Any] = {
    "show_progress": "hidden",
    "api_visibility": "private",
    "trigger_mode": "always_last",
}
"""Arguments of events that run no network."""


class HasNotice(Protocol):
    """A part of the page with a place for messages."""

    notice: gr.HTML


def errors_in_notice(handler: Callable[..., Updates]) -> Callable[..., Updates]:
    """Show a UserError in the owner's notice; what was shown before stays."""

    @errors_as_messages
    @functools.wraps(handler)
    def wrapper(owner: HasNotice, *args: Any) -> Updates:
        try:
            return handler(owner, *args)
        except UserError as error:
            return {owner.notice: problem(error)}

    return wrapper


def generator_errors_in_notice(
    handler: Callable[..., Iterator[Updates]],
) -> Callable[..., Iterator[Updates]]:
    """`errors_in_notice` for a handler that is a generator.

    Gradio closes the generator when the visitor leaves.
    """

    @functools.wraps(handler)
    def wrapper(owner: HasNotice, *args: Any) -> Iterator[Updates]:
        steps = handler(owner, *args)
        following = errors_as_messages(lambda: next(steps, None))
        try:
            while (step := following()) is not None:
                yield step
        except gr.Error as error:
            if not isinstance(error.__cause__, UserError):
                raise
            yield {owner.notice: problem(error.__cause__)}
        finally:
            steps.close()  # type: ignore[attr-defined]

    return wrapper


def progress(step: Step, doing: str) -> str:
    """HTML of the progress of long work; `doing` says what, such as "Painting part 3 of 12"."""
    left = ""
    if step.step < step.total:
        left = _(", about {time} left").format(time=duration(step.eta))
    share = 100 * step.step / step.total
    return (
        f'<p class="progress" role="status"><progress max="100" value="{share:.0f}"></progress>'
        f"<span>{escape(doing)}{left} &hellip;</span></p>"
    )
