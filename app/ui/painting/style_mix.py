"""The styles that are painted with: one, or several blended by weight."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from app.errors import UserError
from app.generation_parameters import StyleShare
from app.serving.presets import Preset
from app.serving.style import MAX_STYLES, blend
from app.translation import gettext as _
from app.ui.wording import in_words, percent

MOST_STYLES = 5
"""In any blend: the mixer has one slider for each movement."""

FULL = 100.0
"""Weight of a style that was just chosen; sliders go from 0 to this."""

SURPRISES = (0.5, 0.35, 0.15)
"""Chances of one, two and three styles in `surprise`."""


@dataclass(frozen=True, eq=False)
class Style:
    """One style.

    Attributes:
        title: of the painting, the movement, or the uploaded file.
        vector: float32 [D].
        maker: artist and year; may be empty.
        rights: under which the painting may be used; empty for a visitor's own.
        preset: name of the preset; empty for a visitor's own.
        picture: uint8 RGB [h,w,3] of a visitor's own, small; presets are vectors only.
        key: names it on the page, such as for its mask.
    """

    title: str
    vector: np.ndarray
    maker: str = ""
    rights: str = ""
    preset: str = ""
    picture: np.ndarray | None = None
    key: str = field(default_factory=lambda: secrets.token_hex(8))

    @classmethod
    def of(cls, preset: Preset) -> Self:
        """A style that comes with the app."""
        year = str(preset.year) if preset.year else ""
        maker = ", ".join(filter(None, [preset.artist, year]))
        return cls(preset.title, preset.vector, maker, preset.rights, preset.name, key=preset.name)


@dataclass(frozen=True, eq=False)
class StyleMix:
    """Styles and what each weighs; at least one, never more than `MOST_STYLES`."""

    styles: tuple[Style, ...]
    weights: tuple[float, ...]

    @classmethod
    def of(cls, style: Style) -> Self:
        """One style alone."""
        return cls((style,), (FULL,))

    @property
    def vector(self) -> np.ndarray:
        """Float32 [D]."""
        return blend([s.vector for s in self.styles], self.weights, max_styles=MOST_STYLES)

    @property
    def used(self) -> list[tuple[Style, float]]:
        """Each style that counts, with its share of 0..1, in the order they were chosen."""
        total = sum(self.weights)
        return [(style, weight / total) for style, weight in self._pairs() if weight > 0]

    @property
    def parts(self) -> list[tuple[Style, float]]:
        """The same, weightiest first."""
        return sorted(self.used, key=lambda part: -part[1])

    def with_or_without(self, style: Style) -> Self:
        """Add a style, or take it away if it is there and not the last one.

        Raises:
            UserError: there are as many as can be blended.
        """
        in_use = [part for part in self._pairs() if part[1] > 0]
        kept = [part for part in in_use if part[0] is not style]
        if len(kept) < len(in_use):
            return self._from(kept) if kept else self
        if len(kept) >= MAX_STYLES:
            raise UserError(
                _("Up to {count} styles can be blended; press one of them to take it away.").format(
                    count=MAX_STYLES
                )
            )
        return self._from([*kept, (style, FULL)])

    def alone(self) -> Self:
        """Only the style that weighs most."""
        return self.of(self.parts[0][0])

    def without_pictures(self) -> Self:
        """The same, to be kept in little memory."""
        styles = [s if s.picture is None else replace(s, picture=None) for s in self.styles]
        return replace(self, styles=tuple(styles))

    def weighed(self, weights: Sequence[float]) -> Self:
        """The same styles with other weights, 0..100 each.

        Raises:
            UserError: all of them are zero.
        """
        if not any(weights):
            raise UserError(_("With all sliders at zero there is nothing to paint with; move one."))
        return replace(self, weights=tuple(weights))

    def pressed(self, styles: Sequence[Style], *, blend: bool) -> tuple[Self, str]:
        """What pressing styles, one after the other, does to the styles in use.

        Args:
            styles: in the order they were pressed.
            blend: whether each joins those before it, or takes their place.

        Returns:
            The styles, and why not all of them are in it; empty if they are.
        """
        style_mix = self
        for style in styles:
            try:
                style_mix = style_mix.with_or_without(style) if blend else type(self).of(style)
            except UserError as error:
                return style_mix, str(error)
        return style_mix, ""

    def translated(self, find: Callable[[Style], Style | None]) -> tuple[Self | None, list[str]]:
        """The same in the styles of another tab.

        Args:
            find: gives the style there that is the same.

        Returns:
            None if it has none of them, and the titles of those that it has not.
        """
        found = [(find(style), style.title, w) for style, w in self._pairs() if w > 0]
        kept = [(style, weight) for style, title, weight in found if style is not None]
        lost = [title for style, title, weight in found if style is None]
        return self._from(kept) if kept else None, lost

    def description(self) -> str:
        """The styles with their shares: "60 % Dance and 40 % The Scream"."""
        parts = self.parts
        if len(parts) == 1:
            return parts[0][0].title
        return in_words([f"{percent(share)} {style.title}" for style, share in parts], _("and"))

    def titles(self) -> str:
        """The styles that count, in the order they were chosen: "Dance and The Scream"."""
        return in_words([style.title for style, share in self.used], _("and"))

    def shares(self) -> tuple[StyleShare, ...]:
        """The same for generation parameters."""
        return tuple(StyleShare(s.title, round(w, 4), s.preset) for s, w in self._pairs())

    def _pairs(self) -> list[tuple[Style, float]]:
        return list(zip(self.styles, self.weights, strict=True))

    @classmethod
    def _from(cls, pairs: Sequence[tuple[Style, float]]) -> Self:
        return cls(tuple(pair[0] for pair in pairs), tuple(pair[1] for pair in pairs))


def surprise(styles: Sequence[Style], rng: np.random.Generator) -> tuple[StyleMix, float]:
    """Choose at random, with numbers that the sliders can show and files store.

    Args:
        styles: to choose from, at least three.
        rng: drawn from.

    Returns:
        One to three styles with weights of 30..100, and a strength of 0.5..1.
    """
    count = 1 + int(rng.choice(len(SURPRISES), p=SURPRISES))
    chosen = rng.choice(len(styles), count, replace=False)
    weights = 10 * rng.integers(3, 10, count, endpoint=True)
    style_mix = StyleMix(tuple(styles[index] for index in chosen), tuple(map(float, weights)))
    return style_mix, float(rng.integers(50, 100, endpoint=True)) / 100
