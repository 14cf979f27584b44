"""A worksheet of a reading, for the classroom: one page to print, with three questions."""

import io
import math
from typing import Any

import cv2
import gradio as gr
import numpy as np
from PIL import Image

from app.imaging import encode_png
from app.serving.averages import Averages
from app.serving.classifier import Reading
from app.translation import gettext as _
from app.ui.components.downloads import Downloads, File
from app.ui.components.widgets import folded, html
from app.ui.context import AppContext, UploadedPicture, require_current
from app.ui.handlers import ComponentValues, Updates
from app.ui.tabs.explain.channel_panel import if_shipped
from app.ui.tabs.explain.heatmap_view import OPACITY
from app.ui.tabs.explain.texture_charts import sentence
from app.ui.tabs.read.reading_view import EVIDENCE_SCALE, no_evidence, paint_evidence
from app.ui.wording import in_short, percent, verdict
from training.common.preprocessing import resize
from training.common.texture_features.measures import MEASURES, measure
from training.common.texture_features.palette import palette
from training.common.texture_features.working_picture import WorkingPicture

Colour = tuple[int, int, int]

PER_MM = 8
"""Pixels per millimetre: 203 dots per inch."""

WIDTH, HEIGHT = 210, 297
"""Of the page, in millimetres, as all lengths below."""

INK: Colour = (31, 28, 24)
SOFT: Colour = (95, 88, 78)
LINE: Colour = (200, 192, 180)

_LEADING = 1.4  # From one line of text to the next, in heights of the letters.
_BASE = 1.0  # From the top of a line of text to its baseline, the same.
_DOTS_PER_INCH = 25.4 * PER_MM
_JPEG_QUALITY = 92  # A PDF holds the page as a JPEG; below this, letters have fringes.
_MARGIN, _GUTTER = 14.0, 8.0
_COLUMN = (WIDTH - 2 * _MARGIN - _GUTTER) / 2
_SECOND = _MARGIN + _COLUMN + _GUTTER
_PICTURE = 66.0  # Largest height of the pictures.
_ANSWERS, _BOTTOM = 7.0, 284.0  # Between the lines to write on; the end of the last.


class PrintPage:
    """A white A4 page to draw on; all places and lengths are in millimetres from the top left.

    It is drawn as pixels with OpenCV's own scalable typeface (Rubik, with Latin, Greek, Cyrillic
    and Chinese letters), so it is the same on every machine; other letters become question marks.
    """

    def __init__(self) -> None:
        self._pixels = np.full((HEIGHT * PER_MM, WIDTH * PER_MM, 3), 255, np.uint8)
        self._font = cv2.FontFace("sans")

    def write(
        self,
        words: str,
        left: float,
        top: float,
        width: float,
        *,
        size: float = 3.4,
        weight: int = 400,
        colour: Colour = INK,
    ) -> float:
        """Write a paragraph.

        Args:
            words: the paragraph.
            left: of the paragraph.
            top: of the paragraph.
            width: of a line.
            size: height of the letters with ascenders.
            weight: 400 is regular, 700 is bold.
            colour: of the letters.

        Returns:
            The top of the next paragraph below this one.
        """
        for line in self._lines(words, width, size, weight):
            origin = round(left * PER_MM), round((top + _BASE * size) * PER_MM)
            cv2.putText(
                self._pixels, line, origin, colour, self._font, round(size * PER_MM), weight
            )
            top += _LEADING * size
        return top

    def place(
        self, picture: np.ndarray, left: float, top: float, width: float, height: float
    ) -> tuple[float, float]:
        """Draw a picture, uint8 RGB [H,W,3], as large as it fits into a space.

        Returns:
            Its width and height on the page.
        """
        rows, columns = picture.shape[:2]
        scale = min(width / columns, height / rows)
        width, height = columns * scale, rows * scale
        sides = (max(1, round(length * PER_MM)) for length in (width, height))
        small = resize(picture, *sides)
        y, x = round(top * PER_MM), round(left * PER_MM)
        self._pixels[y : y + len(small), x : x + small.shape[1]] = small
        return width, height

    def fill(
        self, left: float, top: float, width: float, height: float, colour: Colour = LINE
    ) -> None:
        """Fill a rectangle."""
        y, x = round(top * PER_MM), round(left * PER_MM)
        bottom, right = round((top + height) * PER_MM), round((left + width) * PER_MM)
        self._pixels[y : max(y + 1, bottom), x:right] = colour

    def png(self) -> bytes:
        """The page as the content of a PNG file."""
        return encode_png(self._pixels)

    def pdf(self, title: str) -> bytes:
        """The page as the content of a PDF file with a title."""
        file = io.BytesIO()
        Image.fromarray(self._pixels).save(
            file, "PDF", resolution=_DOTS_PER_INCH, quality=_JPEG_QUALITY, title=title
        )
        return file.getvalue()

    def _lines(self, words: str, width: float, size: float, weight: int) -> list[str]:
        """A paragraph, broken into lines between words, or within one that fills more than one."""
        lines: list[str] = []
        pieces = [piece for word in words.split() for piece in self._cut(word, width, size, weight)]
        for word in pieces:
            longer = f"{lines[-1]} {word}" if lines else word
            if lines and self._length(longer, size, weight) <= width:
                lines[-1] = longer
            else:
                lines.append(word)
        return lines

    def _cut(self, word: str, width: float, size: float, weight: int) -> list[str]:
        """A word in pieces that fit into a line, usually one."""
        pieces = []
        while self._length(word, size, weight) > width and len(word) > 1:
            fitting = len(word) - 1
            while fitting > 1 and self._length(word[:fitting], size, weight) > width:
                fitting -= 1
            pieces.append(word[:fitting])
            word = word[fitting:]
        return [*pieces, word]

    def _length(self, words: str, size: float, weight: int) -> float:
        """Length of a line of text."""
        pixels = round(size * PER_MM)
        box = cv2.getTextSize((0, 0), words, (0, 0), self._font, pixels, weight)
        return box[2] / PER_MM


