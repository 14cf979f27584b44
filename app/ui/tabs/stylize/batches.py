"""More than one picture: many pictures into one archive, and animations and short videos."""

import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any, Literal

import gradio as gr
import numpy as np
from gradio.blocks import Block

from app.batch import MAX_FILES, BatchStep, Upload, paint_batch
from app.errors import UserError
from app.generation_parameters import encode_with_parameters
from app.imaging import data_uri
from app.serving.video_stylizer import VideoStylizer
from app.translation import gettext as _
from app.ui.background_job import JobState, StopButton
from app.ui.components.downloads import download
from app.ui.components.widgets import html, problem, video_html
from app.ui.context import AppContext
from app.ui.handlers import ComponentValues, Updates, generator_errors_in_notice, progress
from app.ui.tabs.stylize.form import store
from app.ui.tabs.stylize.session import StylizeSession, StylizeSettings
from app.video.stylize import FORMATS, LIMITS, stylize_video

BUSY = _("These are being painted here already; press Stop first, or wait until they are done.")

_PAUSE = 0.5  # Seconds between two frames that are shown while painting.

ReadInputs = Callable[[ComponentValues], tuple[StylizeSession, StylizeSettings]]
"""Reads styles and settings from what the page sends; UserError if it makes no sense."""


class BatchJob(ABC):
    """Lays itself out and connects itself; to be created once the form is laid out.

    Stop ends the job after the current picture, so that what was painted can be saved. Gradio's own
    `cancels` would close the generator, which then can return nothing; Gradio does that, at the
    next step, when the visitor leaves. Batches have a queue of their own: nobody who paints one
    picture waits for two hundred.

    Args:
        context: limits, and the stylizer.
        inputs: components that `read_inputs` needs.
        read_inputs: reads styles and settings.
    """

    elem_id: str
    """Of the upload button; the ids of the other parts contain it."""

    about: str
    """HTML of what the job does."""

    upload_label: str
    save_label: str
    file_types: Sequence[str]
    file_count: Literal["single", "multiple"] = "single"

    def __init__(self, context: AppContext, inputs: set[Block], read_inputs: ReadInputs) -> None:
        self.context, self.stylizer = context, context.bundle.stylizer
        self.inputs, self.read_inputs = inputs, read_inputs
        html(f'<p class="small">{self.about}</p>')
        with gr.Row(elem_classes="button-row"):
            self.upload = gr.UploadButton(
                self.upload_label,
                file_count=self.file_count,
                file_types=[*self.file_types],
                elem_id=self.elem_id,
                elem_classes="quiet",
            )
            self.stop_button = StopButton(f"stop-{self.elem_id}")
            self.stop = self.stop_button.button
            self.link = download(self.save_label, f"save-{self.elem_id}", visible=False)
        self.notice = html("", f"{self.elem_id}-notice")
        self.job_state = gr.State(JobState())
        running = self.upload.upload(
            self.paint,
            {*inputs, self.upload, self.job_state},
            [self.stop, self.link, self.notice],
            preprocess=False,
            api_visibility="private",
            # Only while it waits for its turn: then Gradio says at which place in the queue.
            show_progress_on=self.notice,
            **context.batch_queue,
        )
        self.stop_button.connect(self.job_state, [running])

    @abstractmethod
    def run(
        self,
        session: StylizeSession,
        settings: StylizeSettings,
        uploads: Any,
        folder: Path,
        state: JobState,
    ) -> Iterator[Updates]:
        """Paint, and show the progress in `notice`; at last show the file in `link`.

        Args:
            session: in which styles.
            settings: without masks.
            uploads: as Gradio sends them.
            folder: for files; it is deleted in the end.
            state: whether to stop.
        """

    @generator_errors_in_notice
    def paint(self, values: ComponentValues, request: gr.Request) -> Iterator[Updates]:
        """The handler of the upload."""
        state: JobState = values[self.job_state]
        with state.running(request, BUSY), tempfile.TemporaryDirectory() as folder:
            yield {
                self.stop: self.stop_button.offered(),
                self.link: gr.update(visible=False),
                self.notice: f"<p>{_('Painting &hellip;')}</p>",
            }
            session, settings = self.read_inputs(values)
            uploads = values[self.upload]
            yield from self.run(session, settings.unmasked, uploads, Path(folder), state)

    def _finished(self, file: Path, sentence: str, details: str) -> Updates:
        """The file to be saved, a sentence about it, and HTML below it."""
        return {
            self.link: gr.update(visible=True, value=str(file)),
            self.notice: f'<p role="status">{sentence}</p>{details}',
        }


