"""What is maximized, as a person writes it. Torch-free.

conv4_block24:17                     a channel
conv4_block24:17@0,-1                one cell of it: right of the middle, below the middle
Cubism                               a movement
conv4_block24:17 + 0.5*Cubism - conv3_block12:4
conv4_block24:17 * conv4_block24:90  both at once
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.errors import UserError
from app.translation import gettext as _
from training.common.depths import CHANNELS, LAYERS

MAX_LENGTH = 200
"""Characters of an expression; also bounds how many terms it can have."""

MIN_WEIGHT, MAX_WEIGHT = 0.001, 100.0
"""Weight of a term, without its sign."""

_EXAMPLE = _("write for example conv4_block24:17 + 0.5*Cubism.")
_STRIDES = {layer: 4 * 2**block for block, layer in enumerate(LAYERS)}
_TOKEN = re.compile(
    r"\s*(?:(?P<target>[A-Za-z]\w*(?::\d+(?:@-?\d+,-?\d+)?)?)|(?P<number>\d+(?:\.\d+)?|\.\d+)"
    r"|(?P<sign>[-+*]))",
    re.ASCII,
)


@dataclass(frozen=True)
class Channel:
    """A channel of one of LAYERS.

    Attributes:
        layer: its name.
        number: of the channel.
        cell: one place of the channel's map, cells right of the middle and below it; None for the
            mean of all.
    """

    layer: str
    number: int
    cell: tuple[int, int] | None = None

    def __str__(self) -> str:
        place = "" if self.cell is None else f"@{self.cell[0]},{self.cell[1]}"
        return f"{self.layer}:{self.number}{place}"


@dataclass(frozen=True)
class Movement:
    """One of the network's movements, by its number and name."""

    number: int
    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Term:
    """Some channels and movements multiplied, and a weight."""

    weight: float
    factors: tuple[Channel | Movement, ...]

    def __str__(self) -> str:
        weight = [] if abs(self.weight) == 1 else [f"{abs(self.weight):g}"]
        return "*".join([*weight, *map(str, self.factors)])


