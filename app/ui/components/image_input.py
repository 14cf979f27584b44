"""How a picture comes into a room: a door, a wall of examples, and a sentence below them."""

import functools
from collections.abc import Callable, Iterable
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.blocks import Block

from app.examples import EXAMPLES
from app.imaging import data_uri, note_on
from app.ui.components.widgets import pressable
from app.ui.context import AppContext, UploadedPicture
from app.ui.handlers import ComponentValues, Updates, in_page
from training.common.preprocessing import fit
from training.common.signatures import FORMATS

_FOLDER = Path(__file__).parent
_THUMBNAIL = 176  # Pixels: sharp at 88 on a phone's dense screen.


class ImageInput:
    """Lays the three out; to be made inside the room.

    What goes wrong is said in the sentence's place, and what was found before stays.

    Args:
        context: what reads the picture.
        verb: what pressing an example does, such as "Read".
        destination: begins the ids: "map" makes "map-door".
        also: what else can be brought, as a sentence.
        hint: what is said instead of how else a picture can be brought.
        first: index of the example that is seen when the page opens.

    Attributes:
        file_input: where a picture is brought; page.js hands it what is dropped or pasted.
        examples: thumbnails to press; the index is into `EXAMPLES`.
        sent: what came through the door, which is open again at once.
        kept: the token of the picture that is seen; while the session lives the page brings it
            back when it is loaded anew, see kept.js.
        notice: the sentence's place.
        hint: HTML of the sentence that usually stands there.
    """

    def __init__(
        self,
        context: AppContext,
        verb: str,
        destination: str = "",
        also: str = "",
        hint: str = "",
        first: int = 0,
    ) -> None:
        self.context, self.first = context, first
        hint = hint or (
            "You can also drop or paste a picture anywhere on this page."
            f" {FORMATS}, up to {context.settings.max_upload_mb} MB. {also}"
        )
        self.hint = f'<p class="small">{escape(hint)}</p>'
        begin = f"{destination}-" if destination else ""
        with gr.Row(elem_classes="bring"):
            self.file_input = gr.Image(
                label="Your picture",
                show_label=False,
                placeholder="Choose a picture",
                elem_id=f"{begin}door",
                elem_classes="door",
                buttons=[],
                webcam_options=gr.WebcamOptions(mirror=False),
            )
            self.examples = pressable(_wall(verb), f"{begin}examples")
            self.sent = gr.Image(visible=False)
            self.kept = gr.HTML(
                "",
                html_template="",
                apply_default_css=False,
                elem_id=f"{begin}kept",
                elem_classes="kept",
                js_on_load=(_FOLDER / "kept.js").read_text(encoding="utf-8"),
            )
        self.notice = pressable(self.hint, f"{begin}notice")
        self.outputs = [self.notice, self.kept]

    def received(self, uploaded: UploadedPicture) -> Updates:
        """For an event handler to return: no complaint, and which picture is seen."""
        return {self.notice: self.hint, self.kept: uploaded.token}

    def connect(
        self,
        receive: Callable[[ComponentValues, UploadedPicture], Updates],
        inputs: set[Block],
        results: list[Any],
        *,
        take: Callable[[ComponentValues, Any], Updates] | None = None,
        check: Callable[[ComponentValues], None] = lambda _: None,
        **slow: Any,
    ) -> list[Any]:
        """Connect door and examples.

        Args:
            receive: shows a picture that was read.
            inputs: what `receive` wants to know of the page; at least one thing, or Gradio passes
                none at all.
            results: what it changes.
            take: receives an upload itself, where it may be more than a picture.
            check: raises a UserError where no picture can be taken now; called before one is read.
            slow: arguments of these events.

        Returns:
            The events that bring a picture, for others to follow.
        """
        self._receive, self._take, self._check = receive, take or self._read, check
        slow = {"trigger_mode": "always_last", **slow}
        through = self.file_input.input(
            None, self.file_input, [self.sent, self.file_input], js="(upload) => [upload, null]"
        )
        # Without preprocessing Gradio hands over the file as it was uploaded, byte for byte.
        arrives = through.then(self._bring, {*inputs, self.sent}, results, preprocess=False, **slow)
        pressed = self.examples.select(self._example, inputs, results, **slow)
        loaded_anew = self.kept.input(self._again, {*inputs, self.kept}, results, **slow)
        return [arrives, pressed, loaded_anew]

    @in_page
    def _bring(self, page: ComponentValues) -> Updates:
        upload = page[self.sent]
        if upload is None:
            return {self.notice: self.hint}
        self._check(page)
        return self.noted(self._take(page, upload), [upload])

    def noted(self, answer: Updates, uploads: Iterable[object]) -> Updates:
        """The same answer, with what a person should know of the uploads it was made of."""
        notes = dict.fromkeys(note_on(self.context.path(upload)) for upload in uploads)
        notes.pop("", None)
        if notes and self.notice in answer:
            said = answer[self.notice]  # Phones hide a notice that holds the usual sentence.
            said = "" if said == self.hint else said
            words = escape(" ".join(notes))
            answer[self.notice] = f'<p role="status">{words}</p>{said}'
        return answer

    @in_page
    def _example(self, values: ComponentValues, event: gr.SelectData) -> Updates:
        self._check(values)
        return self._receive(values, self.context.example(event.index))

    @in_page
    def _again(self, values: ComponentValues) -> Updates:
        """The picture that was here before the page was loaded anew, or else an example."""
        uploaded = self.context.again(values[self.kept]) or self.context.example(self.first)
        return self._receive(values, uploaded)

    def _read(self, values: ComponentValues, upload: object) -> Updates:
        return self._receive(values, self.context.bring(upload))


def _wall(verb: str) -> str:
    buttons = "".join(
        f'<button type="button" data-index="{index}" title="{escape(example.title)}"'
        f' aria-label="{verb} the example: {escape(example.title)}">'
        f'<img src="{_thumbnail(index)}" alt="" loading="lazy"></button>'
        for index, example in enumerate(EXAMPLES)
    )
    return f'<div class="wall" role="group" aria-label="Examples">{buttons}</div>'


@functools.cache
def _thumbnail(index: int) -> str:
    """Source of an example's small picture, which hangs in every room."""
    return data_uri(fit(EXAMPLES[index].read(), _THUMBNAIL), 75)
