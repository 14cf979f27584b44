"""Carrying a picture from room to room with one click."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.blocks import Block

from app.errors import UserError
from app.ui.house import ASLEEP, House, Visit, awake, guarded
from app.ui.inside.tab import InsideTab
from app.ui.map.tab import MapTab
from app.ui.notice import Said
from app.ui.paint.easel import as_painted
from app.ui.paint.tab import PaintTab
from app.ui.read.tab import ReadTab
from app.ui.slow.tab import SlowTab


@dataclass(frozen=True)
class Room:
    """Where a picture can be carried to.

    Attributes:
        title: of its tab.
        invitation: what a button says that leads there.
        receive: what the room shows of the picture.
        results: components that it may change.
        line: arguments of events that lead there: in which line they wait.
        inputs: components that it must know.
        follow: what comes after the event.
    """

    title: str
    invitation: str
    receive: Callable[[Said, Visit], Said]
    results: list[Any]
    line: dict[str, Any]
    inputs: frozenset[Block] = frozenset()
    follow: Callable[[Any], None] = lambda _: None


@dataclass(frozen=True)
class Source:
    """Where a picture can be taken from: what it is, and what must be known to tell."""

    visit: Callable[[Said], Visit]
    inputs: frozenset[Block]


def carry(house: House, tabs: gr.Tabs, rooms: dict[str, Any]) -> None:
    """Put buttons into the rooms, by their tabs' titles, that lead to the others.

    What goes wrong is raised, not said in the page: an answer that leaves most outputs alone would
    spoil those of a room that was never entered, see `app.ui.paint.widgets`.
    """
    read, inside, chart, paint, slow = _rooms(house, rooms)
    brought, looked_into, placed, painting, before, slowly = _sources(house, rooms)

    def lead(button: Any, source: Source, room: Room) -> None:
        @guarded
        def go(said: Said) -> Said:
            there = room.receive(said, source.visit(said))
            return there | {tabs: gr.update(selected=room.title)}

        room.follow(
            button.click(
                go,
                set(source.inputs | room.inputs),
                [*room.results, tabs],
                api_visibility="private",
                **room.line,
            )
        )

    for row, source, ways in (
        (rooms["Read"].onward, brought, {"look-inside": inside, "place": chart}),
        (rooms["Read"].onward, brought, {"paint-with": paint}),
        (rooms["Paint"].save.row, painting, {"read-this": read}),
        (rooms["Paint"].save.row, before, {"paint-slowly": slow}),
        (rooms["See inside"].onward, looked_into, {"inside-read": read, "inside-place": chart}),
        (rooms["See inside"].onward, looked_into, {"inside-paint": paint}),
        (rooms["Map"].art.onward, placed, {"map-read": read, "map-inside": inside}),
        (rooms["Map"].art.onward, placed, {"map-paint": paint}),
    ):
        for elem_id, room in ways.items():
            with row:
                button = gr.Button(room.invitation, elem_id=elem_id, elem_classes="quiet")
            lead(button, source, room)
    lead(rooms["Paint slowly"].work.read, slowly, read)


def _rooms(house: House, rooms: dict[str, Any]) -> tuple[Room, Room, Room, Room, Room]:
    """Read, See inside, Map, Paint and Paint slowly."""
    read: ReadTab = rooms["Read"]
    inside: InsideTab = rooms["See inside"]
    chart: MapTab = rooms["Map"]
    paint: PaintTab = rooms["Paint"]
    slow: SlowTab = rooms["Paint slowly"]
    return (
        Room("Read", "Read this", lambda _, visit: read.show(visit), read.results, house.light),
        Room(
            "See inside",
            "Look inside",
            lambda _, visit: inside.receive(visit),
            inside.results,
            house.light,
            follow=inside.follow,
        ),
        Room(
            "Map",
            "Place on the map",
            lambda _, visit: chart.art.receive(visit),
            chart.art.results,
            house.light,
            follow=chart.art.follow,
        ),
        Room(
            "Paint",
            "Paint with this",
            lambda said, visit: paint.paint_with(said, visit.title, visit.picture),
            paint.results,
            house.heavy,
            frozenset(paint.inputs),
        ),
        Room(
            "Paint slowly",
            "Paint slowly",
            slow.receive,
            slow.results,
            house.heavy,
            frozenset(slow.inputs),
        ),
    )


def _sources(house: House, rooms: dict[str, Any]) -> tuple[Source, ...]:
    """What was read, looked into, placed, painted, is to be painted, and was painted slowly."""
    read: ReadTab = rooms["Read"]
    inside: InsideTab = rooms["See inside"]
    chart: MapTab = rooms["Map"]
    paint: PaintTab = rooms["Paint"]
    slow: SlowTab = rooms["Paint slowly"]

    def brought(said: Said) -> Visit:
        visit: Visit = said[read.visit]
        return awake(visit, said[read.token])

    def placed(said: Said) -> Visit:
        visit: Visit | None = said[chart.art.state]
        if visit is None:
            raise UserError(ASLEEP)
        return visit

    def painted(said: Said) -> Visit:
        sitting = paint.sitting(said)
        picture = as_painted(sitting, paint.form.wish(said))
        made = f"Painted here after {sitting.brush.words()}."
        return house.receive(f"{sitting.visit.title}, painted", picture, made)

    def slowly(said: Said) -> Visit:
        picture, title, made = slow.home(said)
        return house.receive(title, picture, made)

    return (
        Source(brought, frozenset({read.visit, read.token})),
        Source(inside.visit, frozenset({inside.state, inside.token})),
        Source(placed, frozenset({chart.art.state})),
        Source(painted, frozenset(paint.inputs)),
        Source(lambda said: paint.sitting(said).visit, frozenset({paint.state, paint.token})),
        Source(slowly, frozenset(slow.inputs)),
    )
