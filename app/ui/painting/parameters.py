"""An uploaded painting of this app: its settings are restored, or it is used as a picture.

Gives `ParametersQuestion`, and what both tabs have in common when they restore.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any, Generic, TypeVar

import gradio as gr
from gradio.blocks import Block

from app.errors import UserError
from app.examples import EXAMPLES
from app.generation_parameters import (
    GenerationParameters,
    StyleShare,
    read_parameters_or_picture,
)
from app.translation import gettext as _
from app.ui.components.image_input import ImageInput
from app.ui.context import UploadedPicture
from app.ui.handlers import ComponentValues, Updates, errors_in_notice
from app.ui.painting.style_mix import FULL, MOST_STYLES, Style, StyleMix
from app.ui.wording import in_words

CHOICES = (_("Restore the settings"), _("Use it as a picture"))

SettingsT = TypeVar("SettingsT")


@dataclass(frozen=True, eq=False)
class Restored(Generic[SettingsT]):
    """What could be restored from generation parameters.

    Attributes:
        style_mix: None if none of its styles is available.
        settings: without a mask: a drawing is not stored.
        notice: what was restored, and what was not.
        example: index of the example to show in place of another one.
    """

    style_mix: StyleMix | None
    settings: SettingsT
    notice: str
    example: int | None


def restore(
    parameters: GenerationParameters,
    settings: SettingsT,
    find: Callable[[StyleShare], Style | None],
    uploaded: UploadedPicture,
    *,
    slowly: bool,
) -> Restored[SettingsT]:
    """Restore styles and picture beside the settings.

    Args:
        parameters: of a picture painted at once, or slowly.
        settings: those that were restored from them.
        find: finds a style, see `StylePicker.find`.
        uploaded: the picture that is there.
        slowly: whether they are restored where pictures are painted slowly.
    """
    style_mix, missing = _restored_mix(parameters, find)
    notice = _notice(parameters, style_mix, missing, uploaded, slowly=slowly)
    return Restored(style_mix, settings, notice, _example(parameters, uploaded))


def _example(parameters: GenerationParameters, uploaded: UploadedPicture) -> int | None:
    """Index of the example that was painted, if another example is there now."""
    titles = [example.title for example in EXAMPLES]
    title = parameters.picture
    if not uploaded.is_example or title == uploaded.title or title not in titles:
        return None
    return titles.index(title)


def _restored_mix(
    parameters: GenerationParameters, find: Callable[[StyleShare], Style | None]
) -> tuple[StyleMix | None, list[StyleShare]]:
    """The styles that are named, and those of them that are not available."""
    shares = [share for share in parameters.styles if share.weight > 0][:MOST_STYLES]
    heaviest = max((share.weight for share in shares), default=1)
    found, missing = [], []
    for share in shares:
        style = find(share)
        if style is None:
            missing.append(share)
        else:
            found.append((style, FULL * share.weight / heaviest))
    return (StyleMix(*map(tuple, zip(*found, strict=True))) if found else None), missing


def _notice(
    parameters: GenerationParameters,
    style_mix: StyleMix | None,
    missing: list[StyleShare],
    uploaded: UploadedPicture,
    *,
    slowly: bool,
) -> str:
    """What was restored, and what a person must upload or draw again."""
    sentences = [
        _what_was_set(parameters, style_mix, slowly=slowly),
        *_what_is_missing(missing, slowly=slowly),
    ]
    if parameters.settings.get("mask") is True:
        sentences.append(_("The mask is not in the file: draw it again."))
    title = parameters.picture
    is_example = title in [example.title for example in EXAMPLES]
    if title == uploaded.title or (is_example and uploaded.is_example):
        return " ".join(sentences)
    if is_example:
        sentences.append(
            _("It was painted of our example {title}; your picture stays.").format(
                title=_quoted([title])
            )
        )
    else:
        sentences.append(_("The photograph is not in the file: upload it, or go on with this one."))
    return " ".join(sentences)


def _what_was_set(
    parameters: GenerationParameters, style_mix: StyleMix | None, *, slowly: bool
) -> str:
    if parameters.painted_slowly == slowly:
        if style_mix:
            return _("Styles and settings are set as they were.")
        return _("The settings are set as they were.")
    what = _("styles, colours and style size") if style_mix else _("colours and style size")
    if slowly:
        sentence = _(
            "This was painted at once: its {what} are set for painting slowly, the rest stays."
        )
    else:
        sentence = _(
            "This was painted slowly: its {what} are set for painting at once, the rest stays."
        )
    return sentence.format(what=what)


def _what_is_missing(shares: list[StyleShare], *, slowly: bool) -> list[str]:
    """Sentences on the styles that were not found."""
    uploads = [share.title for share in shares if not share.preset]
    presets = [share.title for share in shares if share.preset]
    sentences = []
    if uploads:
        sentences.append(
            _("Not in the file: the style {titles}. Upload it again.").format(
                titles=_quoted(uploads)
            )
        )
    if presets:
        sentence = (
            _("{titles} can only be painted at once.")
            if slowly
            else _("This version has no style {titles}.")
        )
        sentences.append(sentence.format(titles=_quoted(presets)))
    return sentences


def _quoted(titles: list[str]) -> str:
    left, right = "\N{LEFT DOUBLE QUOTATION MARK}", "\N{RIGHT DOUBLE QUOTATION MARK}"
    return in_words([f"{left}{title}{right}" for title in titles], _("and"))


class ParametersQuestion:
    """Asks what is wanted of a picture that holds settings, in the notice of a tab.

    The next answer of the page replaces the question.

    Args:
        image_input: where pictures are uploaded.
        restore: sets the form by generation parameters.
        receive: shows a picture.

    Attributes:
        pending: the upload that is asked about, and its parameters.
    """

    def __init__(
        self,
        image_input: ImageInput,
        restore: Callable[[ComponentValues, GenerationParameters], Updates],
        receive: Callable[[ComponentValues, UploadedPicture], Updates],
    ) -> None:
        self.image_input, self.restore, self.receive = image_input, restore, receive
        self.context, self.notice = image_input.context, image_input.notice
        hours = self.context.settings.cache_hours
        self.pending = gr.State(None, time_to_live=3600 * hours)

    def receive_upload(self, values: ComponentValues, upload: object) -> Updates:
        """Show an upload, or ask about it; see `ImageInput.connect`."""
        limits = self.context.settings
        found = read_parameters_or_picture(
            self.context.upload_path(upload),
            max_pixels=limits.max_pixels,
            max_bytes=limits.max_bytes,
        )
        if isinstance(found, GenerationParameters):
            return {self.notice: question_html(), self.pending: (upload, found)}
        again = functools.partial(self.context.decode_upload, upload)
        uploaded = self.context.receive(self.context.upload_title(upload), found, original=again)
        return self.receive(values, uploaded)

    def connect(self, inputs: set[Block], outputs: list[Any], **options: Any) -> Any:
        """Connect the buttons; for the arguments see `ImageInput.connect`."""
        return self.notice.select(
            self.answer, {*inputs, self.pending}, [*outputs, self.pending], **options
        )

    @errors_in_notice
    def answer(self, values: ComponentValues, event: gr.SelectData) -> Updates:
        """Do what was chosen."""
        if values[self.pending] is None:
            raise UserError(_("Please drop the picture here again, and choose then."))
        upload, parameters = values[self.pending]
        if event.index == 0:
            updates = self.restore(values, parameters)
        else:
            updates = self.receive(values, self.context.receive_upload(upload))
        return updates | {self.pending: None}


def question_html() -> str:
    """The question with a button for each answer."""
    question = _("This picture was painted here, and holds its settings. What do you want?")
    buttons = "".join(
        f'<button type="button" class="quiet" data-index="{index}">{escape(label)}</button>'
        for index, label in enumerate(CHOICES)
    )
    return (
        f'<p class="question" role="status">{escape(question)}</p>'
        f'<div class="answers">{buttons}</div>'
    )
