"""Choosing styles: galleries of presets, pictures of one's own, and blends; of both tabs."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any, TypeVar

import gradio as gr
import numpy as np

from app.generation_parameters import StyleShare
from app.imaging import data_uri
from app.serving.presets import Preset
from app.serving.style import MAX_STYLES
from app.serving.stylizer import Stylizer
from app.translation import gettext as _
from app.ui.handlers import Updates
from app.ui.painting.session import PaintingSession
from app.ui.painting.sliders import (
    MixingSlider,
    mixing_sliders,
    slider_positions,
    slider_values,
)
from app.ui.painting.style_mix import Style, StyleMix
from training.common.preprocessing import fit

FIRST_PRESET = "gogh-the-starry-night"
"""Name of the preset that is in use when the page opens."""

UPLOADS = "uploads"
"""Id of the tab with styles of the visitor's own."""

_FOLDER = Path(__file__).parent
_THUMBNAIL = 224  # Pixels.
_END_WAITING = """() => document.querySelectorAll(".style-gallery")
    .forEach((gallery) => gallery.dispatchEvent(new Event("settled")))"""

SessionT = TypeVar("SessionT", bound=PaintingSession)

GalleryEntries = Iterable[tuple[int, Style, str]]
"""Index, style and `src` of the thumbnail of each."""

# Nothing below is a property of its own: Gradio (6.31) forgets all properties of an HTML component
# that is out of sight, in another tab, when an event that names it as an output leaves it alone.


def style_gallery(
    entries: GalleryEntries, pressed: Sequence[int], name: str, elem_id: str
) -> gr.HTML:
    """Styles to press, always the same; the `select` event carries a style's index.

    Args:
        entries: the styles.
        pressed: indices of those in use.
        name: for screen readers.
        elem_id: of the component.
    """
    template = _literal(_gallery_html(entries, name))
    return _gallery({"pressed": list(pressed)}, template, elem_id)


def changing_gallery(
    entries: GalleryEntries, pressed: Sequence[int], name: str, elem_id: str
) -> gr.HTML:
    """The same for styles that change, see `gallery_value`."""
    return _gallery(gallery_value(entries, pressed, name), "${value.tiles}", elem_id)


def gallery_value(entries: GalleryEntries, pressed: Sequence[int], name: str) -> dict[str, Any]:
    """Value of a `changing_gallery`, for an event handler to return."""
    return {"pressed": list(pressed), "tiles": _gallery_html(entries, name)}


def pressed_styles(event: gr.SelectData) -> list[int]:
    """Indices of the styles that were pressed since the last event, see style_gallery.js.

    Two events may be on their way at once: then the first carries all presses, the second none.
    """
    return [event.index] if event.value is None else [int(index) for index in event.value]


def end_waiting(event: Any) -> None:
    """Remove the waiting marks of pressed styles after an event, whatever its outcome."""
    for after in (event.then, event.failure):
        after(None, None, None, js=_END_WAITING, api_visibility="private")


def thumbnail(picture: np.ndarray) -> str:
    """`src` of a style's thumbnail that its visitor alone sees; picture is uint8 RGB [H,W,3]."""
    return data_uri(fit(picture, _THUMBNAIL), 75)


def preview_html(preset: str) -> str:
    """Where a tile shows the picture in its preset, once `Previews` has made it."""
    label = _("Your picture in this style")
    return f'<i class="preview" data-preset="{escape(preset)}" role="img" aria-label="{label}"></i>'


def _gallery(value: Any, template: str, elem_id: str) -> gr.HTML:
    return gr.HTML(
        value,
        html_template=template,
        apply_default_css=False,
        elem_id=elem_id,
        elem_classes="style-gallery",
        js_on_load=(_FOLDER / "style_gallery.js").read_text(encoding="utf-8"),
    )


