"""Files to take home from the See inside tab: each is made when its button is pressed."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import gradio as gr
import numpy as np
from gradio.processing_utils import save_bytes_to_cache
from gradio.utils import get_upload_folder

from app.ui.paint_notice import Said, in_page
from app.ui.widgets import html

if TYPE_CHECKING:
    from app.ui.inside_tab import InsideTab

File = tuple[bytes, str]
"""What is in it, and its name."""


class TakeHome:
    """Lays out a button for each file.

    A file is made when it is wanted; so the link that a browser needs comes after, and is pressed
    by a script. It stays, in case a browser wants a person to press it.

    Args:
        tab: whose visit the files are of.
        files: makes a file of what the page says, by the button's words.
        elem_id: begins the ids: "maps" makes "maps-png", "maps-take" and "maps-notice".
    """

    def __init__(
        self, tab: "InsideTab", files: Mapping[str, Callable[[Said], File]], elem_id: str
    ) -> None:
        self.tab, self.files, self.elem_id = tab, files, elem_id
        with gr.Row(elem_classes="onward"):
            self.buttons = {
                words: gr.Button(
                    words,
                    elem_id=f"{elem_id}-{words.rpartition(' ')[2].strip('.').lower()}",
                    elem_classes="quiet",
                )
                for words in files
            }
            self.link = gr.DownloadButton(
                "Save again", visible=False, elem_id=f"{elem_id}-take", elem_classes="quiet"
            )
        self.notice = html("", f"{elem_id}-notice")

    @property
    def outputs(self) -> list[Any]:
        """What changes when a file is made."""
        return [self.link, self.notice]

    def clear(self) -> Said:
        """For an event handler that shows another picture to return."""
        return {self.link: gr.update(visible=False), self.notice: ""}

    def connect(self, inputs: set[Any]) -> None:
        """Connect the buttons; `inputs` is what makers of files want to know of the page."""
        press = (
            f'() => setTimeout(() => document.querySelector("#{self.elem_id}-take")?.click(), 100)'
        )
        for words, button in self.buttons.items():
            made = button.click(
                self._maker(words),
                inputs,
                self.outputs,
                **self.tab.usual | {"show_progress": "hidden"},
            )
            made.success(None, None, None, js=press)

    def _maker(self, words: str) -> Callable[[Said], Said]:
        def make(said: Said) -> Said:
            return self._make(words, said)

        return make

    @in_page
    def _make(self, words: str, said: Said) -> Said:
        content, name = self.files[words](said)
        path = save_bytes_to_cache(content, name, get_upload_folder())
        return {self.link: gr.update(visible=True, value=path), self.notice: ""}


def csv_file(rows: Iterable[Iterable[object]], name: str) -> File:
    """Rows as a CSV file, the first of them its head."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode(), name


def npy_file(values: np.ndarray, name: str) -> File:
    """An array as NumPy's own file."""
    content = io.BytesIO()
    np.save(content, values)
    return content.getvalue(), name
