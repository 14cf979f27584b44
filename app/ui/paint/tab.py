"""The Paint tab: your picture, styles, the painting, and what the classifier says of it."""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from html import escape
from typing import Any

import gradio as gr
import numpy as np
from gradio.blocks import Block

from app.receipt import Receipt
from app.ui.bringing import Bringing
from app.ui.house import House, Visit, awake
from app.ui.notice import Said, in_page
from app.ui.paint.brush import Brush, Style, surprise
from app.ui.paint.easel import hang
from app.ui.paint.form import STRENGTH, PaintForm
from app.ui.paint.loop import Loop
from app.ui.paint.masking import MaskForm
from app.ui.paint.more import lay_out_more
from app.ui.paint.palette import MOST_GUESTS, Palette
from app.ui.paint.receipt import restore
from app.ui.paint.receipt_question import ReceiptQuestion
from app.ui.paint.results import COMPARE, Result, find, keep, strip, strip_html
from app.ui.paint.save import Save
from app.ui.paint.sitting import GUEST_SIDE, Sitting, Wish
from app.ui.paint.widgets import is_settled, pressed, settle, stand
from app.ui.widgets import Hanging, easel, problem
from training.preprocessing import fit

FIRST = 5
"""The example on the easel when the page opens: a photograph."""

_ALSO = "A painting saved here brings its settings back."


