"""The See inside tab: your picture; where, with what and by which textures the network sees it."""

from typing import Any, Protocol

import gradio as gr
from gradio.blocks import Block

from app.ui.bringing import Bringing
from app.ui.house import House, Visit, awake, guarded
from app.ui.inside.heat import InsideHeat
from app.ui.inside.maps import InsideMaps
from app.ui.inside.texture import InsideTexture
from app.ui.notice import Said

_QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}


class Section(Protocol):
    """A folded part of the tab, filled when it is opened; laid out when it is made.

    Attributes:
        fold: what is opened.
        outputs: everything that changes with the picture.
        choices: what the visitor chose; it stays for the next picture.
    """

    fold: gr.Accordion
    outputs: list[Any]
    choices: set[Block]

    def show(self, visit: Visit, said: Said) -> Said:
        """What is to be seen of a new picture, within a second; `said` are the choices."""

    def connect(self) -> None:
        """Connect the section's own events; called once the tab is laid out."""


class InsideTab:
    """Lays the tab out and connects it; to be made inside the tab.

    The heat map comes with the picture; the other sections are folded, and the network is run for
    those that are open, one after the other. Sections find what the visitor brought by `visit`.
    """

    def __init__(self, house: House) -> None:
        self.house = house
        first = house.example(0)
        self.bringing = Bringing(house, "Look into", "inside")
        self.notice = self.bringing.notice
        self.state = gr.State(first, time_to_live=3600 * house.settings.cache_hours)
        self.token = gr.Textbox(first.token, visible=False)
        self.heat = InsideHeat(self, first)
        self.onward = gr.Row(elem_classes="onward")  # For doors to other rooms.
        self.maps = InsideMaps(self)
        self.texture = InsideTexture(self)
        self.later: tuple[Section, ...] = (self.maps, self.texture)
        self.open: dict[Section, gr.State] = {section: gr.State(False) for section in self.later}
        # The token of the visit that each shows, or is about to. Whatever fills a section waits for
        # this to change: an event that left a folded section alone would spoil it, see
        # `app.ui.paint.widgets`.
        self.wanted: dict[Section, gr.State] = {section: gr.State("") for section in self.later}
        self.results = [self.state, self.token, *self.bringing.outputs, *self.heat.outputs]
        self._connect()

    @property
    def usual(self) -> dict[str, Any]:
        """Arguments of every event that runs a network."""
        return {"api_visibility": "private", **self.house.heavy}

    def visit(self, said: Said) -> Visit:
        """What the visitor brought.

        Raises:
            UserError: the session has begun anew, while the page shows something older.
        """
        visit: Visit = said[self.state]
        return awake(visit, said[self.token])

    def receive(self, visit: Visit) -> Said:
        """Another picture, from the door or from another room; call `follow` on the event."""
        return {
            self.state: visit,
            self.token: visit.token,
            **self.bringing.received(visit),
            **self.heat.show(visit),
        }

    def follow(self, event: Any) -> Any:
        """Let the open sections come after an event that called `receive`, or after entering.

        Returns:
            The event that asks for them.
        """
        inputs = {self.state, *self.open.values(), *self.wanted.values()}
        return event.success(self._follow, inputs, list(self.wanted.values()), **_QUIET)

    def entered(self, tab: gr.Tab) -> None:
        """Fill the open sections when the tab is opened with a picture they do not show yet."""
        self.heat.warm_up_after(self.follow(tab.select(None, None, None)))

    def _connect(self) -> None:
        slow = self.usual | {"show_progress_on": self.heat.outputs[0]}
        for event in self.bringing.connect(
            lambda _, visit: self.receive(visit), {self.state}, self.results, **slow
        ):
            self.follow(event)
        self.heat.connect()
        for section in self.later:
            section.connect()
            self._connect_fold(section)

    def _connect_fold(self, section: Section) -> None:
        opened, wanted = self.open[section], self.wanted[section]

        @guarded
        def expand(said: Said) -> Said:
            return {opened: True, wanted: self.visit(said).token}

        section.fold.expand(expand, {self.state, self.token}, [opened, wanted], **_QUIET)
        section.fold.collapse(lambda: False, None, opened, **_QUIET)

        @guarded
        def show(said: Said) -> Said:
            visit: Visit = said[self.state]  # Were it asleep, the event before had said so.
            return section.show(visit, said)

        inputs = {self.state, *section.choices}
        wanted.change(show, inputs, section.outputs, **self.usual | _QUIET)

    @guarded
    def _follow(self, said: Said) -> Said:
        visit: Visit = said[self.state]
        return {
            self.wanted[section]: visit.token for section in self.later if said[self.open[section]]
        }
