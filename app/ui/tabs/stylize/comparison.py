"""Picture and painting compared: in the compare slider, and as the classifier reads them."""

from collections.abc import Sequence
from html import escape

import gradio as gr
import numpy as np

from app.imaging import data_uri
from app.serving.classifier import Classifier, Reading
from app.serving.resolution import NATIVE
from app.serving.stylizer import StylizedPicture
from app.serving.stylizer_bundle import STRENGTHS, Curve, StylizerBundle
from app.translation import gettext as _
from app.ui.components import charts
from app.ui.components.widgets import ComparedPictures, html, section
from app.ui.handlers import Updates
from app.ui.tabs.stylize.session import StylizeSession, StylizeSettings
from app.ui.wording import device, in_short, in_words, percent


def compared_pictures(
    session: StylizeSession, parts: Sequence[StylizedPicture], settings: StylizeSettings
) -> ComparedPictures:
    """Picture and painting, to be compared.

    Args:
        session: what was painted, and in which styles.
        parts: the session's own, or a draft's; one for each region.
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
    """What it is, in which styles."""
    style_mix = session.style_mix
    (style, _share), *others = style_mix.parts
    styles = style_mix.description()
    if len(session.style_regions(settings)) > 1:
        styles = _("{styles}, each in its place").format(styles=style_mix.titles())
    caption = _("<b>{title}</b> after <i>{styles}</i>").format(
        title=escape(session.uploaded.title), styles=escape(styles)
    )
    if settings.strength < 1:
        caption += " " + _("at {strength}").format(strength=percent(settings.strength))
    if others or not style.maker:
        return f"{caption}."
    return caption + " " + _("by {maker}.").format(maker=escape(style.maker))


def _legend(
    session: StylizeSession, parts: Sequence[StylizedPicture], settings: StylizeSettings
) -> str:
    """At which size it is painted and saved, how long it took, and the rights."""
    rights = {
        style.rights.partition(";")[0] for style, share in session.style_mix.parts if style.rights
    }
    time = _("{milliseconds:.0f}&nbsp;ms on {device}").format(
        milliseconds=sum(part.milliseconds for part in parts), device=device(parts[0].provider)
    )
    return f"{_sizes(session, parts, settings)}; {time}. {escape('; '.join(sorted(rights)))}"


def _sizes(
    session: StylizeSession, parts: Sequence[StylizedPicture], settings: StylizeSettings
) -> str:
    (width, height), saved = parts[0].strokes.shape[1::-1], session.uploaded.size
    painted, full = (f"{wide} &times; {high}" for wide, high in ((width, height), saved))
    if parts is not session.parts:
        return _("A draft, painted at {size} pixels").format(size=painted)
    if painted == full:
        return _("Painted and saved at {size} pixels").format(size=painted)
    if settings.stroke_size == NATIVE:
        return _(
            "Painted at {size} pixels to be shown here; saved, it is painted at {full}, with finer"
            " strokes"
        ).format(size=painted, full=full)
    if width < saved[0] or height < saved[1]:
        sentence = _(
            "Painted at {size} pixels, scaled to {full} with the photograph&rsquo;s detail"
        )
    else:
        sentence = _("Painted at {size} pixels, scaled to {full}")
    return sentence.format(size=painted, full=full)


class BeforeAfter:
    """What the classifier says of a picture before and after it was painted.

    Lays the section out; the tab connects it.
    """

    def __init__(
        self, classifier: Classifier, bundle: StylizerBundle, first: StylizeSession
    ) -> None:
        self.classifier, self.bundle = classifier, bundle
        section(
            _("What the classifier says of it"),
            _("The classifier of the Read tab looks at your picture, and then at the painting."),
        )
        curve = self._curve(first, StylizeSettings(), None)
        self.view = html(self._read(first, StylizeSettings(), curve), "before-after")
        self.curve = gr.State(curve)  # Strength, colours and mask leave it as it is.

    def update(
        self, session: StylizeSession, settings: StylizeSettings, known: Curve | None
    ) -> Updates:
        """Both readings of a painting; `known` is the curve that the page has."""
        curve = self._curve(session, settings, known)
        return {self.view: self._read(session, settings, curve), self.curve: curve}

    def _curve(
        self, session: StylizeSession, settings: StylizeSettings, known: Curve | None
    ) -> Curve:
        own, vector, size = session.own, session.style_mix.vector, settings.shown_stroke_size
        if (
            known
            and known.stroke_size == size
            and np.array_equal(known.own, own)
            and np.array_equal(known.vector, vector)
        ):
            return known
        return self.bundle.curve(self.classifier, session.photograph(), own, vector, size)

    def _read(self, session: StylizeSession, settings: StylizeSettings, curve: Curve) -> str:
        after = self.classifier.read(session.shown(settings))
        apart = len(session.style_regions(settings)) > 1
        return before_after_html(session.uploaded.reading, after, curve.probabilities, apart=apart)


def before_after_html(
    before: Reading, after: Reading, curve: np.ndarray, *, apart: bool = False
) -> str:
    """Both readings in short, and how the second grows with the strength.

    Args:
        before: of the picture.
        after: of the painting.
        curve: float32 [S,K], probabilities at `STRENGTHS`, see `StylizerBundle.curve`.
        apart: whether styles have places of their own; the curve is that of their blend.
    """
    if apart:
        caption = _(
            "A small copy, painted {count} times, with the styles blended all over. Beside it"
            " strokes are broader, so it may be read otherwise than the painting."
        )
    else:
        caption = _(
            "A small copy, painted {count} times. Beside it strokes are broader, so it may be read"
            " otherwise than the painting."
        )
    return f"""
        <div class="before-after">
          <div aria-live="polite">
            <p class="headline"><span>{escape(in_short(before))}</span>
            <i role="img" aria-label="{_("became")}">&rarr;</i> <b>{escape(in_short(after))}</b></p>
            <p>{escape(_sentence(before, after))}</p>
          </div>
          <figure>{_chart(after, curve)}
          <figcaption>{caption.format(count=len(STRENGTHS))}</figcaption>
          </figure>
        </div>"""


def _sentence(before: Reading, after: Reading) -> str:
    if after.refusal:
        return _(
            "The classifier still cannot place the painting in one of its five movements."
            " More strength, or another style, may change its mind."
        )
    if before.refusal:
        return _("What it refused to judge before is now a painting to the classifier.")
    if set(before.named) != set(after.named):
        was, became = map(_place, (before, after))
        return _("The style has taken the picture from {was} to {became}.").format(
            was=was, became=became
        )
    gain = 100 * (after.probabilities[after.best] - before.probabilities[after.best])
    if abs(gain) < 1:
        return _("To the classifier the style has changed next to nothing.")
    sentence = (
        _("To the classifier it is {points:.0f} points more {movement} than before.")
        if gain > 0
        else _("To the classifier it is {points:.0f} points less {movement} than before.")
    )
    return sentence.format(points=abs(gain), movement=after.movement)


def _place(reading: Reading) -> str:
    """The movements that a reading names."""
    movements = in_words([reading.movements[index] for index in reading.named], _("and"))
    return (
        _("a place between {movements}").format(movements=movements)
        if reading.close
        else (movements)
    )


def _chart(after: Reading, curve: np.ndarray) -> str:
    """The two movements that are likeliest in the painting, against the strength."""
    first, second = after.ranking[:2]
    series = {after.movements[index]: curve[:, index].tolist() for index in (second, first)}
    title = _("Probability of {movement} against the strength of the style").format(
        movement=after.movements[first]
    )
    strengths = [100 * strength for strength in STRENGTHS]
    across = _("strength of the style, %")
    return charts.curves(title, strengths, series, share=True, across=across)