class PaintTab:
    """Lays the tab out and connects it; to be made inside the tab.

    Every handler is told the whole form and paints anew; where the style vector has not changed,
    only colours and mask are, see `Sitting.paint`. Sessions that rested too long are noticed as in
    `ReadTab`.
    """

    def __init__(self, house: House) -> None:
        self.house, self.studio, self.stylizer = house, house.studio, house.studio.stylizer
        visit = house.example(FIRST)
        self.bringing = Bringing(house, "Paint", "paint", _ALSO, first=FIRST)
        self.notice = self.bringing.notice
        with gr.Row(elem_classes="room"):
            left = gr.Column(scale=7, min_width=320)
            right = gr.Column(scale=4, min_width=300)
        with right:
            self.palette = Palette(self.studio)
        first = self._first(visit)
        with left:
            self.easel = easel(hang(first, first.parts, Wish()), "painting", "opaque")
            self.masks = MaskForm()
            self.save = Save(self)
            self.strip = strip()
        with right:
            self.form = PaintForm(self.masks)
        self.loop = Loop(self, first)
        self.state = gr.State(first, time_to_live=3600 * house.settings.cache_hours)
        self.token = gr.Textbox(first.token, visible=False)
        self.ready = gr.State("")  # Changes whenever there is something new to read.
        self.question = ReceiptQuestion(self.bringing, self._restore, self.receive)
        self.inputs: set[Block] = {self.state, self.token, self.palette.blend, *self.form.parts}
        self._connect()
        self.loop.connect()
        self.save.connect()
        self.more = lay_out_more(self)

    def _first(self, visit: Visit) -> Sitting:
        own = self.stylizer.encode(visit.picture)
        first = Sitting(visit, own, self.palette.first, opening=True)
        return first.paint(self.stylizer, Wish())

    def _connect(self) -> None:
        palette, form, inputs = self.palette, self.form, self.inputs
        self.results = [
            *(self.state, self.token, self.ready, *self.bringing.outputs, self.easel, self.strip),
            *(*form.parts, self.masks.pens, *palette.outputs),
        ]
        usual: dict[str, Any] = {"api_visibility": "private", **self.house.heavy}
        live = usual | {"show_progress": "hidden", "trigger_mode": "always_last"}
        # While it is painted, or waits for its turn, the easel says so.
        slow = usual | {"show_progress_on": self.easel}
        chosen = slow | {"trigger_mode": "always_last"}
        # Without preprocessing Gradio hands over files as they were uploaded, byte for byte.
        as_sent = slow | {"preprocess": False}
        self.brought = [*self.results, *palette.previews.outputs]
        come = self.bringing.connect(
            self.receive,
            inputs,
            [*self.brought, self.question.pending],
            take=self.question.take,
            **slow,
        )
        answered = self.question.connect(inputs, self.brought, **slow)
        gone_back = self.strip.select(self._look_back, inputs, self.brought, **chosen)
        for event in (*come, answered, gone_back):
            self.follow(event)
        palette.bring.upload(self._bring_styles, {*inputs, palette.bring}, self.results, **as_sent)
        for wall in (palette.paintings, palette.movements):
            settle(wall.select(self._choose, inputs, self.results, **chosen))
        settle(palette.guests.select(self._choose_guest, inputs, self.results, **chosen))
        palette.mixer.input(self._mix, {*inputs, palette.mixer}, self.results, **live)
        palette.weights.input(self._weigh, {*inputs, palette.weights}, self.results, **live)
        for slider in (form.strength, form.strokes):
            slider.input(self._change, inputs, self.results, **live)
        palette.blend.input(self._unblend, inputs, self.results, **live)
        palette.surprise.click(self._surprise, inputs, self.results, **slow)
        for part in (form.colours, form.native, *self.masks.parts):
            part.input(self._change, inputs, self.results, **live)
        form.size.input(self._resize, inputs, self.results, **live)

    def entered(self, tab: gr.Tab) -> None:
        """Make the previews when the tab is opened with a picture that has none yet."""
        self.follow(tab.select(None, None, None))

    def follow(self, event: Any) -> None:
        """Make the previews after an event that called `receive`."""
        self.palette.previews.connect(self, event)

    @in_page
    def _choose(self, said: Said, event: gr.SelectData) -> Said:
        return self._take(said, [self.palette.styles[index] for index in pressed(event)])

    @in_page
    def _choose_guest(self, said: Said, event: gr.SelectData) -> Said:
        guests = self.sitting(said).guests
        return self._take(said, [guests[index] for index in pressed(event)])

    @in_page
    def _bring_styles(self, said: Said) -> Said:
        sitting, uploads = self.sitting(said), said[self.palette.bring] or []
        for upload in uploads:
            sitting = self._welcome(
                said, sitting, self.house.title(upload), self.house.open(upload)
            )
        return self.bringing.noted(self._paint(said, sitting), uploads)

    @in_page
    def _mix(self, said: Said) -> Said:
        mixer = self.palette.mixer
        sitting = replace(self.sitting(said), brush=self.palette.mix(said[mixer]))
        return self._paint(said, sitting, dragged=mixer)

    @in_page
    def _weigh(self, said: Said) -> Said:
        weights, sitting = self.palette.weights, self.sitting(said)
        sitting = replace(sitting, brush=self.palette.weigh(sitting.brush, said[weights]))
        return self._paint(said, sitting, dragged=weights)

    @in_page
    def _unblend(self, said: Said) -> Said:
        sitting, palette = self.sitting(said), self.palette
        if said[palette.blend] is True or not palette.is_blend(sitting.brush):
            return {self.notice: self.bringing.hint}
        return self._paint(said, replace(sitting, brush=sitting.brush.alone()))

    @in_page
    def _surprise(self, said: Said) -> Said:
        brush, strength = surprise(self.palette.styles, np.random.default_rng())
        told = {self.form.strength: stand(STRENGTH, [100 * strength])}
        return told | self._paint(said | told, replace(self.sitting(said), brush=brush))

    @in_page
    def _look_back(self, said: Said, event: gr.SelectData) -> Said:
        sitting = self.sitting(said)
        result = find(sitting.results, event.index)
        if event.value == COMPARE:
            return self._compare(said, sitting, result)
        return self._go_back(said, sitting, result)

    def _compare(self, said: Said, sitting: Sitting, result: Result) -> Said:
        """Show a result left of the line; if it is there already, the picture again."""
        wish = self.form.wish(said)
        again = sitting.compared == result.number
        sitting = sitting.paint(self.stylizer, wish)
        sitting = replace(sitting, compared=None if again else result.number)
        hung = hang(sitting, sitting.parts, wish)
        if not again:
            legend = f"Left of the line: {escape(result.words)}. {hung.legend}"
            hung = replace(hung, picture=result.source(), alt=escape(result.words), legend=legend)
        return {
            self.state: sitting,
            self.notice: self.bringing.hint,
            self.easel: hung.update(),
            self.strip: strip_html(sitting.results, sitting.compared),
        }

    def _go_back(self, said: Said, sitting: Sitting, result: Result) -> Said:
        """Paint just as it was painted, the same photograph."""
        visit, told = result.visit(sitting, self.house), dict(result.form)
        cleared = {}
        if visit.token != sitting.visit.token:
            sitting = sitting.receive(visit, self.stylizer)
            cleared = self.palette.previews.clear()
        sitting = replace(sitting, brush=result.styles(sitting))
        sitting = sitting.resized(self.form.wish(said | told).size, self.stylizer)
        return cleared | told | self._paint(said | told, sitting, anew=True, keeps=False)

    @in_page
    def _change(self, said: Said) -> Said:
        return self._paint(said, self.sitting(said))

    @in_page
    def _resize(self, said: Said) -> Said:
        sitting = self.sitting(said).resized(self.form.wish(said).size, self.stylizer)
        return self._paint(said, sitting)

    def paint_with(self, said: Said, title: str, picture: np.ndarray) -> Said:
        """Take a picture, uint8 RGB [H,W,3], from another tab as a style.

        Raises:
            UserError: the session has begun anew.
        """
        sitting = self._welcome(said, self.sitting(said), title, picture)
        # The easel was perhaps never in sight, and would not know the picture.
        shown = self._paint(said, sitting, anew=True)
        return shown | {self.palette.tabs: gr.update(selected="guests")}

    def sitting(self, said: Said) -> Sitting:
        """What the visitor is painting.

        Raises:
            UserError: the session has begun anew, while the page shows something older.
        """
        sitting: Sitting = said[self.state]
        return awake(sitting, said[self.token])

    def _take(self, said: Said, styles: Sequence[Style]) -> Said:
        sitting = self.sitting(said)
        if not styles:  # The event before told of them.
            return {self.notice: gr.skip()}
        blend = said[self.palette.blend] is True
        brush, refused = sitting.brush.pressed(styles, blend=blend)
        shown = self._paint(said, replace(sitting, brush=brush))
        return shown | ({self.notice: problem(refused)} if refused else {})

    def _welcome(self, said: Said, sitting: Sitting, title: str, picture: np.ndarray) -> Sitting:
        """Take a picture, uint8 RGB [H,W,3], as a style of the visitor's own."""
        vector = self.stylizer.encode(picture, self.form.wish(said).size)
        guest = Style(title, vector, picture=fit(picture, GUEST_SIDE))
        blend = said[self.palette.blend] is True
        brush = self.palette.choose(sitting.brush, guest, blend=blend)
        return replace(sitting, guests=(*sitting.guests, guest)[-MOST_GUESTS:], brush=brush)

    def receive(self, said: Said, visit: Visit, brush: Brush | None = None) -> Said:
        """Another picture on the easel; for `brought`. Call `follow` on the event.

        An old mask would not fit it.

        Args:
            said: what the page says.
            visit: the picture.
            brush: of the Paint slowly tab, to take over; without it the brush stays.
        """
        sitting = said[self.state].receive(visit, self.stylizer)
        if brush is not None:
            sitting = self.palette.adopt(sitting, brush)
        wiped: Said = {self.masks.sheet: {}}
        shown = self._paint(said | wiped, sitting, anew=True)
        shown |= {**wiped, **self.bringing.received(visit)}
        if brush is not None:
            shown[self.palette.blend] = len(sitting.brush.styles) > 1
            shown[self.palette.tabs] = gr.update(selected=self.palette.shelf_of(sitting.brush))
        return shown | self.palette.previews.clear()

    def _restore(self, said: Said, receipt: Receipt) -> Said:
        """Set the form as a receipt says, and the picture, if both are examples."""
        sitting = self.sitting(said)
        restored = restore(receipt, self.palette.known, self.form.wish(said), sitting.visit)
        cleared = {}
        if restored.example is not None:
            visit = self.house.example(restored.example)
            sitting = sitting.receive(visit, self.stylizer)
            cleared = self.palette.previews.clear()
        brush = restored.brush or sitting.brush
        known = {guest.key for guest in sitting.guests}
        new = (s for s in brush.styles if s.picture is not None and s.key not in known)
        sitting = replace(sitting, brush=brush, guests=(*sitting.guests, *new)[-MOST_GUESTS:])
        sitting = sitting.resized(restored.wish.size, self.stylizer)
        told = self.form.show(restored.wish)
        shown = self._paint(said | told, sitting, anew=restored.example is not None)
        notice = f'<p role="status">{escape(restored.notice)}</p>'
        return cleared | told | shown | {self.notice: notice}

    def _paint(
        self,
        said: Said,
        sitting: Sitting,
        *,
        dragged: Any = None,
        anew: bool = False,
        keeps: bool = True,
    ) -> Said:
        """Paint, in small while a slider is dragged, and show it.

        Args:
            said: what the page says.
            sitting: what is painted, in which styles.
            dragged: the part whose sliders must be left where they are.
            anew: whether the picture on the easel is another one.
            keeps: whether to keep the painting among the last ones.
        """
        wish, anew = self.form.wish(said), anew or sitting.compared is not None
        moving = dragged is not None and not is_settled(said[dragged])
        sitting = replace(sitting, compared=None) if anew else sitting
        shown = self.palette.show(sitting, dragged=dragged) | self.masks.show(said, sitting.brush)
        shown[self.notice] = self.bringing.hint
        if moving or not self.form.settled(said):
            hung = hang(sitting, sitting.draft(self.stylizer, wish), wish)
            return shown | {self.state: sitting, self.easel: _change_of(hung, anew=anew)}
        sitting = sitting.paint(self.stylizer, wish)
        hung = hang(sitting, sitting.parts, wish)
        if keeps:
            told: dict[Block, Any] = {part: said[part] for part in self.form.parts}
            results = keep(sitting.results, Result.of(sitting, hung, told))
            sitting = replace(sitting, results=results)
        return shown | {
            self.state: sitting,
            self.token: sitting.token,
            self.ready: secrets.token_hex(4),
            self.easel: _change_of(hung, anew=anew),
            self.strip: strip_html(sitting.results),
        }


def _change_of(hung: Hanging, *, anew: bool) -> dict[str, Any]:
    """For an event handler to return for the easel."""
    return hung.update() if anew else hung.recolour()
