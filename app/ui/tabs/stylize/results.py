"""The last paintings of a session: thumbnails to compare with, and to go back to."""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path

import gradio as gr
import numpy as np
from gradio.processing_utils import save_bytes_to_cache
from gradio.utils import get_upload_folder

from app.errors import UserError
from app.imaging import data_uri, read_picture
from app.translation import gettext as _
from app.ui.components.widgets import ComparedPictures
from app.ui.context import AppContext, UploadedPicture
from app.ui.handlers import ComponentValues
from app.ui.painting.style_mix import Style, StyleMix
from training.common.preprocessing import fit

MOST_RESULTS = 12
"""Paintings that are kept; the oldest is dropped first."""

GO_BACK, COMPARE = "back", "compare"
"""What a `select` event of the strip carries as its value; the index is a result's number."""

_THUMBNAIL = 112  # Pixels.
_FOLDER = Path(__file__).parent
_NOT_KEPT = _("This painting is no longer kept; please choose another one.")


@dataclass(frozen=True, eq=False)
class Result:
    """A painting that was shown; it holds no large picture, so a session stays small.

    Attributes:
        number: counts the paintings of a session.
        label: what it is, for people.
        thumbnail: `src` of a small picture.
        file: the painting as it was shown, a WebP in the folder of uploads.
        style_mix: in which styles; pictures of the visitor's own among them are kept elsewhere.
        form: values of the form's parts.
        title: of the photograph.
        original: gives the photograph, uint8 RGB [H,W,3], as large as it came.
        token: of the uploaded photograph.
        example: the photograph, if it is an example.
    """

    number: int
    label: str
    thumbnail: str
    file: Path
    style_mix: StyleMix
    form: ComponentValues
    title: str
    original: Callable[[], np.ndarray]
    token: str
    example: UploadedPicture | None

    @classmethod
    def of(
        cls,
        number: int,
        uploaded: UploadedPicture,
        style_mix: StyleMix,
        shown: ComparedPictures,
        form: ComponentValues,
    ) -> "Result":
        """A painting as the compare slider shows it, and what the form said."""
        content = base64.b64decode(shown.overlay.partition(",")[2])
        file = save_bytes_to_cache(content, "painting.webp", get_upload_folder())
        return cls(
            number=number,
            label=_("{title} after {styles}").format(
                title=uploaded.title, styles=style_mix.description()
            ),
            thumbnail=data_uri(fit(read_picture(content), _THUMBNAIL), 75),
            file=Path(file),
            style_mix=style_mix.without_pictures(),
            form=form,
            title=uploaded.title,
            original=uploaded.original,
            token=uploaded.token,
            example=uploaded if uploaded.is_example else None,
        )

    def photograph(self, current: UploadedPicture, context: AppContext) -> UploadedPicture:
        """The photograph: the current one if it is the same, else read again.

        Raises:
            UserError: its file is no longer there.
        """
        if current.token == self.token:
            return current
        if self.example is not None:
            return self.example
        again = context.receive(self.title, self.original(), original=self.original)
        return replace(again, token=self.token)

    def styles(self, uploaded_styles: Sequence[Style]) -> StyleMix:
        """The styles, with the visitor's own as they are kept now."""
        kept = {style.key: style for style in uploaded_styles}
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
            raise UserError(_NOT_KEPT) from error
        return "data:image/webp;base64," + base64.b64encode(content).decode()

    def is_like(self, other: "Result") -> bool:
        """Whether another one was painted just so."""
        return (
            self.token == other.token
            and [style.key for style in self.style_mix.styles]
            == [style.key for style in other.style_mix.styles]
            and self.style_mix.weights == other.style_mix.weights
            and self.form == other.form
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
    raise UserError(_NOT_KEPT)


def result_strip() -> gr.HTML:
    """A place for thumbnails; its `select` event carries a result's number, and what to do."""
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
    about = _("Your last paintings, up to {count}: press one to go back to it.").format(
        count=MOST_RESULTS
    )
    label = _("Your last paintings")
    return (
        f'<p class="small">{about}</p>'
        f'<div class="result-strip" role="group" aria-label="{label}">{tiles}</div>'
    )


def _tile(result: Result, *, pressed: bool) -> str:
    title, index = escape(result.label), f'data-index="{result.number}"'
    go_back = _("Go back to {title}").format(title=title)
    compare, compare_with = _("Compare"), _("Compare with {title}").format(title=title)
    return (
        f'<figure><button type="button" {index} data-value="{GO_BACK}" title="{title}">'
        f'<img src="{result.thumbnail}" alt="{go_back}"></button>'
        f'<button type="button" class="link" {index} data-value="{COMPARE}"'
        f' aria-pressed="{str(pressed).lower()}" aria-label="{compare_with}">{compare}</button>'
        "</figure>"
    )
