"""The last paintings of a visit: thumbnails to compare with, and to go back to."""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr
import numpy as np
from gradio.blocks import Block
from gradio.processing_utils import save_bytes_to_cache
from gradio.utils import get_upload_folder

from app.errors import UserError
from app.imaging import data_uri, read_picture
from app.ui.components.widgets import ComparedPictures
from app.ui.context import AppContext, UploadedPicture
from app.ui.tabs.stylize.style_mix import StyleMix
from training.common.preprocessing import fit

if TYPE_CHECKING:
    from app.ui.tabs.stylize.session import StylizeSession

MOST_RESULTS = 12
"""Paintings that are kept; the oldest goes first."""

GO_BACK, COMPARE = "back", "compare"
"""What a `select` event of the strip carries as its value; the index is a result's number."""

_THUMBNAIL = 112  # Pixels.
_FOLDER = Path(__file__).parent
_GONE = "This painting is no longer kept; please choose another one."


@dataclass(frozen=True, eq=False)
class Result:
    """A painting that was shown; it holds no large picture, so a session stays small.

    Attributes:
        number: counts the paintings of a visit.
        words: what it is, for people.
        thumbnail: `src` of a small picture.
        file: the painting as it was shown, a WebP in the folder of uploads.
        style_mix: in which styles; pictures of the visitor's own among them are kept elsewhere.
        form: what the parts of the form said.
        title: of the photograph.
        original: gives the photograph, as large as it came.
        token: of the visit.
        example: the visit, if the photograph is an example.
    """

    number: int
    words: str
    thumbnail: str
    file: Path
    style_mix: StyleMix
    form: Mapping[Block, Any]
    title: str
    original: Callable[[], np.ndarray]
    token: str
    example: UploadedPicture | None

    @classmethod
    def of(
        cls, session: "StylizeSession", shown: ComparedPictures, form: Mapping[Block, Any]
    ) -> "Result":
        """What an easel shows of a painting, and what the form said."""
        content = base64.b64decode(shown.overlay.partition(",")[2])
        file = save_bytes_to_cache(content, "painting.webp", get_upload_folder())
        uploaded, style_mix = session.uploaded, session.style_mix
        return cls(
            number=session.results[-1].number + 1 if session.results else 0,
            words=f"{uploaded.title} after {style_mix.words()}",
            thumbnail=data_uri(fit(read_picture(content), _THUMBNAIL), 75),
            file=Path(file),
            style_mix=style_mix.without_pictures(),
            form=form,
            title=uploaded.title,
            original=uploaded.original,
            token=uploaded.token,
            example=uploaded if uploaded.is_example else None,
        )

    def uploaded(self, session: "StylizeSession", context: AppContext) -> UploadedPicture:
        """The photograph: the one that is there, or read again.

        Raises:
            UserError: its file is no longer there.
        """
        if session.uploaded.token == self.token:
            return session.uploaded
        if self.example is not None:
            return self.example
        again = context.receive(self.title, self.original(), original=self.original)
        return replace(again, token=self.token)

    def styles(self, session: "StylizeSession") -> StyleMix:
        """The styles, with the visitor's own as they are kept now."""
        kept = {uploaded_style.key: uploaded_style for uploaded_style in session.uploaded_styles}
        styles = tuple(kept.get(style.key, style) for style in self.style_mix.styles)
        return replace(self.style_mix, styles=styles)

    def source(self) -> str:
        """The painting as the `src` of an <img>.

        Raises:
            UserError: it is no longer there.
        """
        try:
            content = self.file.read_bytes()
        except OSError as error:
            raise UserError(_GONE) from error
        return "data:image/webp;base64," + base64.b64encode(content).decode()

    def is_like(self, other: "Result") -> bool:
        """Whether another one was painted just so."""
        return (
            self.token == other.token
            and [style.key for style in self.style_mix.styles]
            == [style.key for style in other.style_mix.styles]
            and self.style_mix.weights == other.style_mix.weights
            and dict(self.form) == dict(other.form)
        )


def keep(results: tuple[Result, ...], newest: Result) -> tuple[Result, ...]:
    """The last paintings with the newest, unless it is the last one again."""
    if results and results[-1].is_like(newest):
        return results
    return (*results, newest)[-MOST_RESULTS:]


def find(results: Sequence[Result], number: object) -> Result:
    """The painting of that number.

    Raises:
        UserError: it is kept no longer.
    """
    for result in results:
        if result.number == number:
            return result
    raise UserError(_GONE)


def strip() -> gr.HTML:
    """A place for thumbnails; its `select` event carries a result's index, and what to do."""
    return gr.HTML(
        "",
        apply_default_css=False,
        elem_id="results",
        js_on_load=(_FOLDER / "results.js").read_text(encoding="utf-8"),
    )


def strip_html(results: Sequence[Result], compared: int | None = None) -> str:
    """Thumbnails, the newest first.

    Args:
        results: what is kept.
        compared: number of the one that is shown beside the painting.
    """
    tiles = "".join(_tile(result, pressed=result.number == compared) for result in results[::-1])
    if not tiles:
        return ""
    return (
        f'<p class="small">Your last paintings, up to {MOST_RESULTS}: press one to go back to'
        f' it.</p><div class="strip" role="group" aria-label="Your last paintings">{tiles}</div>'
    )


def _tile(result: Result, *, pressed: bool) -> str:
    words, index = escape(result.words), f'data-index="{result.number}"'
    return (
        f'<figure><button type="button" {index} data-value="{GO_BACK}" title="{words}">'
        f'<img src="{result.thumbnail}" alt="Go back to {words}"></button>'
        f'<button type="button" class="link" {index} data-value="{COMPARE}"'
        f' aria-pressed="{str(pressed).lower()}" aria-label="Compare with {words}">Compare</button>'
        "</figure>"
    )
