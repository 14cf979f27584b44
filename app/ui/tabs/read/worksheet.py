"""A worksheet of a reading, for the classroom: one page to print, with three questions."""

import math
from typing import TYPE_CHECKING, Any

import gradio as gr
import numpy as np

from app.serving.averages import Averages
from app.serving.classifier import Reading
from app.ui.components.downloads import Downloads, File
from app.ui.components.widgets import folded, html
from app.ui.context import UploadedPicture, require_current
from app.ui.handlers import ComponentValues, Updates
from app.ui.tabs.explain.feature_map_views import if_shipped
from app.ui.tabs.explain.heatmap_downloads import OPACITY
from app.ui.tabs.explain.texture_charts import sentence
from app.ui.tabs.read.evidence import EVIDENCE_SCALE, paint_evidence
from app.ui.tabs.read.print_page import INK, LINE, SOFT, WIDTH, PrintPage
from app.ui.wording import in_short, percent, verdict
from training.common.texture_features.measures import MEASURES, measure
from training.common.texture_features.palette import palette
from training.common.texture_features.sheet import Sheet

if TYPE_CHECKING:
    from app.ui.tabs.read.tab import ReadTab

_ABOUT = (
    '<p class="small">One page (A4) of the reading above: the picture, the verdict, the heat map,'
    " the textures, and three questions to answer on paper.</p>"
)
_MARGIN, _GUTTER = 14.0, 8.0  # All lengths are in millimetres.
_COLUMN = (WIDTH - 2 * _MARGIN - _GUTTER) / 2
_SECOND = _MARGIN + _COLUMN + _GUTTER
_PICTURE = 66.0  # Height of the pictures at most.
_ANSWERS, _BOTTOM = 7.0, 284.0  # From line to line to write on; where they end.


class Worksheet:
    """Lays the folded section out; a file is made when its button is pressed.

    Attributes:
        outputs: what `clear` changes.
    """

    def __init__(self, tab: "ReadTab") -> None:
        self.tab = tab
        with gr.Accordion("A worksheet for the classroom", **folded("worksheet")):
            html(_ABOUT)
            with gr.Row(elem_classes="onward"):
                files = {"Worksheet, PDF": self._pdf, "Worksheet, PNG": self._png}
                self.save = Downloads(files, "worksheet")
            self.notice = html("", "worksheet-notice")
        self.outputs: list[Any] = [self.save.link, self.notice]

    def clear(self) -> Updates:
        """For an event handler to return: there is another reading."""
        return self.save.clear() | {self.notice: ""}

    def connect(self) -> None:
        """Connect the buttons."""
        self.save.connect(
            {self.tab.uploaded, self.tab.token}, self.notice, **self.tab.context.light
        )

    def _pdf(self, values: ComponentValues) -> File:
        title, page = self._page(values)
        return page.pdf(f"{title}: worksheet"), f"{title} worksheet.pdf"

    def _png(self, values: ComponentValues) -> File:
        title, page = self._page(values)
        return page.png(), f"{title} worksheet.png"

    def _page(self, values: ComponentValues) -> tuple[str, PrintPage]:
        uploaded: UploadedPicture = require_current(
            values[self.tab.uploaded], values[self.tab.token]
        )
        averages = if_shipped(lambda: self.tab.context.assets.averages)
        return uploaded.title.rpartition(".")[0] or uploaded.title, worksheet(uploaded, averages)


def questions(reading: Reading) -> tuple[str, str, str]:
    """What a class is asked about a reading."""
    first, second = (reading.movements[index] for index in reading.ranking[:2])
    look = (
        "Fold the verdict away. Which movement would you name, and which strokes, shapes or colours"
        " make you say so?"
    )
    if reading.refusal:
        disagree = (
            f"The program gives no verdict: {in_short(reading)}. Do you agree? What in the picture"
            " speaks for that, and what against it?"
        )
        change = "What would you have to change in the picture for it to get a verdict?"
        if reading.blank:
            change = "What would you have to paint into the picture for it to get a verdict?"
        return look, disagree, change
    where = (
        f"In the heat map the brightest places speak most for {first}. What is painted there? Would"
        " you have pointed at the same places?"
    )
    chances = [percent(float(reading.probabilities[index])) for index in reading.ranking[:2]]
    between = (
        f"The program gives {first} {chances[0]} and {second} {chances[1]}. What in the picture"
        f" speaks for {second}? What would have to be painted otherwise for it to win?"
    )
    return look, where, between