class Worksheet:
    """The folded section; a file is made when its button is pressed.

    Args:
        context: for the averages of the movements.
        uploaded: state that holds the picture.
        token: of the picture, as the page knows it.

    Attributes:
        outputs: components that `clear` updates.
    """

    def __init__(self, context: AppContext, uploaded: gr.State, token: gr.Textbox) -> None:
        self.context, self.uploaded, self.token = context, uploaded, token
        about = _(
            "One page (A4) of the reading above: the picture, the verdict, the heat map, the"
            " textures, and three questions to answer on paper."
        )
        with gr.Accordion(_("A worksheet for the classroom"), **folded("worksheet")):
            html(f'<p class="small">{about}</p>')
            with gr.Row(elem_classes="button-row"):
                files = {_("Worksheet, PDF"): self._pdf, _("Worksheet, PNG"): self._png}
                self.save = Downloads(files, "worksheet")
            self.notice = html("", "worksheet-notice")
        self.outputs: list[Any] = [self.save.link, self.notice]

    def clear(self) -> Updates:
        """For an event handler to return: there is another reading."""
        return self.save.clear() | {self.notice: ""}

    def connect(self) -> None:
        """Connect the buttons."""
        self.save.connect({self.uploaded, self.token}, self.notice, **self.context.reading_queue)

    def _pdf(self, values: ComponentValues) -> File:
        title, page = self._page(values)
        name = _("{title} worksheet").format(title=title)
        return page.pdf(_("{title}: worksheet").format(title=title)), f"{name}.pdf"

    def _png(self, values: ComponentValues) -> File:
        title, page = self._page(values)
        name = _("{title} worksheet").format(title=title)
        return page.png(), f"{name}.png"

    def _page(self, values: ComponentValues) -> tuple[str, PrintPage]:
        uploaded: UploadedPicture = require_current(values[self.uploaded], values[self.token])
        averages = if_shipped(lambda: self.context.assets.averages)
        return uploaded.title.rpartition(".")[0] or uploaded.title, worksheet(uploaded, averages)


def questions(reading: Reading) -> tuple[str, str, str]:
    """What a class is asked about a reading."""
    first, second = (reading.movements[index] for index in reading.ranking[:2])
    look = _(
        "Fold the verdict away. Which movement would you name, and which strokes, shapes or colours"
        " make you say so?"
    )
    if reading.refusal:
        disagree = _(
            "The program gives no verdict: {reason}. Do you agree? What in the picture speaks for"
            " that, and what against it?"
        ).format(reason=in_short(reading))
        change = _("What would you have to change in the picture for it to get a verdict?")
        if reading.blank:
            change = _("What would you have to paint into the picture for it to get a verdict?")
        return look, disagree, change
    where = _(
        "In the heat map the brightest places speak most for {movement}. What is painted there?"
        " Would you have pointed at the same places?"
    ).format(movement=first)
    chances = [percent(float(reading.probabilities[index])) for index in reading.ranking[:2]]
    between = _(
        "The program gives {first} {first_chance} and {second} {second_chance}. What in the picture"
        " speaks for {second}? What would have to be painted otherwise for it to win?"
    ).format(first=first, first_chance=chances[0], second=second, second_chance=chances[1])
    return look, where, between


