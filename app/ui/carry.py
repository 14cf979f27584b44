"""Carrying a picture from tab to tab with one click, and with it the style it is painted in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.blocks import Block

from app.errors import UserError
from app.ui.atlas.tab import AtlasTab
from app.ui.house import ASLEEP, House, Visit, awake, guarded
from app.ui.inside.tab import InsideTab
from app.ui.map.tab import MapTab
from app.ui.notice import Said
from app.ui.paint.brush import Brush
from app.ui.paint.easel import as_painted
from app.ui.paint.tab import PaintTab
from app.ui.read.tab import ReadTab
from app.ui.slow.tab import SlowTab

_NOTHING_RENDERED = "There is no rendered picture yet; please press Render first."


@dataclass(frozen=True, eq=False)
class Carried:
    """What is carried: a picture, and the styles that it is painted in, if it is."""

    visit: Visit
    brush: Brush | None = None


@dataclass(frozen=True)
class Room:
    """Where a picture can be carried to.

    Attributes:
        title: of its tab.
        invitation: what a button says that leads there.
        receive: what the tab shows of what was carried.
        results: components that it may change.
        line: arguments of events that lead there: in which line they wait.
        inputs: components that it must know.
        follow: what comes after the event.
    """

    title: str
    invitation: str
    receive: Callable[[Said, Carried], Said]
    results: list[Any]
    line: dict[str, Any]
    inputs: frozenset[Block] = frozenset()
    follow: Callable[[Any], None] = lambda _: None


@dataclass(frozen=True)
class Source:
    """Where a picture can be taken from: the row of its buttons, what it is, and what tells that.

    Attributes:
        name: begins the ids of the buttons.
        row: where they stand.
        take: what is carried from there.
        inputs: components that `take` must know.
    """

    name: str
    row: gr.Row
    take: Callable[[Said], Carried]
    inputs: frozenset[Block]


def carry(house: House, tabs: gr.Tabs, rooms: dict[str, Any]) -> None:
    """Put buttons into the rooms, by their tabs' titles, that lead to the others.

    What goes wrong is raised, not said in the page: an answer that leaves most outputs alone would
    spoil those of a room that was never entered, see `app.ui.paint.widgets`.
    """
    to = _rooms(house, rooms)
    read, inside, paint, slow, atlas, chart = (
        rooms[title] for title in ("Read", "See inside", "Paint", "Paint slowly", "Atlas", "Map")
    )
    for source, ways in (
        (_brought(read), ("inside", "map", "paint", "style")),
        (_looked_into(inside), ("read", "map", "paint", "style")),
        (_painting(house, paint), ("read", "inside", "map", "style")),
        (_to_be_painted(paint), ("slow",)),
        (_painted_slowly(house, slow), ("read", "inside", "map", "style")),
        (_to_be_painted_slowly(slow), ("at-once",)),
        (_rendered(house, atlas), ("read", "inside", "map", "style")),
        (_placed(chart), ("read", "inside", "paint", "style")),
    ):
        for way in ways:
            _lead(tabs, source, way, to[way])


def _lead(tabs: gr.Tabs, source: Source, way: str, room: Room) -> None:
    """A button from a source to a room."""
    with source.row:
        button = gr.Button(room.invitation, elem_id=f"{source.name}-to-{way}", elem_classes="quiet")

    @guarded
    def go(said: Said) -> Said:
        shown = room.receive(said, source.take(said))
        return shown | {tabs: gr.update(selected=room.title)}

    room.follow(
        button.click(
            go,
            set(source.inputs | room.inputs),
            [*room.results, tabs],
            api_visibility="private",
            **room.line,
        )
    )


def _rooms(house: House, rooms: dict[str, Any]) -> dict[str, Room]:
    """Where buttons lead, by what ends their ids."""
    read: ReadTab = rooms["Read"]
    inside: InsideTab = rooms["See inside"]
    chart: MapTab = rooms["Map"]
    paint: PaintTab = rooms["Paint"]
    slow: SlowTab = rooms["Paint slowly"]

    told = frozenset(paint.inputs)

    def to_paint(invitation: str, receive: Callable[[Said, Carried], Said]) -> Room:
        return Room(
            "Paint", invitation, receive, paint.brought, house.heavy, told, follow=paint.follow
        )

    return {
        "read": Room("Read", "Read", lambda _, it: read.show(it.visit), read.results, house.light),
        "inside": Room(
            "See inside",
            "Look inside",
            lambda _, it: inside.receive(it.visit),
            inside.results,
            house.light,
            follow=inside.follow,
        ),
        "map": Room(
            "Map",
            "Place on the map",
            lambda _, it: chart.art.receive(it.visit),
            chart.art.results,
            house.light,
            follow=chart.art.follow,
        ),
        "paint": to_paint("Paint this picture", lambda said, it: paint.receive(said, it.visit)),
        "at-once": to_paint(
            "Paint at once", lambda said, it: paint.receive(said, it.visit, it.brush)
        ),
        "style": Room(
            "Paint",
            "Use as style",
            lambda said, it: paint.paint_with(said, it.visit.title, it.visit.picture),
            paint.results,
            house.heavy,
            told,
        ),
        "slow": Room(
            "Paint slowly",
            "Paint slowly",
            lambda said, it: slow.receive(said, it.visit, it.brush),
            slow.results,
            house.heavy,
            frozenset(slow.inputs),
        ),
    }


def _brought(read: ReadTab) -> Source:
    """What was read."""
    return Source(
        "read",
        read.onward,
        lambda said: Carried(awake(said[read.visit], said[read.token])),
        frozenset({read.visit, read.token}),
    )


def _looked_into(inside: InsideTab) -> Source:
    """What was looked into."""
    return Source(
        "inside",
        inside.onward,
        lambda said: Carried(inside.visit(said)),
        frozenset({inside.state, inside.token}),
    )


def _placed(chart: MapTab) -> Source:
    """What was placed on the map."""
    art = chart.art

    def placed(said: Said) -> Carried:
        visit: Visit | None = said[art.state]
        if visit is None:
            raise UserError(ASLEEP)
        return Carried(visit)

    return Source("map", art.onward, placed, frozenset({art.state}))


def _painting(house: House, paint: PaintTab) -> Source:
    """What was painted at once."""

    def painted(said: Said) -> Carried:
        sitting = paint.sitting(said)
        picture = as_painted(sitting, paint.form.wish(said))
        made = f"Painted here after {sitting.brush.words()}."
        return Carried(house.receive(f"{sitting.visit.title}, painted", picture, made))

    return Source("painting", paint.save.row, painted, frozenset(paint.inputs))


def _to_be_painted(paint: PaintTab) -> Source:
    """What is painted at once, and in which styles."""

    def before(said: Said) -> Carried:
        sitting = paint.sitting(said)
        return Carried(sitting.visit, sitting.brush)

    return Source("paint", paint.save.row, before, frozenset({paint.state, paint.token}))


def _painted_slowly(house: House, slow: SlowTab) -> Source:
    """What was painted slowly."""

    def painted(said: Said) -> Carried:
        picture, title, made = slow.home(said)
        return Carried(house.receive(title, picture, made))

    return Source("slowly", slow.work.row, painted, frozenset(slow.inputs))


def _to_be_painted_slowly(slow: SlowTab) -> Source:
    """What is painted slowly, and in which styles."""

    def before(said: Said) -> Carried:
        sitting = slow.sitting(said)
        return Carried(sitting.visit, sitting.brush)

    return Source("slowly", slow.work.row, before, frozenset({slow.state, slow.token}))


def _rendered(house: House, atlas: AtlasTab) -> Source:
    """What was rendered for a channel or a movement."""
    dream = atlas.dream

    def rendered(said: Said) -> Carried:
        run = said[dream.desk].run
        if run is None or run.picture is None:
            raise UserError(_NOTHING_RENDERED)
        wish = str(run.order.wish)
        return Carried(house.receive(wish, run.picture, "Rendered here, from noise."))

    return Source("dream", dream.onward, rendered, frozenset({dream.desk}))
