"""Carrying a picture from room to room with one click."""

from typing import Any

import gradio as gr

from app.errors import UserError
from app.ui.house import ASLEEP, House, Visit, guarded
from app.ui.paint_easel import as_painted
from app.ui.paint_notice import Said
from app.ui.paint_tab import PaintTab
from app.ui.read_tab import ReadTab
from app.ui.slow_tab import SlowTab


def carry(house: House, tabs: gr.Tabs, read: ReadTab, paint: PaintTab, slow: SlowTab) -> None:
    """Put buttons into the rooms that lead to the others.

    What goes wrong is raised, not said in the page: an answer that leaves most outputs alone would
    spoil those of a room that was never entered, see `paint_widgets`.
    """
    usual: dict[str, Any] = {"api_visibility": "private", **house.heavy}

    @guarded
    def paint_with(said: Said) -> Said:
        visit: Visit = said[read.visit]
        if visit.token != said[read.token]:
            raise UserError(ASLEEP)
        there = paint.paint_with(said, visit.title, visit.picture)
        return there | {tabs: gr.update(selected="Paint")}

    @guarded
    def read_this(said: Said) -> Said:
        sitting = paint.sitting(said)
        picture = as_painted(sitting, paint.form.wish(said))
        made = f"Painted here after {sitting.brush.words()}."
        visit = house.receive(f"{sitting.visit.title}, painted", picture, made)
        return read.show(visit) | {tabs: gr.update(selected="Read")}

    @guarded
    def paint_slowly(said: Said) -> Said:
        there = slow.receive(said, paint.sitting(said).visit)
        return there | {tabs: gr.update(selected="Paint slowly")}

    @guarded
    def read_slow(said: Said) -> Said:
        picture, title, made = slow.home(said)
        return read.show(house.receive(title, picture, made)) | {tabs: gr.update(selected="Read")}

    with read.onward:
        to_paint = gr.Button("Paint with this", elem_id="paint-with", elem_classes="quiet")
    with paint.save.row:
        to_read = gr.Button("Read this", elem_id="read-this", elem_classes="quiet")
        to_slow = gr.Button("Paint slowly", elem_id="paint-slowly", elem_classes="quiet")
    inputs = {*paint.inputs, read.visit, read.token}
    to_paint.click(paint_with, inputs, [*paint.results, tabs], **usual)
    to_read.click(read_this, paint.inputs, [*read.results, tabs], **usual)
    inputs = {*slow.inputs, paint.state, paint.token}
    to_slow.click(paint_slowly, inputs, [*slow.results, tabs], **usual)
    slow.work.read.click(read_slow, slow.inputs, [*read.results, tabs], **usual)