@dataclass(frozen=True)
class ObjectiveExpression:
    """A sum of terms; as a text it is what `parse` reads."""

    terms: tuple[Term, ...]

    def __str__(self) -> str:
        first, *others = self.terms
        signed = [f" {'-' if term.weight < 0 else '+'} {term}" for term in others]
        return f"{'-' if first.weight < 0 else ''}{first}{''.join(signed)}"

    @property
    def channels(self) -> list[Channel]:
        """All channels in it, in order."""
        return [x for term in self.terms for x in term.factors if isinstance(x, Channel)]

    @property
    def movements(self) -> list[Movement]:
        """All movements in it, in order."""
        return [x for term in self.terms for x in term.factors if isinstance(x, Movement)]

    @property
    def channel(self) -> Channel | None:
        """The channel, if it is nothing but one whole channel."""
        alone = len(self.terms) == 1 and self.terms[0].weight == 1
        if alone and len(self.terms[0].factors) == 1 and self.channels:
            return self.channels[0] if self.channels[0].cell is None else None
        return None

    def check(self, size: int) -> None:
        """Whether all its cells are inside of a picture.

        Args:
            size: side of the picture in pixels.

        Raises:
            UserError: one is outside of it.
        """
        for channel in self.channels:
            cells = size // _STRIDES[channel.layer]
            least, most = -(cells // 2), cells - cells // 2 - 1
            if channel.cell and not all(least <= place <= most for place in channel.cell):
                reason = _(
                    "A map of {layer} has {cells} x {cells} cells at {size} pixels, so the places"
                    " after @ go from {least} to {most}."
                )
                raise UserError(
                    reason.format(
                        layer=channel.layer, cells=cells, size=size, least=least, most=most
                    )
                )


def parse(text: str, movements: Sequence[str]) -> ObjectiveExpression:
    """Read an expression.

    Args:
        text: what a person wrote; see the top of this file.
        movements: names of the network's movements, in their order; case does not matter.

    Raises:
        UserError: it is none.

    Example:
        >>> str(parse("conv2_block6:3 + .5*cubism", ["Abstract", "Cubism"]))
        'conv2_block6:3 + 0.5*Cubism'
    """
    if not text.strip():
        raise _mistake(_("Say what to render: {example}"))
    if len(text) > MAX_LENGTH:
        reason = _("That is too long: use {most} characters at most.")
        raise UserError(reason.format(most=MAX_LENGTH))
    tokens = list(_tokens(text))
    terms, sign, position = [], 1.0, 0
    if tokens[0][1] in "+-":
        sign, position = (-1.0 if tokens[0][1] == "-" else 1.0), 1
    while True:
        term, position = _term(tokens, position, sign, movements)
        terms.append(term)
        if position == len(tokens):
            return ObjectiveExpression(tuple(terms))
        sign, position = (-1.0 if tokens[position][1] == "-" else 1.0), position + 1


def _mistake(sentence: str, **values: object) -> UserError:
    return UserError(sentence.format(example=_EXAMPLE, **values))


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    """Kind and text of each token."""
    position, text = 0, text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or not match.lastgroup:
            rest = text[position:].strip()[:20]
            raise _mistake(_("{word!r} means nothing here; {example}"), word=rest)
        yield match.lastgroup, match[match.lastgroup]
        position = match.end()


def _term(
    tokens: list[tuple[str, str]], position: int, sign: float, movements: Sequence[str]
) -> tuple[Term, int]:
    """A product, from a position on; and the position after it."""
    weight, factors = sign, []
    while True:
        kind, text = tokens[position] if position < len(tokens) else ("end", "")
        if kind == "number":
            weight *= float(text)
        elif kind == "target":
            factors.append(_target(text, movements))
        else:
            raise _mistake(_("A channel, a movement or a number is missing; {example}"))
        position += 1
        if position == len(tokens) or tokens[position][1] in "+-":
            break
        if tokens[position][1] != "*":
            sentence = _("A + , - or * is missing before {word!r}; {example}")
            raise _mistake(sentence, word=tokens[position][1])
        position += 1
    if not factors:
        raise _mistake(_("A number alone is not enough; {example}"))
    if not MIN_WEIGHT <= abs(weight) <= MAX_WEIGHT:
        sentence = _("Weights must be from {least:g} to {most:g}; {example}")
        raise _mistake(sentence, least=MIN_WEIGHT, most=MAX_WEIGHT)
    return Term(weight, tuple(factors)), position


def _target(text: str, movements: Sequence[str]) -> Channel | Movement:
    layer, colon, rest = text.partition(":")
    if not colon:
        return _movement(text, movements)
    if layer not in CHANNELS:
        sentence = _("There is no layer {layer} here; the layers are {layers}.")
        raise _mistake(sentence, layer=layer, layers=", ".join(LAYERS))
    number, at, place = rest.partition("@")
    if int(number) >= CHANNELS[layer]:
        sentence = _("{layer} has the channels 0 to {last}, not {number}.")
        raise _mistake(sentence, layer=layer, last=CHANNELS[layer] - 1, number=number)
    if not at:
        return Channel(layer, int(number))
    x, y = map(int, place.split(","))
    return Channel(layer, int(number), (x, y))


def _movement(text: str, movements: Sequence[str]) -> Movement:
    if text in CHANNELS:
        raise _mistake(_("Say which channel of {layer}, such as {layer}:17."), layer=text)
    names = [name.casefold() for name in movements]
    if text.casefold() not in names:
        sentence = _("There is no movement {movement} here; the movements are {movements}.")
        raise _mistake(sentence, movement=text, movements=", ".join(movements))
    number = names.index(text.casefold())
    return Movement(number, movements[number])
