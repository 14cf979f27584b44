"""Taking a heat map home: as a picture, as numbers, and how faithful it is as a table."""

import io
from typing import TYPE_CHECKING, Any

import gradio as gr
import numpy as np
from gradio.processing_utils import save_bytes_to_cache
from gradio.utils import get_upload_folder

from app.errors import UserError
from app.imaging import encode_png
from app.serving.faithfulness import Faithfulness
from app.ui.inside_heat_look import Look
from app.ui.inside_heat_view import paint
from app.ui.paint_notice import Said, in_page

if TYPE_CHECKING:
    from app.ui.inside_heat import InsideHeat

OPACITY = 0.75
"""Of the colours in a picture that is taken home, as the page's slider stands at first."""

_PRESS = """() => setTimeout(() => document.querySelector("#inside-heat-take")?.click(), 100)"""


class HeatSave:
    """Lays the buttons out; to be made inside a row.

    A file is written only when it is wanted; the link that a browser needs is then pressed by a
    script, as in `paint_save`.
    """

    def __init__(self, heat: "InsideHeat") -> None:
        self.heat = heat
        self.png = _button("Picture, PNG", "inside-heat-png")
        self.npy = _button("Map, .npy", "inside-heat-npy")
        self.csv = _button("Curves, CSV", "inside-heat-csv", interactive=False)
        self.link = gr.DownloadButton(
            "Save again", visible=False, elem_id="inside-heat-take", elem_classes="quiet"
        )

    @property
    def notice(self) -> gr.HTML:
        """Where it is said what went wrong."""
        return self.heat.notice

    def connect(self) -> None:
        """To be called once everything is laid out."""
        usual: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        outputs = [self.link, self.notice]
        for button, handler in (
            (self.png, self._save_png),
            (self.npy, self._save_npy),
            (self.csv, self._save_csv),
        ):
            saved = button.click(handler, self.heat.inputs, outputs, **usual)
            saved.success(None, None, None, js=_PRESS)

    @in_page
    def _save_png(self, said: Said) -> Said:
        visit, look = self.heat.seen(said)
        painted = paint(visit.picture, visit, look.wish, look.cells, OPACITY)
        return self._offer(encode_png(painted.picture), self._name(said, "png"))

    @in_page
    def _save_npy(self, said: Said) -> Said:
        _, look = self.heat.seen(said)
        file = io.BytesIO()
        np.save(file, look.cells.astype(np.float32))
        return self._offer(file.getvalue(), self._name(said, "npy"))

    @in_page
    def _save_csv(self, said: Said) -> Said:
        _, look = self.heat.seen(said)
        if look.trial is None:
            raise UserError("There are no curves yet; first ask whether the map is to be trusted.")
        return self._offer(as_csv(look.trial).encode(), self._name(said, "csv"))

    def _offer(self, content: bytes, name: str) -> Said:
        path = save_bytes_to_cache(content, name, get_upload_folder())
        return {self.link: gr.update(visible=True, value=path), self.notice: ""}

    def _name(self, said: Said, ending: str) -> str:
        """Of a file: the picture, the movement, the method, the depth."""
        visit, look = self.heat.seen(said)
        title = visit.title.rpartition(".")[0] or visit.title
        return f"{title} {describe(look, visit.reading.movements)}.{ending}"


def describe(look: Look, movements: tuple[str, ...]) -> str:
    """What a map is, for a file's name: "Cubism not Realism grad-cam 4"."""
    wish = look.wish
    minus = [] if wish.minus is None else ["not", movements[wish.minus]]
    return " ".join([movements[wish.this], *minus, wish.method, *map(str, wish.depths)])


def as_csv(found: Faithfulness) -> str:
    """All four curves as a table."""
    columns = {
        "share": found.shares,
        "deletion": found.map.deletion,
        "deletion_random": found.random.deletion,
        "insertion": found.map.insertion,
        "insertion_random": found.random.insertion,
    }
    rows = [",".join(columns)]
    rows += [
        ",".join(f"{value:.4f}" for value in row) for row in zip(*columns.values(), strict=True)
    ]
    return "\n".join(rows) + "\n"


def _button(words: str, elem_id: str, *, interactive: bool = True) -> gr.Button:
    return gr.Button(words, interactive=interactive, elem_id=elem_id, elem_classes="quiet")