def worksheet(uploaded: UploadedPicture, averages: Averages | None) -> PrintPage:
    """The page.

    Args:
        uploaded: the picture and its reading.
        averages: of the movements' training paintings, if they are shipped.
    """
    page = PrintPage()
    page.write("Reading a picture", _MARGIN, 12, _COLUMN, size=6, weight=500)
    for label, left in (("Name", _SECOND), ("Date", _SECOND + 56)):
        page.write(label, left, 14, 20, colour=SOFT)
        page.fill(left + 11, 18.2, 42 if label == "Name" else 20, 0.2, SOFT)
    top = _pictures(page, uploaded, 26)
    below = max(_verdict(page, uploaded.reading, top), _textures(page, uploaded, averages, top))
    _questions(page, uploaded.reading, below + 4)
    page.write(
        "Made with Deep Brush. Its verdict is a neural network's guess, which can be wrong; the"
        " colours show what spoke for it, not what the painter meant.",
        *(_MARGIN, 287, WIDTH - 2 * _MARGIN),
        size=2.6,
        colour=SOFT,
    )
    return page


def _pictures(page: PrintPage, uploaded: UploadedPicture, top: float) -> float:
    """The picture and its heat map side by side; returns where they end."""
    movement = uploaded.reading.best
    painted = paint_evidence(uploaded.picture, uploaded, movement, OPACITY)
    _, height = page.place(uploaded.picture, _MARGIN, top, _COLUMN, _PICTURE)
    page.place(painted.picture, _SECOND, top, _COLUMN, _PICTURE)
    below = top + height + 1.5
    name = uploaded.reading.movements[movement]
    ends = [page.write(uploaded.title, _MARGIN, below, _COLUMN, colour=SOFT)]
    if uploaded.origin:
        ends.append(page.write(uploaded.origin, _MARGIN, ends[0], _COLUMN, size=2.8, colour=SOFT))
    if painted.evidence:
        ends.append(page.write(f"Evidence for {name}", _SECOND, below, _COLUMN, colour=SOFT))
        page.write("weak", _SECOND, ends[-1], 10, size=2.8, colour=SOFT)
        page.place(np.repeat(EVIDENCE_SCALE, 4, 0), _SECOND + 9, ends[-1] + 0.2, 24, 2.6)
        ends.append(page.write("strong", _SECOND + 35, ends[-1], 12, size=2.8, colour=SOFT))
    else:
        said = f"Nothing in this picture speaks for {name}."
        ends.append(page.write(said, _SECOND, below, _COLUMN, colour=SOFT))
    return max(ends) + 4


def _verdict(page: PrintPage, reading: Reading, top: float) -> float:
    """The verdict in words, and a bar for each movement; returns where they end."""
    headline, sure, words = verdict(reading)
    top = page.write("What the program found", _MARGIN, top, _COLUMN, size=3, colour=SOFT)
    top = page.write(headline, _MARGIN, top, _COLUMN, size=5.4, weight=500)
    top = page.write(sure, _MARGIN, top, _COLUMN, size=3.8) + 1
    top = page.write(words, _MARGIN, top, _COLUMN, size=3, colour=SOFT) + 2
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
    top = page.write("Colours and textures", _SECOND, top, _COLUMN, size=3, colour=SOFT) + 1
    swatches, left = palette(Sheet.of(uploaded.picture)), _SECOND
    for colour, share in swatches:
        page.fill(left, top, _COLUMN * share, 7, colour)
        left += _COLUMN * share
    top += 9
    for each, value in zip(MEASURES, measure(uploaded.picture).values(), strict=True):
        number = "" if math.isnan(value) else f" {each.write(value)}"
        top = page.write(f"{each.title}{number}", _SECOND, top, _COLUMN, size=3, weight=500)
        said = sentence(each, value, averages, likely)
        if said:
            top = page.write(said, _SECOND, top - 0.4, _COLUMN, size=2.6, colour=SOFT)
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
