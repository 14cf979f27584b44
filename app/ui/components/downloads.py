"""Files to take home: made beforehand, or when their button is pressed."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import gradio as gr
import numpy as np
from gradio.blocks import Block
from gradio.processing_utils import save_bytes_to_cache
from gradio.utils import get_upload_folder

from app.ui.handlers import ComponentValues, Updates, in_page

File = tuple[bytes, str]
"""What is in it, and its name."""


def download(words: str, elem_id: str, *, visible: bool = True) -> gr.DownloadButton:
    """A button that waits for its file, greyed or out of sight."""
    return gr.DownloadButton(
        words, visible=visible, interactive=not visible, elem_id=elem_id, elem_classes="quiet"
    )


def offer_file(content: bytes, name: str) -> dict[str, Any]:
    """For an event handler to return for a download button: here is the file."""
    path = save_bytes_to_cache(content, name, get_upload_folder())
    return gr.update(value=path, interactive=True, visible=True)


def download_link(elem_id: str) -> gr.DownloadButton:
    """The link to a file that is made when a button is pressed.

    A browser needs a link, which comes after the press, and is pressed by the script `press_link`.
    It stays, in case a browser wants a person to press it.
    """
    return download("Save again", elem_id, visible=False)


def press_link(elem_id: str) -> str:
    """JavaScript that presses the link of that id, once the page has its file."""
    return f'() => setTimeout(() => document.querySelector("#{elem_id}")?.click(), 100)'


class Downloads:
    """Buttons for files that are made when they are wanted; to be made inside a row.

    Args:
        files: makes a file of what the page says, by the button's words.
        elem_id: begins the ids: "maps" makes "maps-png" for "Picture, PNG", and "maps-take".
        waiting: words of the buttons that wait until there is something to save.
    """

    def __init__(
        self,
        files: Mapping[str, Callable[[ComponentValues], File]],
        elem_id: str,
        waiting: Iterable[str] = (),
    ) -> None:
        self.files, self.elem_id = files, elem_id
        self.buttons = {
            words: gr.Button(
                words,
                interactive=words not in waiting,
                elem_id=f"{elem_id}-{words.rpartition(' ')[2].strip('.').lower()}",
                elem_classes="quiet",
            )
            for words in files
        }
        self.link = download_link(f"{elem_id}-take")

    def clear(self) -> Updates:
        """For an event handler that shows something else to return."""
        return {self.link: gr.update(visible=False)}

    def connect(self, inputs: set[Block], notice: gr.HTML, **usual: Any) -> None:
        """Connect the buttons.

        Args:
            inputs: what makers of files want to know of the page.
            notice: where it is said what went wrong.
            usual: arguments of the events.
        """
        self.notice = notice
        usual |= {"show_progress": "hidden", "api_visibility": "private"}
        for words, button in self.buttons.items():
            made = button.click(self._maker(words), inputs, [self.link, notice], **usual)
            made.success(None, None, None, js=press_link(f"{self.elem_id}-take"))

    def _maker(self, words: str) -> Callable[[ComponentValues], Updates]:
        def make(values: ComponentValues) -> Updates:
            return self._make(words, values)

        return make

    @in_page
    def _make(self, words: str, values: ComponentValues) -> Updates:
        return {self.link: offer_file(*self.files[words](values)), self.notice: ""}


def csv_bytes(rows: Iterable[Iterable[object]]) -> bytes:
    """Rows as the content of a CSV file, the first of them its head."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def npy_bytes(values: np.ndarray) -> bytes:
    """An array as the content of NumPy's own file."""
    content = io.BytesIO()
    np.save(content, values)
    return content.getvalue()
