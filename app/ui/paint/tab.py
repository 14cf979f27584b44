"""The Paint tab: your picture, a brush, the painting, and what the reader makes of it."""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from html import escape
from typing import Any

import gradio as gr
import numpy as np
from gradio.blocks import Block

from app.receipt import read_receipt
from app.ui.bringing import Bringing
from app.ui.house import House, Visit, awake
from app.ui.notice import Said, in_page
from app.ui.paint.brush import Brush, Style
from app.ui.paint.easel import hang
from app.ui.paint.form import PaintForm
from app.ui.paint.loop import Loop
from app.ui.paint.more import lay_out_more
from app.ui.paint.palette import MOST_GUESTS, Palette
from app.ui.paint.receipt import Restored, restore
from app.ui.paint.save import Save
from app.ui.paint.sitting import GUEST_SIDE, Sitting, Wish
from app.ui.paint.widgets import is_settled, pressed, settle
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
        self.bringing = Bringing(house, "Paint", "paint", _ALSO, FIRST)
        self.notice = self.bringing.notice
        with gr.Row(elem_classes="room"):
            left = gr.Column(scale=7, min_width=320)
            with gr.Column(scale=4, min_width=300):
                self.palette = Palette(self.studio)
                self.form = PaintForm()
        first = self._first(visit)
        with left:
            self.easel = easel(self._hung(first), "painting", "opaque")
            self.save = Save(self)
        self.loop = Loop(self, first)
        self.state = gr.State(first, time_to_live=3600 * house.settings.cache_hours)
        self.token = gr.Textbox(first.token, visible=False)
        self.ready = gr.State("")  # Changes whenever there is something new to read.
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
            *(self.state, self.token, self.ready, *self.bringing.outputs, self.easel),
            *(*form.parts, *palette.outputs),
        ]
        usual: dict[str, Any] = {"api_visibility": "private", **self.house.heavy}
        live = usual | {"show_progress": "hidden", "trigger_mode": "always_last"}
        # While it is painted, or waits for its turn, the easel says so.
        slow = usual | {"show_progress_on": self.easel}
        chosen = slow | {"trigger_mode": "always_last"}
        # Without preprocessing Gradio hands over files as they were uploaded, byte for byte.
        as_sent = slow | {"preprocess": False}
        self.brought = [*self.results, *palette.previews.outputs]
        for event in self.bringing.connect(
            self.receive, inputs, self.brought, take=self._take_in, **slow
        ):
            self.follow(event)
        palette.bring.upload(self._bring_styles, {*inputs, palette.bring}, self.results, **as_sent)
        for wall in (palette.paintings, palette.movements):
            settle(wall.select(self._choose, inputs, self.results, **chosen))
        settle(palette.guests.select(self._choose_guest, inputs, self.results, **chosen))
        palette.mixer.input(self._mix, {*inputs, palette.mixer}, self.results, **live)
        palette.weights.input(self._weigh, {*inputs, palette.weights}, self.results, **live)
        for slider in (form.strength, form.strokes):
            slider.input(self._change, inputs, self.results, **live)
        for part in (form.colours, form.native, form.side, form.mask):
            part.input(self._change, inputs, self.results, **live)
        form.size.input(self._resize, inputs, self.results, **live)

    def entered(self, tab: gr.Tab) -> None:
        """Make the previews when the tab is opened with a picture that has none yet."""
        self.follow(tab.select(None, None, None))

    def follow(self, event: Any) -> None:
        """Make the previews after an event that called `receive`."""
        self.palette.previews.connect(self, event)

    def _take_in(self, said: Said, upload: object) -> Said:
        receipt = read_receipt(self.house.path(upload))
        if receipt is not None:
            return self._restore(said, restore(receipt, self.palette))
        return self.receive(said, self.house.bring(upload))

    @in_page
    def _choose(self, said: Said, event: gr.SelectData) -> Said:
        return self._take(said, [self.palette.styles[index] for index in pressed(event)])

    @in_page
    def _choose_guest(self, said: Said, event: gr.SelectData) -> Said:
        guests = self.sitting(said).guests
        return self._take(said, [guests[index] for index in pressed(event)])

    @in_page
    def _bring_styles(self, said: Said) -> Said:
        sitting = self.sitting(said)
        for upload in said[self.palette.bring] or []:
            sitting = self._welcome(
                said, sitting, self.house.title(upload), self.house.open(upload)
            )
        return self._paint(said, sitting)

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
    def _change(self, said: Said) -> Said:
        return self._paint(said, self.sitting(said))

    @in_page
    def _resize(self, said: Said) -> Said:
        sitting = self.sitting(said).resized(self.form.wish(said).size, self.stylizer)
        return self._paint(said, sitting)

    def paint_with(self, said: Said, title: str, picture: np.ndarray) -> Said:
        """Take a picture, uint8 RGB [H,W,3], from another room as a brush.

        Raises:
            UserError: the session has begun anew.
        """
        shown = self._paint(said, self._welcome(said, self.sitting(said), title, picture))
        # The easel was perhaps never in sight, and would not know the picture.
        hung = self._hung(shown[self.state], self.form.wish(said))
        return shown | {self.easel: hung.update(), self.palette.tabs: gr.update(selected="guests")}

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
        shown = self._paint(said | {self.form.mask: ""}, sitting, anew=True)
        shown |= {self.form.mask: "", **self.bringing.received(visit)}
        if brush is not None:
            shown[self.palette.blend] = len(sitting.brush.styles) > 1
            shown[self.palette.tabs] = gr.update(selected=self.palette.shelf_of(sitting.brush))
        return shown | self.palette.previews.clear()

    def _restore(self, said: Said, restored: Restored) -> Said:
        sitting = self.sitting(said)
        sitting = replace(sitting, brush=restored.brush or sitting.brush)
        sitting = sitting.resized(restored.wish.size, self.stylizer)
        shown = self._paint(said, sitting, wish=restored.wish) | self.form.show(restored.wish)
        return shown | {self.notice: f'<p role="status">{escape(restored.notice)}</p>'}

    def _paint(
        self,
        said: Said,
        sitting: Sitting,
        *,
        wish: Wish | None = None,
        dragged: Any = None,
        anew: bool = False,
    ) -> Said:
        """Paint, in small while a slider is dragged, and show it.

        Args:
            said: what the page says.
            sitting: what is painted, with which brush.
            wish: instead of what the form says.
            dragged: the part whose sliders must be left where they are.
            anew: whether the picture on the easel is another one.
        """
        wish = wish or self.form.wish(said)
        moving = dragged is not None and not is_settled(said[dragged])
        shown = self.palette.show(sitting, dragged=dragged) | {self.notice: self.bringing.hint}
        if moving or not self.form.settled(said):
            draft = sitting.draft(self.stylizer, wish)
            return shown | {
                self.state: sitting,
                self.easel: hang(sitting, draft, wish).recolour(),
            }
        sitting = sitting.paint(self.stylizer, wish)
        hung = self._hung(sitting, wish)
        return shown | {
            self.state: sitting,
            self.token: sitting.token,
            self.ready: secrets.token_hex(4),
            self.easel: hung.update() if anew else hung.recolour(),
        }

    def _hung(self, sitting: Sitting, wish: Wish | None = None) -> Hanging:
        assert sitting.painting is not None
        return hang(sitting, sitting.painting, wish or Wish())
