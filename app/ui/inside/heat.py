"""Where it looks: a section of the See inside tab."""

from dataclasses import replace
from threading import Thread
from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio.blocks import Block

from app.ui.house import Visit, awake
from app.ui.inside.heat_form import HeatForm
from app.ui.inside.heat_look import (
    DEEPEST,
    EXACT,
    Look,
    Wish,
    answered,
    first_look,
    look_again,
    warm_up,
)
from app.ui.inside.heat_save import heat_files
from app.ui.inside.heat_trust import HeatTrust
from app.ui.inside.heat_view import hang, wall
from app.ui.notice import Said, in_page
from app.ui.turns import bring_into_view
from app.ui.widgets import easel, html, pressable, section

if TYPE_CHECKING:
    from app.ui.inside.tab import InsideTab

_TEXT = (
    "The network turns the picture into maps of what it sees, layer by layer. Choose how deep to"
    " look: the colours show where in the picture the score of a movement comes from."
)

_SHOW_NINE = """
() => setTimeout(() => {
  const maps = document.querySelector("#inside-depth-wall .depths");
  maps?.scrollIntoView({ behavior: "smooth", block: "nearest" });
}, 100)"""
"""JavaScript after an event: the maps of all depths are below what is in sight. In a moment, once
the page has them; where something went wrong there are none."""


class InsideHeat:
    """Lays the section out.

    The exact class map came with the reading, so it is there at once. Any other question is
    answered at all nine depths together, in one pass, and the answer is kept: then the slider asks
    nothing of the network.
    """

    def __init__(self, tab: "InsideTab", first: Visit) -> None:
        self.tab = tab
        section("Where it looks", _TEXT, opening=True)
        seen = first_look(first)
        with gr.Row(elem_classes="room"):
            with gr.Column(scale=7, min_width=320):
                self.easel = easel(hang(first, seen), "inside-heat")
                with gr.Row(elem_classes="onward"):
                    self.trust = HeatTrust(self)
                    self.save = heat_files(self)
            with gr.Column(scale=4, min_width=300):
                self.form = HeatForm(first)
                self.notice = html("", "inside-heat-notice")
        self.wall = pressable("", "inside-depth-wall")
        self.trust.lay_out()
        rest = 3600 * tab.house.settings.cache_hours
        self.look = gr.State(seen, time_to_live=rest)
        self.outputs: list[Any] = [
            *(self.easel, self.look, self.notice, self.wall, *self.trust.outputs, self.save.link),
            *(self.form.this, self.form.minus, self.form.depth, self.form.method),
        ]

    @property
    def inputs(self) -> set[Block]:
        """What every handler is told."""
        return {self.tab.state, self.tab.token, self.look, *self.form.parts}

    def show(self, visit: Visit) -> Said:
        """What is to be seen of a new picture at first: the exact class map."""
        seen = first_look(visit)
        shown: Said = {self.easel: hang(visit, seen).update(), self.look: seen, self.notice: ""}
        shown |= {self.wall: ""} | self.trust.forget() | self.save.clear()
        return shown | self.form.show({}, seen.wish)

    def warm_up_after(self, opened: Any) -> None:
        """Import PyTorch once somebody has opened the tab: a look into the depths is near.

        Not meanwhile: that would keep the first views waiting for seconds.
        """
        opened.then(self._warm_up, None, None, api_visibility="private", queue=False)

    def connect(self) -> None:
        """Connect the section's own events."""
        form = self.form
        live = self.tab.usual | {"show_progress_on": self.easel, "trigger_mode": "always_last"}
        for event, handler in (
            (form.this.input, self._ask),
            (form.minus.input, self._ask),
            (form.depth.input, self._deepen),
            (form.method.input, self._choose),
            (form.exact.click, self._exact),
            (form.average.click, self._average),
        ):
            event(handler, self.inputs, self.outputs, **live)
        nine = form.nine.click(self._nine, self.inputs, self.outputs, **live)
        nine.success(None, None, None, js=_SHOW_NINE)
        self.wall.select(
            self._press, self.inputs, self.outputs, js=bring_into_view("inside-heat"), **live
        )
        self.trust.connect()
        self.save.connect(self.inputs, self.notice)

    def seen(self, said: Said) -> tuple[Visit, Look]:
        """What the visitor brought, and what of it hangs on the easel.

        Raises:
            UserError: the session has begun anew, while the page shows something older.
        """
        visit = self.tab.visit(said)
        seen: Look = said[self.look]
        return visit, awake(seen, visit.token)

    @in_page
    def _ask(self, said: Said) -> Said:
        this, minus = self.form.movements(said)
        return self._show(said, replace(self._wish(said), this=this, minus=minus))

    @in_page
    def _deepen(self, said: Said) -> Said:
        return self._show(said, self._at(said, int(said[self.form.depth])))

    @in_page
    def _press(self, said: Said, event: gr.SelectData) -> Said:
        return self._show(said, self._at(said, int(event.index)))

    @in_page
    def _choose(self, said: Said) -> Said:
        method, wish = said[self.form.method], self._wish(said)
        depths = (DEEPEST,) if method == EXACT else wish.depths
        return self._show(said, replace(wish, method=method, depths=depths))

    @in_page
    def _exact(self, said: Said) -> Said:
        return self._show(said, replace(self._wish(said), method=EXACT, depths=(DEEPEST,)))

    @in_page
    def _average(self, said: Said) -> Said:
        method, depths = self.form.gradient(said), self.form.averaged(said)
        return self._show(said, replace(self._wish(said), method=method, depths=depths))

    @in_page
    def _nine(self, said: Said) -> Said:
        """The wall of nine; the easel stays as it is."""
        visit, seen = self.seen(said)
        asked = replace(seen.wish, method=self.form.gradient(said))
        seen = replace(answered(visit, seen, asked, self._provider), walled=True)
        return {self.wall: wall(visit, seen), self.look: seen, self.notice: ""}

    def _wish(self, said: Said) -> Wish:
        return self.seen(said)[1].wish

    def _at(self, said: Said, depth: int) -> Wish:
        return replace(self._wish(said), method=self.form.gradient(said), depths=(depth,))

    def _show(self, said: Said, wish: Wish) -> Said:
        """Another map of the same picture."""
        visit, before = self.seen(said)
        seen = look_again(visit, before, wish, self._provider)
        shown = {self.easel: hang(visit, seen).recolour(), self.look: seen, self.notice: ""}
        if before.walled:
            # The exact map asks nothing, so the wall may show what was asked before.
            same = seen.question is not None and seen.question[:2] == (wish.this, wish.minus)
            shown |= {self.wall: wall(visit, seen) if same else ""}
            shown |= {self.look: replace(seen, walled=same)}
        return shown | self.trust.forget() | self.save.clear() | self.form.show(said, wish)

    @property
    def _provider(self) -> str:
        return self.tab.house.settings.provider

    def _warm_up(self) -> None:
        Thread(target=warm_up, args=(self._provider,), daemon=True).start()
