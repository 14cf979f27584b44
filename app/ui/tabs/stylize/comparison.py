"""What the Paint tab shows of a picture and its painting."""

from collections.abc import Sequence
from html import escape

import numpy as np

from app.imaging import data_uri
from app.serving.resolution import NATIVE
from app.serving.stylizer import StylizedPicture
from app.ui.components.widgets import ComparedPictures
from app.ui.tabs.stylize.session import StylizeSession, StylizeSettings
from app.ui.wording import device, percent


def compared_pictures(
    session: StylizeSession, parts: Sequence[StylizedPicture], settings: StylizeSettings
) -> ComparedPictures:
    """Picture and painting, to be compared.

    Args:
        session: what was painted, and in which styles.
        parts: the sitting's own, or a draft's; one for each region.
        settings: colours, masks, and how it is saved.
    """
    pictures = [part.picture for part in parts]
    photograph = session.photograph(max(pictures[0].shape))
    return ComparedPictures(
        picture=data_uri(photograph),
        overlay=data_uri(session.finish(settings, pictures, photograph)),
        ratio=session.uploaded.size[0] / session.uploaded.size[1],
        alt=escape(session.uploaded.title),
        caption=_caption(session, settings),
        legend=_legend(session, parts, settings),
    )


def _caption(session: StylizeSession, settings: StylizeSettings) -> str:
    """What it is, after whom."""
    style_mix = session.style_mix
    (style, _), *others = style_mix.parts
    words = style_mix.words()
    if len(session.regions(settings)) > 1:
        words = f"{style_mix.titles()}, each in its place"
    after = f"<b>{escape(session.uploaded.title)}</b> after <i>{escape(words)}</i>"
    if settings.strength < 1:
        after += f" at {percent(settings.strength)}"
    if others or not style.maker:
        return f"{after}."
    return f"{after} by {escape(style.maker)}."


def _legend(
    session: StylizeSession, parts: Sequence[StylizedPicture], settings: StylizeSettings
) -> str:
    """At which size it is painted and saved, how long it took, and the rights."""
    rights = {
        style.rights.partition(";")[0] for style, _ in session.style_mix.parts if style.rights
    }
    took = f"{sum(part.milliseconds for part in parts):.0f}&nbsp;ms on {device(parts[0].provider)}"
    return f"{_sizes(session, parts, settings)}; {took}. {escape('; '.join(sorted(rights)))}"


def _sizes(
    session: StylizeSession, parts: Sequence[StylizedPicture], settings: StylizeSettings
) -> str:
    (width, height), saved = parts[0].strokes.shape[1::-1], session.uploaded.size
    painted, brought = (f"{wide} &times; {high}" for wide, high in ((width, height), saved))
    if parts is not session.parts:
        return f"A draft, painted at {painted} pixels"
    if painted == brought:
        return f"Painted and saved at {painted} pixels"
    if settings.stroke_size == NATIVE:
        return (
            f"Painted at {painted} pixels to be shown here; saved, it is painted at {brought},"
            " with finer strokes"
        )
    detail = " with the photograph&rsquo;s detail" if width < saved[0] or height < saved[1] else ""
    return f"Painted at {painted} pixels, brought to {brought}{detail}"


def shown_result(session: StylizeSession, settings: StylizeSettings) -> np.ndarray:
    """The newest painting with colours and masks, uint8 RGB [H,W,3]."""
    if len(session.parts) != len(session.regions(settings)):  # A slider is being dragged right now.
        return session.photograph()
    return session.finish(settings, [part.picture for part in session.parts], session.photograph())
