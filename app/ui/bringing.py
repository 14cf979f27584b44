"""How a picture comes into a room: a door, a wall of examples, and a sentence below them."""

import functools
from collections.abc import Callable
from html import escape
from typing import Any

import gradio as gr
from gradio.blocks import Block

from app.examples import EXAMPLES
from app.imaging import note_on
from app.ui.house import House, Visit
from app.ui.notice import Said, in_page
from app.ui.widgets import data_uri, html, pressable
from training.preprocessing import fit
from training.signatures import FORMATS

_THUMBNAIL = 176  # Pixels: sharp at 88 on a phone's dense screen.


class Bringing:
    """Lays the three out; to be made inside the room.

    What goes wrong is said in the sentence's place, and what was found before stays.

    Args:
        house: what reads the picture.
        verb: what pressing an example does, such as "Read".
        room: begins the ids: "map" makes "map-door".
        also: what else can be brought, as a sentence.
        hint: what is said instead of how else a picture can be brought.

    Attributes:
        door: where a picture is brought; `page.js` hands it what is dropped or pasted.
        examples: thumbnails to press; the index is into `EXAMPLES`.
        notice: the sentence's place.
        hint: HTML of the sentence that usually stands there.
    """

    def __init__(
        self, house: House, verb: str, room: str = "", also: str = "", hint: str = ""
    ) -> None:
        self.house = house
        hint = hint or (
            "You can also drop or paste a picture anywhere on this page."
            f" {FORMATS}, up to {house.settings.max_upload_mb} MB. {also}"
        )
        self.hint = f'<p class="small">{escape(hint)}</p>'
        begin = f"{room}-" if room else ""
        with gr.Row(elem_classes="bring"):
            self.door = gr.Image(
                label="Your picture",
                show_label=False,
                placeholder="Choose a picture",
                elem_id=f"{begin}door",
                elem_classes="door",
                buttons=[],
                webcam_options=gr.WebcamOptions(mirror=False),
            )
            self.examples = pressable(_wall(verb), f"{begin}examples")
        self.notice = html(self.hint, f"{begin}notice")

    def connect(
        self,
        receive: Callable[[Said, Visit], Said],
        inputs: set[Block],
        results: list[Any],
        *,
        take: Callable[[Said, Any], Said] | None = None,
        **slow: Any,
    ) -> list[Any]:
        """Connect door and examples.

        Args:
            receive: shows a picture that was read.
            inputs: what `receive` wants to know of the page; at least one thing, or Gradio passes
                none at all.
            results: what it changes.
            take: receives an upload itself, where it may be more than a picture.
            slow: arguments of both events.

        Returns:
            Both events, for others to follow.
        """
        self._receive, self._take = receive, take or self._read
        # Without preprocessing Gradio hands over the file as it was uploaded, byte for byte.
        arrives = self.door.input(
            self._bring, {*inputs, self.door}, results, preprocess=False, **slow
        )
        arrives.then(None, None, self.door, js="() => null")  # Whatever came of it: next, please.
        pressed = self.examples.select(self._example, inputs, results, **slow)
        return [arrives, pressed]

    @in_page
    def _bring(self, page: Said) -> Said:
        upload = page[self.door]
        if upload is None:
            return {self.notice: self.hint}
        answer, note = self._take(page, upload), note_on(self.house.path(upload))
        if note and self.notice in answer:
            said = answer[self.notice]  # Phones hide a notice that holds the usual sentence.
            said = "" if said == self.hint else said
            answer[self.notice] = f'<p role="status">{escape(note)}</p>{said}'
        return answer

    @in_page
    def _example(self, said: Said, event: gr.SelectData) -> Said:
        return self._receive(said, self.house.example(event.index))

    def _read(self, said: Said, upload: object) -> Said:
        return self._receive(said, self.house.bring(upload))


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