def worksheet(uploaded: UploadedPicture, averages: Averages | None) -> PrintPage:
    """The page.

    Args:
        uploaded: the picture and its reading.
        averages: of the movements' training paintings, if they are shipped.
    """
    page = PrintPage()
    page.write(_("Reading a picture"), _MARGIN, 12, _COLUMN, size=6, weight=500)
    for label, left, width in ((_("Name"), _SECOND, 42), (_("Date"), _SECOND + 56, 20)):
        page.write(label, left, 14, 20, colour=SOFT)
        page.fill(left + 11, 18.2, width, 0.2, SOFT)
    top = _pictures(page, uploaded, 26)
    bottom = max(_verdict(page, uploaded.reading, top), _textures(page, uploaded, averages, top))
    _questions(page, uploaded.reading, bottom + 4)
    page.write(
        _(
            "Made with Deep Brush. Its verdict is a neural network's guess, which can be wrong; the"
            " colours show what spoke for it, not what the painter meant."
        ),
        *(_MARGIN, 287, WIDTH - 2 * _MARGIN),
        size=2.6,
        colour=SOFT,
    )
    return page


def _pictures(page: PrintPage, uploaded: UploadedPicture, top: float) -> float:
    """The picture and its heat map side by side; returns where they end."""
    movement = uploaded.reading.best
    painted = paint_evidence(uploaded.picture, uploaded, movement, OPACITY)
    height = page.place(uploaded.picture, _MARGIN, top, _COLUMN, _PICTURE)[1]
    page.place(painted.picture, _SECOND, top, _COLUMN, _PICTURE)
    top += height + 1.5
    name = uploaded.reading.movements[movement]
    ends = [page.write(uploaded.title, _MARGIN, top, _COLUMN, colour=SOFT)]
    if uploaded.origin:
        ends.append(page.write(uploaded.origin, _MARGIN, ends[0], _COLUMN, size=2.8, colour=SOFT))
    if painted.evidence:
        legend = _("Evidence for {movement}").format(movement=name)
        ends.append(page.write(legend, _SECOND, top, _COLUMN, colour=SOFT))
        page.write(_("weak"), _SECOND, ends[-1], 10, size=2.8, colour=SOFT)
        page.place(np.repeat(EVIDENCE_SCALE, 4, 0), _SECOND + 9, ends[-1] + 0.2, 24, 2.6)
        ends.append(page.write(_("strong"), _SECOND + 35, ends[-1], 12, size=2.8, colour=SOFT))
    else:
        ends.append(page.write(no_evidence(name), _SECOND, top, _COLUMN, colour=SOFT))
    return max(ends) + 4


def _verdict(page: PrintPage, reading: Reading, top: float) -> float:
    """The verdict in words, and a bar for each movement; returns where they end."""
    headline, sure, text = verdict(reading)
    top = page.write(_("What the program found"), _MARGIN, top, _COLUMN, size=3, colour=SOFT)
    top = page.write(headline, _MARGIN, top, _COLUMN, size=5.4, weight=500)
    top = page.write(sure, _MARGIN, top, _COLUMN, size=3.8) + 1
    top = page.write(text, _MARGIN, top, _COLUMN, size=3, colour=SOFT) + 2
    if reading.blank:
        return top
    colour = SOFT if reading.refusal else INK
    for index in reading.ranking:
        share, width = float(reading.probabilities[index]), _COLUMN - 44
        page.write(reading.movements[index], _MARGIN, top, 28, size=3, colour=colour)
        page.fill(_MARGIN + 28, top + 0.4, width, 2.4)
        page.fill(_MARGIN + 28, top + 0.4, width * share, 2.4, colour)
        page.write(percent(share), _MARGIN + _COLUMN - 14, top, 20, size=3, colour=colour)
        top += 5
    return top


def _textures(
    page: PrintPage, uploaded: UploadedPicture, averages: Averages | None, top: float
) -> float:
    """The palette and the measures, each beside the movement's; returns where they end."""
    reading = uploaded.reading
    likely = None if reading.refusal else reading.movement
    top = page.write(_("Colours and textures"), _SECOND, top, _COLUMN, size=3, colour=SOFT) + 1
    swatches, left = palette(WorkingPicture.of(uploaded.picture)), _SECOND
    for colour, share in swatches:
        page.fill(left, top, _COLUMN * share, 7, colour)
        left += _COLUMN * share
    top += 9
    for each, value in zip(MEASURES, measure(uploaded.picture).values(), strict=True):
        number = "" if math.isnan(value) else f" {each.write(value)}"
        top = page.write(f"{each.title}{number}", _SECOND, top, _COLUMN, size=3, weight=500)
        text = sentence(each, value, averages, likely)
        if text:
            top = page.write(text, _SECOND, top - 0.4, _COLUMN, size=2.6, colour=SOFT)
    return top


def _questions(page: PrintPage, reading: Reading, top: float) -> None:
    """Three questions, each with lines for an answer, to the bottom of the page."""
    asked = questions(reading)
    height = (_BOTTOM - top) / len(asked)
    for number, question in enumerate(asked, 1):
        end = top + height
        line = page.write(f"{number}. {question}", _MARGIN, top, WIDTH - 2 * _MARGIN, size=3.6)
        while (line := line + _ANSWERS) < end:
            page.fill(_MARGIN, line, WIDTH - 2 * _MARGIN, 0.2, LINE)
        top = end
