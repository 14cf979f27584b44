"""Download buttons: for files made beforehand, or when the button is pressed."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import gradio as gr
import numpy as np
from gradio.blocks import Block
from gradio.processing_utils import save_bytes_to_cache
from gradio.utils import get_upload_folder

from app.translation import gettext as _
from app.ui.handlers import ComponentValues, Updates, errors_in_notice

File = tuple[bytes, str]
"""Content and name of a file."""


def download(label: str, elem_id: str, *, visible: bool = True) -> gr.DownloadButton:
    """A button without a file yet: disabled, or not visible."""
    return gr.DownloadButton(
        label, visible=visible, interactive=not visible, elem_id=elem_id, elem_classes="quiet"
    )


def file_update(content: bytes, name: str) -> dict[str, Any]:
    """For an event handler to return for a download button: its file."""
    path = save_bytes_to_cache(content, name, get_upload_folder())
    return gr.update(value=path, interactive=True, visible=True)


def download_link(elem_id: str) -> gr.DownloadButton:
    """The link to a file that is made when another button is pressed.

    The script `click_link` clicks it once the file is there. It stays visible, in case a browser
    lets only a person start a download.
    """
    return download(_("Save again"), elem_id, visible=False)


def click_link(elem_id: str) -> str:
    """JavaScript that clicks the link of that id, once the page has its file."""
    return f'() => setTimeout(() => document.querySelector("#{elem_id}")?.click(), 100)'


class Downloads:
    """Buttons for files that are made on demand; to be created inside a row.

    Args:
        files: by the button's label, what makes the file from the page's values.
        elem_id: begins the ids: "maps" makes "maps-png" for "Picture, PNG", and "maps-link".
        disabled: labels of the buttons that are disabled until there is something to save.
    """

    def __init__(
        self,
        files: Mapping[str, Callable[[ComponentValues], File]],
        elem_id: str,
        disabled: Iterable[str] = (),
    ) -> None:
        self.files, self.elem_id = files, elem_id
        self.buttons = {
            label: gr.Button(
                label,
                interactive=label not in disabled,
                elem_id=f"{elem_id}-{label.rpartition(' ')[2].strip('.').lower()}",
                elem_classes="quiet",
            )
            for label in files
        }
        self.link = download_link(f"{elem_id}-link")

    def clear(self) -> Updates:
        """For an event handler to return: the last file no longer fits what is shown."""
        return {self.link: gr.update(visible=False)}

    def connect(self, inputs: set[Block], notice: gr.HTML, **event_options: Any) -> None:
        """Connect the buttons.

        Args:
            inputs: components that `files` must know.
            notice: where errors are shown.
            event_options: arguments of the events.
        """
        self.notice = notice
        event_options |= {"show_progress": "hidden", "api_visibility": "private"}
        for label, button in self.buttons.items():
            made = button.click(self._maker(label), inputs, [self.link, notice], **event_options)
            made.success(None, None, None, js=click_link(f"{self.elem_id}-link"))

    def _maker(self, label: str) -> Callable[[ComponentValues], Updates]:
        return lambda values: self._make(label, values)

    @errors_in_notice
    def _make(self, label: str, values: ComponentValues) -> Updates:
        return {self.link: file_update(*self.files[label](values)), self.notice: ""}


def csv_bytes(rows: Iterable[Iterable[object]]) -> bytes:
    """Rows as the content of a CSV file; the first is the header."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def npy_bytes(values: np.ndarray) -> bytes:
    """An array as the content of an .npy file."""
    content = io.BytesIO()
    np.save(content, values)
    return content.getvalue()
