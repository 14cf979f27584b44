"""Many pictures at once, painted in the same styles into one archive."""

from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import gradio as gr
import numpy as np

from app.batch import MAX_FILES, Upload, paint_batch
from app.errors import UserError
from app.generation_parameters import encode_with_parameters
from app.ui.components.widgets import problem
from app.ui.handlers import ComponentValues, Updates, progress
from app.ui.tabs.stylize.batch_job import BatchJob, StopSign
from app.ui.tabs.stylize.parameters import write

if TYPE_CHECKING:
    from app.ui.tabs.stylize.tab import StylizeTab


class ImageBatch(BatchJob):
    """See `BatchJob`."""

    def __init__(self, tab: "StylizeTab") -> None:
        super().__init__(
            tab,
            about=f"Up to {MAX_FILES} pictures, each painted with the styles, strength, stroke"
            " size and colours chosen above. You get them back in full size as one ZIP archive.",
            bring="Choose pictures",
            take="Save the archive",
            elem_id="many",
            accepts={"file_count": "multiple", "file_types": ["image", ".heic"]},
        )

    def run(self, values: ComponentValues, folder: Path, sign: StopSign) -> Iterator[Updates]:
        """See `BatchJob.run`."""
        tab, limits = self.tab, self.tab.context.settings
        session, settings = tab.session(values), tab.form.settings(values).unmasked
        parameters = write("one of many", session.style_mix, settings, tab.stylizer)
        uploads = [
            Upload(tab.context.upload_title(upload), Path(tab.context.upload_path(upload)))
            for upload in values[self.bring] or []
        ]

        def paint(picture: np.ndarray) -> np.ndarray:
            # One at its own resolution may take minutes.
            for step in tab.stylizer.steps(
                picture,
                session.style_mix.vector,
                strength=settings.strength,
                stroke_size=settings.stroke_size,
            ):
                if sign.left:
                    raise UserError("The visitor has left.")
                painting = step.painting
            assert painting is not None
            return settings.finish(painting.picture, picture)

        archive, problems, notes = folder / "painted.zip", list[str](), list[str]()
        steps = paint_batch(
            uploads,
            archive,
            paint,
            encode=lambda picture: encode_with_parameters(picture, parameters),
            max_pixels=limits.max_pixels,
            max_bytes=limits.max_bytes,
            enough=lambda: sign.raised,
        )
        try:
            for step in steps:
                if step.problem:
                    problems.append(_item(step.name, step.problem))
                if step.note:
                    notes.append(_item(step.name, step.note))
                doing = f"{step.step} of {step.total} done, the last was {step.name}"
                yield {self.notice: progress(step, doing) + _listed(problems)}
        except UserError as error:
            yield {self.notice: problem(error) + _listed(problems)}
            return
        done = f"{step.step - len(problems)} of {step.total} pictures painted"
        if step.step < step.total:
            done = f"Stopped after {step.step} of {step.total} pictures"
        size = archive.stat().st_size / 1e6
        yield {
            self.link: gr.update(visible=True, value=str(archive)),
            self.notice: f'<p role="status">{done}, {size:.1f} MB.</p>'
            + _listed(problems)
            + _listed(notes, "notes"),
        }


def _item(name: str, sentence: str) -> str:
    return f"<li><b>{escape(name)}</b>: {escape(sentence)}</li>"


def _listed(items: list[str], kind: str = "problems") -> str:
    return f'<ul class="{kind}">{"".join(items)}</ul>' if items else ""
