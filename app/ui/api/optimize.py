"""The endpoint `/optimize`; see `app.ui.api.endpoints`."""

import functools
import inspect
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, TypedDict

import gradio as gr
from gradio import api

from app.errors import UserError
from app.generation_parameters import encode_with_parameters
from app.imaging import note_on
from app.optimize.recipe import PRESETS
from app.translation import gettext as _
from app.ui.api.files import PictureFile, as_file, decode_with_note
from app.ui.background_job import run_in_background
from app.ui.context import AppContext, errors_as_messages
from app.ui.painting.style_mix import Style, StyleMix
from app.ui.tabs.optimize.job import OptimizationJob, OptimizationState
from app.ui.tabs.optimize.job_panel import BUSY
from app.ui.tabs.optimize.parameters import store
from app.ui.tabs.optimize.session import OptimizeSession, OptimizeSettings

SHORTEST, LONGEST = 1.0, 600.0
"""Seconds that may be asked for."""

_END = object()


class ScaleFacts(TypedDict):
    """One size of the pyramid, coarse to fine."""

    width: int
    height: int
    steps: int
    seconds: float


class LossFacts(TypedDict):
    """The losses of one step, each as a share of what there was to match."""

    step: int
    content: float
    style: float


class Optimized(TypedDict):
    """How a painting was made."""

    steps: int
    seconds: float
    network: str
    recipe: str
    provider: str
    plan: list[ScaleFacts]
    notices: list[str]
    losses: list[LossFacts]


def register(context: AppContext) -> None:
    """Add the endpoint; to be called inside the page."""

    @answers(tuple[PictureFile | None, Optimized | None])
    def optimize(  # noqa: D417 - the request is Gradio's, no program sends it.
        request: gr.Request,
        content: PictureFile,
        style: PictureFile | None = None,
        seconds: float = 60.0,
        recipe: str = "deep-brush",
        preset: str = "",
        balance: float = 0.5,
    ) -> Iterator[tuple[PictureFile | None, Optimized | None]]:
        """Paint a picture in the style of a painting by optimisation, for a given time.

        This is slow and fine; /stylize is at once. The style is that of a picture, or a preset that
        /styles names, of kind "painting". One picture is painted at a time, others wait in a queue.
        Until it is done, null is answered about every second. Then the answer is a PNG with its
        settings inside, as large as the time allows, and how it was made.

        Args:
            content: What to paint: JPEG, PNG, WebP, GIF, BMP, TIFF, JPEG 2000, ICO, HEIC or AVIF.
            style: A painting to paint like; null to use a preset.
            seconds: How long it may take, from 1 to 600.
            recipe: "deep-brush", "gatys" (Gatys et al. 2016) or "bruno".
            preset: The name of a preset, used where there is no style picture.
            balance: From 0, near the photograph, to 1, near the painting.

        Returns:
            The painted picture.
            Losses, steps and plan.
        """
        chosen, style_note = _style(context, style, preset)
        job = _job(context, content, StyleMix.of(chosen), seconds, recipe, balance)
        note = note_on(context.upload_path(content))
        state = OptimizationState(job=job)
        with state.running(request, BUSY):
            for _turn in run_in_background(job.run, job.stop):
                yield None, None
        if state.left:
            return
        yield _painting(job), _facts(job, recipe, note or style_note)

    api(optimize, api_name="optimize", **context.optimization_queue)


def answers(kind: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Tell Gradio the type of a generator's answers; show callers the sentence of a UserError."""

    def decorate(generator: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(generator)
        def wrapper(*args: Any, **kwargs: Any) -> Iterator[Any]:
            steps = generator(*args, **kwargs)
            following = errors_as_messages(functools.wraps(generator)(lambda: next(steps, _END)))
            try:
                while (step := following()) is not _END:
                    yield step
            finally:
                steps.close()

        signature = inspect.signature(generator)
        wrapper.__signature__ = signature.replace(  # type: ignore[attr-defined]
            return_annotation=kind
        )
        return wrapper

    return decorate


def _style(context: AppContext, picture: object, preset: str) -> tuple[Style, str]:
    """The style of a picture, or of a preset that has statistics; and a note on its file."""
    bundle = context.bundle
    if picture is None:
        named = bundle.presets.named(preset)
        if named.name not in bundle.targets:
            raise UserError(
                _("{title} is for painting at once; ask for a painting's preset.").format(
                    title=named.title
                )
            )
        return Style.of(named), ""
    pixels, note = decode_with_note(context, picture)
    return Style(
        context.upload_title(picture), bundle.stylizer.encode(pixels), picture=pixels
    ), note


def _job(
    context: AppContext,
    content: object,
    style_mix: StyleMix,
    seconds: float,
    recipe: str,
    balance: float,
) -> OptimizationJob:
    if not SHORTEST <= seconds <= LONGEST:
        raise UserError(
            _("The time must be {least:g} to {most:g} seconds, not {seconds:g}.").format(
                least=SHORTEST, most=LONGEST, seconds=seconds
            )
        )
    if recipe not in PRESETS:
        raise UserError(
            _("There is no recipe {recipe!r} here; ask for {recipes}.").format(
                recipe=recipe, recipes=", ".join(PRESETS)
            )
        )
    if not 0 <= balance <= 1:
        raise UserError(
            _("The balance must be a number from 0 to 1, not {balance:g}.").format(balance=balance)
        )
    session = OptimizeSession(uploaded=context.receive_upload(content), style_mix=style_mix)
    settings = OptimizeSettings(
        recipe=replace(PRESETS[recipe], balance=balance), seconds=seconds, side=None
    )
    spec = session.spec(context.bundle, settings)
    return OptimizationJob(session, settings, spec, context.settings.provider)


def _painting(job: OptimizationJob) -> PictureFile:
    assert job.picture is not None
    return as_file(encode_with_parameters(job.picture, store(job)), "painted.png")


def _facts(job: OptimizationJob, recipe: str, note: str) -> Optimized:
    assert job.plan is not None
    return {
        "steps": job.steps,
        "seconds": round(job.seconds, 1),
        "network": job.settings.network,
        "recipe": recipe,
        "provider": job.device,
        "plan": [
            {
                "width": level.width,
                "height": level.height,
                "steps": level.steps,
                "seconds": round(level.seconds, 2),
            }
            for level in job.plan.levels
        ],
        "notices": [*job.plan.notices, *filter(None, [note])],
        "losses": [
            {"step": step, "content": losses.content, "style": losses.style}
            for step, losses in job.losses
            if math.isfinite(losses.total)
        ],
    }
