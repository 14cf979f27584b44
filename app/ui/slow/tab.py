"""The Paint slowly tab: your picture, styles, a time; the painting, and how it came about."""

from dataclasses import replace
from html import escape
from typing import Any

import gradio as gr
import numpy as np
from gradio.blocks import Block

from app.errors import UserError
from app.receipt import read_receipt
from app.ui.bringing import Bringing
from app.ui.house import House, Visit, awake
from app.ui.notice import Said, in_page
from app.ui.paint.brush import Brush
from app.ui.paint.widgets import is_settled, pressed, settle
from app.ui.slow.desk import Desk
from app.ui.slow.easel import hang_sketch
from app.ui.slow.form import SlowForm
from app.ui.slow.palette import SlowPalette
from app.ui.slow.receipt import restore
from app.ui.slow.sitting import SlowSitting
from app.ui.slow.work import BUSY, Work
from app.ui.widgets import easel, problem
from app.ui.wording import in_words

FIRST = 5
"""The example on the easel when the page opens: a photograph."""

_ALSO = "A painting saved here brings its settings back."


class SlowTab:
    """Lays the tab out and connects it; to be made inside the tab.

    Choosing shows what the instant painter makes of it, within a second; only the button paints
    slowly. While it does, styles and settings may be changed for the next time, but not the
    picture. Sessions that rested too long are noticed as in `ReadTab`.
    """

    def __init__(self, house: House) -> None:
        self.house, self.stylizer = house, house.studio.stylizer
        self.bringing = Bringing(house, "Paint", "slowly", _ALSO, FIRST)
        self.notice = self.bringing.notice
        with gr.Row(elem_classes="room"):
            left = gr.Column(scale=7, min_width=320)
            with gr.Column(scale=4, min_width=300):
                self.palette = SlowPalette(house.studio)
                self.form = SlowForm()
        first = self._first()
        with left:
            self.easel = easel(hang_sketch(first), "slowly", "opaque")
            self.work = Work(self)
        self.work.lay_out_story()
        rest = 3600 * house.settings.cache_hours
        self.state = gr.State(first, time_to_live=rest)
        self.desk = gr.State(Desk(), time_to_live=rest, delete_callback=Desk.clear)
        self.token = gr.Textbox(first.token, visible=False)
        self.inputs: set[Block] = {
            *(self.state, self.desk, self.token, self.palette.blend),
            *self.form.parts,
        }
        self._connect()
        self.work.connect()

    def _first(self) -> SlowSitting:
        sitting = SlowSitting(self.house.example(FIRST), self.palette.first, opening=True)
        order = self.form.order({part: part.value for part in self.form.parts})
        return sitting.sketched(self.stylizer, order)

    def _connect(self) -> None:
        palette, inputs = self.palette, self.inputs
        self.results = [
            *(self.state, self.token, *self.bringing.outputs, self.easel),
            *(*palette.outputs, *self.form.parts, self.form.paint, self.form.go_on),
        ]
        usual: dict[str, Any] = {"api_visibility": "private", **self.house.heavy}
        live = usual | {"show_progress": "hidden", "trigger_mode": "always_last"}
        # Without preprocessing Gradio hands over files as they were uploaded, byte for byte.
        slow = usual | {"show_progress_on": self.easel}
        as_sent = slow | {"preprocess": False}
        self.bringing.connect(
            self.receive,
            inputs,
            self.results,
            take=self._take_in,
            check=self._check_idle,
            **slow,
        )
        palette.bring.upload(self._bring_styles, {*inputs, palette.bring}, self.results, **as_sent)
        for gallery in (palette.wall, palette.guests):
            chosen = slow | {"trigger_mode": "always_last"}
            settle(gallery.select(self._choose, inputs, self.results, **chosen))
        palette.weights.input(self._weigh, {*inputs, palette.weights}, self.results, **live)
        for part in self.form.advanced.sketched:
            part.input(self._change, inputs, self.results, **live)

    def _take_in(self, said: Said, upload: object) -> Said:
        receipt = read_receipt(self.house.path(upload))
        if receipt is None:
            return self.receive(said, self.house.bring(upload))
        restored = restore(receipt, self.palette.known)
        sitting = self.sitting(said)
        sitting = replace(sitting, brush=restored.brush or sitting.brush)
        order = replace(self.form.order(said), mask=None, colours=restored.order.colours)
        sitting = sitting.sketched(self.stylizer, order)
        shown = self._show(said, sitting) | self.form.show(restored.order)
        return shown | {self.notice: f'<p role="status">{escape(restored.notice)}</p>'}

    @in_page
    def _choose(self, said: Said, event: gr.SelectData) -> Said:
        sitting, indices = self.sitting(said), pressed(event)
        if not indices:  # The event before told of them.
            return {self.notice: gr.skip()}
        blend = said[self.palette.blend] is True
        brush, refused = self.palette.choose(sitting, indices, blend=blend)
        shown = self._sketch(said, replace(sitting, brush=brush))
        return shown | ({self.notice: problem(refused)} if refused else {})

    @in_page
    def _bring_styles(self, said: Said) -> Said:
        sitting = self.sitting(said)
        for upload in said[self.palette.bring] or []:
            style = self.palette.style(self.house.title(upload), self.house.open(upload))
            sitting = self.palette.welcome(sitting, style, blend=said[self.palette.blend] is True)
        return self._sketch(said, sitting)

    @in_page
    def _weigh(self, said: Said) -> Said:
        told, sitting = said[self.palette.weights], self.sitting(said)
        sitting = replace(sitting, brush=self.palette.weigh(sitting.brush, told))
        if not is_settled(told):
            return {self.state: sitting}
        return self._sketch(said, sitting, dragged=True)

    @in_page
    def _change(self, said: Said) -> Said:
        return self._sketch(said, self.sitting(said))

    def receive(self, said: Said, visit: Visit, brush: Brush | None = None) -> Said:
        """Another picture on the easel; an old mask would not fit it.

        Args:
            said: what the page says.
            visit: the picture.
            brush: of the Paint tab, to take over; without it the styles stay.

        Raises:
            UserError: one is being painted.
        """
        self._check_idle(said)
        sitting: SlowSitting = said[self.state].receive(visit)
        lost: list[str] = []
        if brush is not None:
            sitting, lost = self.palette.adopt(sitting, brush)
        mask = self.form.advanced.mask
        order = self.form.order(said | {mask: ""})
        sitting = sitting.sketched(self.stylizer, order)
        shown = self._show(said, sitting) | self.bringing.received(visit)
        shown |= {mask: "", self.easel: hang_sketch(sitting).update()}
        if brush is not None:
            shown[self.palette.blend] = len(sitting.brush.styles) > 1
            shown[self.palette.tabs] = gr.update(selected=self.palette.shelf_of(sitting.brush))
        if lost:
            shown[self.notice] = f'<p role="status">{escape(_not_slowly(lost))}</p>'
        return shown

    def _check_idle(self, said: Said) -> None:
        if said[self.desk].busy:
            raise UserError(BUSY)

    def sitting(self, said: Said) -> SlowSitting:
        """What the visitor is about to paint.

        Raises:
            UserError: the session has begun anew, while the page shows something older.
        """
        sitting: SlowSitting = said[self.state]
        return awake(sitting, said[self.token])

    def home(self, said: Said) -> tuple[np.ndarray, str, str]:
        """The newest painting, uint8 RGB [H,W,3], its title, and how it was made.

        Raises:
            UserError: nothing was painted slowly yet, or the session has begun anew.
        """
        self.sitting(said)
        desk: Desk = said[self.desk]
        if desk.home is None:
            raise UserError("There is no painting yet; please press Paint first.")
        return desk.home

    def _sketch(self, said: Said, sitting: SlowSitting, *, dragged: bool = False) -> Said:
        sitting = sitting.sketched(self.stylizer, self.form.order(said))
        return self._show(said, sitting, dragged=dragged)

    def _show(self, said: Said, sitting: SlowSitting, *, dragged: bool = False) -> Said:
        """What was chosen, for the next painting; the sketch, unless one is being painted."""
        desk: Desk = said[self.desk]
        shown = self.palette.show(sitting, dragged=dragged) | {
            self.state: sitting,
            self.token: sitting.token,
            self.notice: self.bringing.hint,
        }
        if desk.busy:
            return shown | {self.notice: f'<p role="status">{escape(_NEXT_TIME)}</p>'}
        desk.put_away()
        return shown | {
            self.easel: hang_sketch(sitting).recolour(),
            self.form.paint: gr.update(value="Paint"),
            self.form.go_on: gr.update(visible=False),
        }


_NEXT_TIME = "This will count when you press Paint the next time."


def _not_slowly(titles: list[str]) -> str:
    are = "is a style" if len(titles) == 1 else "are styles"
    return f"{in_words(titles, 'and')} {are} of the Paint tab only; please choose another here."