class ImageBatch(BatchJob):
    """Many pictures, painted in the same styles into one archive."""

    elem_id = "image-batch"
    about = _(
        "Up to {count} pictures, each painted with the styles, strength, stroke size and"
        " colours chosen above. You get them back in full size as one ZIP archive."
    ).format(count=MAX_FILES)
    upload_label, save_label = _("Choose pictures"), _("Save the archive")
    file_types, file_count = ("image", ".heic"), "multiple"

    def run(
        self,
        session: StylizeSession,
        settings: StylizeSettings,
        uploads: Any,
        folder: Path,
        state: JobState,
    ) -> Iterator[Updates]:
        """See `BatchJob.run`."""
        context, limits = self.context, self.context.settings
        parameters = store("one of many", session.style_mix, settings, self.stylizer)
        archive, problems, notes = folder / "painted.zip", list[str](), list[str]()
        steps = paint_batch(
            [
                Upload(context.upload_title(each), Path(context.upload_path(each)))
                for each in uploads or []
            ],
            archive,
            self._painter(session, settings, state),
            encode=lambda picture: encode_with_parameters(picture, parameters),
            max_pixels=limits.max_pixels,
            max_bytes=limits.max_bytes,
            enough=lambda: state.stop_requested,
        )
        try:
            for step in steps:
                if step.problem:
                    problems.append(_item(step.name, step.problem))
                if step.note:
                    notes.append(_item(step.name, step.note))
                doing = _("{done} of {total} done, the last was {name}").format(
                    done=step.step, total=step.total, name=step.name
                )
                yield {self.notice: progress(step, doing) + _list(problems)}
        except UserError as error:
            yield {self.notice: problem(error) + _list(problems)}
            return
        sentence = _summary(step, step.step - len(problems), archive.stat().st_size / 1e6)
        yield self._finished(archive, sentence, _list(problems) + _list(notes, "notes"))

    def _painter(
        self, session: StylizeSession, settings: StylizeSettings, state: JobState
    ) -> Callable[[np.ndarray], np.ndarray]:
        """Paints a picture, uint8 RGB [H,W,3]."""

        def paint(picture: np.ndarray) -> np.ndarray:
            # One at its own resolution may take minutes.
            for step in self.stylizer.steps(
                picture,
                session.style_mix.vector,
                strength=settings.strength,
                stroke_size=settings.stroke_size,
            ):
                if state.left:
                    raise UserError("The visitor has left.")
                painting = step.painting
            assert painting is not None
            return settings.finish(painting.picture, picture)

        return paint


def _item(name: str, sentence: str) -> str:
    return f"<li><b>{escape(name)}</b>: {escape(sentence)}</li>"


def _list(items: list[str], kind: str = "problems") -> str:
    return f'<ul class="{kind}">{"".join(items)}</ul>' if items else ""


def _summary(last: BatchStep, painted: int, size: float) -> str:
    """How many pictures were painted, and the archive's size in MB."""
    done, sentence = painted, _("{done} of {total} pictures painted, {size:.1f} MB.")
    if last.step < last.total:
        done, sentence = last.step, _("Stopped after {done} of {total} pictures, {size:.1f} MB.")
    return sentence.format(done=done, total=last.total, size=size)


class VideoBatch(BatchJob):
    """An animation or a short video, painted frame by frame."""

    elem_id = "video-batch"
    about = _(
        "{formats}: up to {seconds:g} seconds, painted at {side} pixels with the styles,"
        " strength, stroke size and colours chosen above."
    ).format(
        formats=escape(FORMATS[0].upper() + FORMATS[1:]), seconds=LIMITS.seconds, side=LIMITS.side
    )
    upload_label, save_label = _("Choose a video"), _("Save the video")
    file_types = (".gif", ".webp", "video")

    def run(
        self,
        session: StylizeSession,
        settings: StylizeSettings,
        uploads: Any,
        folder: Path,
        state: JobState,
    ) -> Iterator[Updates]:
        """See `BatchJob.run`."""
        stylizer = VideoStylizer(
            self.stylizer, session.style_mix.vector, settings.strength, settings.shown_stroke_size
        )

        def paint(frame: np.ndarray) -> np.ndarray:
            return settings.finish(stylizer.paint(frame), frame)

        shown = 0.0
        steps = stylize_video(
            Path(self.context.upload_path(uploads)),
            folder / "painted",
            paint,
            enough=lambda: state.stop_requested,
        )
        for step in steps:
            if step.file is not None:
                break
            assert step.picture is not None
            painted, frames = step.step, step.total - 1  # The last step is for the file.
            if time.monotonic() > shown + _PAUSE:
                shown = time.monotonic()
                preview = f'<img class="film" src="{data_uri(step.picture)}" alt="">'
                doing = _("Frame {done} of {total}").format(done=painted, total=frames)
                yield {self.notice: progress(step, doing) + preview}
        assert step.file is not None
        if state.stop_requested and painted < frames:
            sentence = _("Stopped after {done} of {total} frames, painted in {seconds:.0f} s.")
        else:
            sentence = _("{done} frames painted in {seconds:.0f} s.")
        sentence = sentence.format(done=painted, total=frames, seconds=step.seconds)
        yield self._finished(step.file, sentence, video_html(step.file))