def _gallery_html(entries: GalleryEntries, name: str) -> str:
    buttons = "".join(
        f'<button type="button" data-index="{index}"{_address(style)}'
        f' title="{escape(style.rights)}">'
        f'<i class="tile"><img src="{source}" alt=""'
        f' loading="lazy">{preview_html(style.preset) if style.preset else ""}</i>'
        f"<b>{escape(style.title)}</b><span>{escape(style.maker)}</span></button>"
        for index, style, source in entries
    )
    return f'<div role="group" aria-label="{escape(name)}">{buttons}</div>'


def _address(style: Style) -> str:
    return f' data-address="preset={escape(style.preset)}"' if style.preset else ""


def _literal(html: str) -> str:
    """HTML as a template of Gradio's that means nothing but itself."""
    return "".join(f"&#{ord(c)};" if c in "`$\\{" else c for c in html)


class StylePicker(ABC):
    """The galleries of a tab, in which styles have one numbering: built-in ones, then uploads.

    A subclass lays out its galleries with the methods `_lay_out_...`, and sets `outputs`.

    Args:
        stylizer: gives the vectors of pictures.
        presets: built-in styles.
        examples: pictures of ours that can be chosen beside the visitor's own.
        prefix: begins the ids.

    Attributes:
        styles: the built-in ones.
        tabs: in which the galleries are.
        galleries: those that always show the same styles.
        upload: a button for pictures of the visitor's own.
        uploaded: the gallery with these.
        blend: whether a style that is pressed joins the others.
        weights: sliders for a blend.
        outputs: components that `update` changes, and `tabs`.
    """

    tabs: gr.Tabs
    uploaded_name: str
    outputs: list[Any]

    def __init__(
        self,
        stylizer: Stylizer,
        presets: Sequence[Preset],
        examples: Sequence[Style] = (),
        prefix: str = "",
    ) -> None:
        self.stylizer, self.presets, self.prefix = stylizer, tuple(presets), prefix
        self.examples = [(style, thumbnail(_picture(style))) for style in examples]
        self.styles = (*(Style.of(preset) for preset in presets), *examples)
        self.galleries: list[gr.HTML] = []

    def _lay_out_uploads(self, name: str) -> None:
        """The upload button, and the gallery with what was uploaded."""
        self.uploaded_name = name
        self.upload = gr.UploadButton(
            _("Upload a style picture"),
            file_count="multiple",
            file_types=["image", ".heic"],
            elem_id=f"{self.prefix}upload-style",
            elem_classes="quiet",
        )
        self.uploaded = changing_gallery(
            self._uploaded_entries(()), [], name, f"{self.prefix}uploaded-styles"
        )

    def _lay_out_blend(self) -> None:
        label = _("Blend up to {count}").format(count=MAX_STYLES)
        self.blend = gr.Checkbox(label=label, elem_id=f"{self.prefix}blend", container=False)

    def _lay_out_weights(self) -> None:
        self.weights = mixing_sliders([], [], f"{self.prefix}weights", shares=True, visible=False)

    @property
    def first(self) -> StyleMix:
        """In use when the page opens."""
        return StyleMix.of(self.named(FIRST_PRESET) or self.styles[0])

    def named(self, preset: str) -> Style | None:
        """The built-in style of a preset's name, if there is one."""
        return next((style for style in self.styles if style.preset == preset), None)

    def find(self, share: StyleShare) -> Style | None:
        """The built-in style or example that generation parameters name, if there is one."""
        return self.named(share.preset) if share.preset else self._example(share.title)

    @abstractmethod
    def _example(self, title: str) -> Style | None:
        """The example of that title as a style, if there is one."""

    @abstractmethod
    def uploaded_style(self, title: str, picture: np.ndarray, size: float) -> Style:
        """A style of the visitor's own.

        Args:
            title: of the picture.
            picture: uint8 RGB [H,W,3].
            size: how large it is seen, see `app.serving.style.STYLE_SIZES`.
        """

    @abstractmethod
    def _kept(self, picture: np.ndarray) -> np.ndarray:
        """A style's picture, uint8 RGB [H,W,3], as large as it is kept."""

    def add(self, session: SessionT, style: Style, *, blend: bool) -> SessionT:
        """The session with a style of the visitor's own, in use.

        Raises:
            UserError: there are as many as can be blended.
        """
        style_mix = session.style_mix.with_or_without(style) if blend else StyleMix.of(style)
        return session.with_uploaded_styles([style]).with_mix(style_mix)

    def choose(
        self, session: PaintingSession, indices: Sequence[int], *, blend: bool
    ) -> tuple[StyleMix, str]:
        """What pressing styles does to those in use, see `StyleMix.pressed`."""
        styles = self._all(session)
        return session.style_mix.pressed([styles[index] for index in indices], blend=blend)

    def adopt(self, session: SessionT, style_mix: StyleMix) -> tuple[SessionT, list[str]]:
        """Take over the styles of the other tab; its pictures become the visitor's own.

        Returns:
            The session, and the titles of styles that are not available here.
        """
        known, new = self._all(session), list[Style]()

        def here(style: Style) -> Style | None:
            if style.preset:
                return self.named(style.preset)
            found = _same_style([*known, *new], style)
            if found is None and style.picture is not None:
                found = replace(style, picture=self._kept(style.picture))
                new.append(found)
            return found

        adopted, lost = style_mix.translated(here)
        return session.with_uploaded_styles(new).with_mix(adopted or session.style_mix), lost

    def weigh(self, style_mix: StyleMix, sent: object) -> StyleMix:
        """The same styles with the weights of the sliders; see `slider_values` for errors."""
        return style_mix.weighed(slider_values(sent, weight_sliders(style_mix)))

    def is_blend(self, style_mix: StyleMix) -> bool:
        """Whether several styles are blended by the sliders `weights`."""
        return len(style_mix.styles) > 1

    def open_tab(self, style_mix: StyleMix) -> Updates:
        """For an event handler to return: the tab with the weightiest style, and the tick."""
        (style, _share), *_others = style_mix.parts
        kinds = {preset.name: f"{preset.kind}s" for preset in self.presets}
        return {
            self.blend: self.is_blend(style_mix),
            self.tabs: gr.update(selected=kinds.get(style.preset, UPLOADS)),
        }

    def update(self, session: PaintingSession, *, dragged: object = None) -> Updates:
        """What every part shows, except the sliders that are being dragged."""
        style_mix = session.style_mix
        weights = dict(zip(map(id, style_mix.styles), style_mix.weights, strict=True))
        pressed = [i for i, style in enumerate(self._all(session)) if weights.get(id(style))]
        entries = self._uploaded_entries(session.uploaded_styles)
        sliders = slider_positions(weight_sliders(style_mix), style_mix.weights, shares=True)
        blended = self.is_blend(style_mix)
        updates: Updates = {gallery: {"pressed": pressed} for gallery in self.galleries}
        updates |= {
            self.uploaded: gallery_value(entries, pressed, self.uploaded_name),
            self.weights: gr.update(value=sliders, visible=blended),
        }
        if blended:  # One style may be the first of a blend: the tick is the visitor's own.
            updates[self.blend] = True
        return {part: update for part, update in updates.items() if part is not dragged}

    def _all(self, session: PaintingSession) -> list[Style]:
        return [*self.styles, *session.uploaded_styles]

    def _uploaded_entries(self, uploaded: Sequence[Style]) -> list[tuple[int, Style, str]]:
        """The examples and the visitor's own."""
        tiles = [*self.examples, *((style, thumbnail(_picture(style))) for style in uploaded)]
        first = len(self.presets)
        return [(index, style, source) for index, (style, source) in enumerate(tiles, first)]


def weight_sliders(style_mix: StyleMix) -> list[MixingSlider]:
    """A slider for the weight of each style in a blend."""
    return [MixingSlider(style.title) for style in style_mix.styles]


def _same_style(styles: Sequence[Style], style: Style) -> Style | None:
    """The one of several that looks the same to the network."""
    return next((each for each in styles if np.array_equal(each.vector, style.vector)), None)


def _picture(style: Style) -> np.ndarray:
    """The picture of a style that is no preset, uint8 RGB [h,w,3]."""
    assert style.picture is not None
    return style.picture
