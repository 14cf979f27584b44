"""How a tab gets its picture: an upload button, a row of examples, and a notice below them."""

import functools
from collections.abc import Callable, Iterable
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.blocks import Block

from app.examples import EXAMPLES
from app.imaging import data_uri, note_on
from app.translation import gettext as _
from app.ui.components.widgets import clickable_html
from app.ui.context import AppContext, UploadedPicture
from app.ui.handlers import ComponentValues, Updates, errors_in_notice
from training.common.preprocessing import fit
from training.common.signatures import FORMATS

_FOLDER = Path(__file__).parent
_THUMBNAIL = 176  # Pixels: sharp at 88 on a phone's dense screen.


class ImageInput:
    """Lays out the three parts; to be created inside the tab.

    Errors are shown in the notice, and the results of the picture before stay.

    Args:
        context: what reads the picture.
        verb: what pressing an example does, such as "Read".
        prefix: begins the ids: "map" makes "map-image-input".
        also: what else can be uploaded, as a sentence.
        hint: text of the notice instead of how else a picture can be uploaded.
        first: index of the example that is shown when the page opens.

    Attributes:
        file_input: Gradio's upload area; page.js passes it what is dropped or pasted.
        examples: thumbnails to press; the event's index is into `EXAMPLES`.
        uploaded_file: the upload, moved out of `file_input`, which is empty again at once.
        token_store: the token of what is shown; while the session lives, a reload restores it by
            this, see token_store.js.
        notice: where errors and notes are shown.
        hint: HTML of what the notice usually says.
        outputs: components that `received` updates.
    """

    def __init__(
        self,
        context: AppContext,
        verb: str,
        prefix: str = "",
        also: str = "",
        hint: str = "",
        first: int = 0,
    ) -> None:
        self.context, self.first = context, first
        hint = hint or _(
            "You can also drop or paste a picture anywhere on this page. {formats}, up to {size}"
            " MB. {also}"
        ).format(formats=FORMATS, size=context.settings.max_upload_mb, also=also)
        self.hint = f'<p class="small">{escape(hint)}</p>'
        prefix = f"{prefix}-" if prefix else ""
        with gr.Row(elem_classes="image-input-row"):
            self.file_input = gr.Image(
                label=_("Your picture"),
                show_label=False,
                placeholder=_("Choose a picture"),
                elem_id=f"{prefix}image-input",
                elem_classes="image-input",
                buttons=[],
                webcam_options=gr.WebcamOptions(mirror=False),
            )
            self.examples = clickable_html(_example_list(verb), f"{prefix}examples")
            self.uploaded_file = gr.Image(visible=False)
            self.token_store = gr.HTML(
                "",
                html_template="",
                apply_default_css=False,
                elem_id=f"{prefix}token-store",
                elem_classes="token-store",
                js_on_load=(_FOLDER / "token_store.js").read_text(encoding="utf-8"),
            )
        self.notice = clickable_html(self.hint, f"{prefix}notice")
        self.outputs = [self.notice, self.token_store]

    def received(self, uploaded: UploadedPicture) -> Updates:
        """For an event handler to return: no error, and which picture is shown."""
        return {self.notice: self.hint, self.token_store: uploaded.token}

    def connect(
        self,
        receive: Callable[[ComponentValues, UploadedPicture], Updates],
        inputs: set[Block],
        results: list[Any],
        *,
        receive_upload: Callable[[ComponentValues, Any], Updates] | None = None,
        restore: Callable[[ComponentValues, object], Updates] | None = None,
        check: Callable[[ComponentValues], None] = lambda _values: None,
        **event_options: Any,
    ) -> list[Any]:
        """Connect uploads, examples and the restoring after a reload.

        Args:
            receive: shows a picture that was read.
            inputs: components that `receive` must know; at least one, or Gradio passes none.
            results: components that it updates.
            receive_upload: handles an upload itself, where it may be more than a picture.
            restore: handles the token after a reload itself, where more than a picture is kept.
            check: raises a UserError where no picture can be accepted now; called before reading.
            event_options: arguments of these events.

        Returns:
            The events after which another picture is shown, for others to follow.
        """
        self._receive, self._check = receive, check
        self._handle_upload = receive_upload or self._read_upload
        self._handle_reload = restore or self._restore_picture
        event_options = {"trigger_mode": "always_last", **event_options}
        moved = self.file_input.input(
            None,
            self.file_input,
            [self.uploaded_file, self.file_input],
            js="(upload) => [upload, null]",
        )
        # Without preprocessing Gradio passes on the file as it was uploaded, byte for byte.
        upload = moved.then(
            self._receive_upload,
            {*inputs, self.uploaded_file},
            results,
            preprocess=False,
            **event_options,
        )
        example = self.examples.select(self._receive_example, inputs, results, **event_options)
        restored = self.token_store.input(
            self._restore, {*inputs, self.token_store}, results, **event_options
        )
        return [upload, example, restored]

    def with_file_notes(self, answer: Updates, uploads: Iterable[object]) -> Updates:
        """The same answer, with what a person should know of the files it was made from."""
        notes = dict.fromkeys(note_on(self.context.upload_path(upload)) for upload in uploads)
        notes.pop("", None)
        if notes and self.notice in answer:
            notice = answer[self.notice]  # Phones hide a notice that holds the usual hint.
            notice = "" if notice == self.hint else notice
            words = escape(" ".join(notes))
            answer[self.notice] = f'<p role="status">{words}</p>{notice}'
        return answer

    @errors_in_notice
    def _receive_upload(self, values: ComponentValues) -> Updates:
        upload = values[self.uploaded_file]
        if upload is None:
            return {self.notice: self.hint}
        self._check(values)
        return self.with_file_notes(self._handle_upload(values, upload), [upload])

    @errors_in_notice
    def _receive_example(self, values: ComponentValues, event: gr.SelectData) -> Updates:
        self._check(values)
        return self._receive(values, self.context.example(event.index))

    @errors_in_notice
    def _restore(self, values: ComponentValues) -> Updates:
        return self._handle_reload(values, values[self.token_store])

    def _restore_picture(self, values: ComponentValues, token: object) -> Updates:
        """The picture that was shown before the page was reloaded, or else an example."""
        restored = self.context.restore(token)
        return self._receive(values, restored or self.context.example(self.first))

    def _read_upload(self, values: ComponentValues, upload: object) -> Updates:
        return self._receive(values, self.context.receive_upload(upload))


def _example_list(verb: str) -> str:
    label = _("{verb} the example: {title}")
    buttons = "".join(
        f'<button type="button" data-index="{index}" title="{escape(example.title)}"'
        f' aria-label="{escape(label.format(verb=verb, title=example.title))}">'
        f'<img src="{_thumbnail(index)}" alt="" loading="lazy"></button>'
        for index, example in enumerate(EXAMPLES)
    )
    name = _("Examples")
    return f'<div class="example-list" role="group" aria-label="{name}">{buttons}</div>'


@functools.cache
def _thumbnail(index: int) -> str:
    """Source of an example's small picture, the same in every tab."""
    return data_uri(fit(EXAMPLES[index].read(), _THUMBNAIL), 75)
