"""Carrying a picture from tab to tab with one click, and with it the style it is painted in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.blocks import Block

from app.errors import UserError
from app.ui.context import SESSION_EXPIRED, AppContext, UploadedPicture, guarded, require_current
from app.ui.handlers import ComponentValues, Updates
from app.ui.painting.style_mix import StyleMix
from app.ui.tabs.atlas.tab import AtlasTab
from app.ui.tabs.explain.tab import ExplainTab
from app.ui.tabs.map.tab import MapTab
from app.ui.tabs.optimize.tab import OptimizeTab
from app.ui.tabs.read.tab import ReadTab
from app.ui.tabs.stylize.tab import StylizeTab

_NOTHING_RENDERED = "There is no rendered picture yet; please press Render first."


@dataclass(frozen=True, eq=False)
class Carried:
    """What is carried: a picture, and the styles that it is painted in, if it is."""

    uploaded: UploadedPicture
    style_mix: StyleMix | None = None


@dataclass(frozen=True)
class Destination:
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
    receive: Callable[[ComponentValues, Carried], Updates]
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
    take: Callable[[ComponentValues], Carried]
    inputs: frozenset[Block]


def connect_navigation(context: AppContext, tabs: gr.Tabs, tabs_by_title: dict[str, Any]) -> None:
    """Put buttons into the tabs, by their titles, that lead to the others.

    What goes wrong is raised, not said in the page: an answer that leaves most outputs alone would
    spoil those of a tab that was never opened, see `app.ui.painting.style_picker`.
    """
    to = _destinations(context, tabs_by_title)
    read, inside, paint, slow, atlas, chart = (
        tabs_by_title[title]
        for title in ("Read", "See inside", "Paint", "Paint slowly", "Atlas", "Map")
    )
    for source, ways in (
        (_brought(read), ("inside", "map", "paint", "style")),
        (_looked_into(inside), ("read", "map", "paint", "style")),
        (_painted(context, "painting", paint.save.row, paint), ("read", "inside", "map", "style")),
        (_to_be_painted("paint", paint.save.row, paint), ("slow",)),
        (_painted(context, "slowly", slow.job_panel.row, slow), ("read", "inside", "map", "style")),
        (_to_be_painted("slowly", slow.job_panel.row, slow), ("at-once",)),
        (_rendered(context, atlas), ("read", "inside", "map", "style")),
        (_placed(chart), ("read", "inside", "paint", "style")),
    ):
        for way in ways:
            _lead(tabs, source, way, to[way])


def _lead(tabs: gr.Tabs, source: Source, way: str, destination: Destination) -> None:
    """A button from a source to a destination."""
    with source.row:
        button = gr.Button(
            destination.invitation, elem_id=f"{source.name}-to-{way}", elem_classes="quiet"
        )

    @guarded
    def go(values: ComponentValues) -> Updates:
        shown = destination.receive(values, source.take(values))
        return shown | {tabs: gr.update(selected=destination.title)}

    destination.follow(
        button.click(
            go,
            set(source.inputs | destination.inputs),
            [*destination.results, tabs],
            api_visibility="private",
            **destination.line,
        )
    )


def _destinations(context: AppContext, tabs_by_title: dict[str, Any]) -> dict[str, Destination]:
    """Where buttons lead, by what ends their ids."""
    read: ReadTab = tabs_by_title["Read"]
    inside: ExplainTab = tabs_by_title["See inside"]
    chart: MapTab = tabs_by_title["Map"]
    paint: StylizeTab = tabs_by_title["Paint"]
    slow: OptimizeTab = tabs_by_title["Paint slowly"]

    told = frozenset(paint.inputs)

    def to_paint(
        invitation: str, receive: Callable[[ComponentValues, Carried], Updates]
    ) -> Destination:
        return Destination(
            "Paint",
            invitation,
            receive,
            paint.receive_outputs,
            context.heavy,
            told,
            follow=paint.follow,
        )

    return {
        "read": Destination(
            "Read", "Read", lambda _, it: read.show(it.uploaded), read.results, context.light
        ),
        "inside": Destination(
            "See inside",
            "Look inside",
            lambda _, it: inside.receive(it.uploaded),
            inside.results,
            context.light,
            follow=inside.follow,
        ),
        "map": Destination(
            "Map",
            "Place on the map",
            lambda _, it: chart.reference.receive(it.uploaded),
            chart.reference.results,
            context.light,
            follow=chart.reference.follow,
        ),
        "paint": to_paint(
            "Paint this picture", lambda values, it: paint.receive(values, it.uploaded)
        ),
        "at-once": to_paint(
            "Paint at once", lambda values, it: paint.receive(values, it.uploaded, it.style_mix)
        ),
        "style": Destination(
            "Paint",
            "Use as style",
            lambda values, it: paint.use_as_style(values, it.uploaded.title, it.uploaded.picture),
            paint.outputs,
            context.heavy,
            told,
        ),
        "slow": Destination(
            "Paint slowly",
            "Paint slowly",
            lambda values, it: slow.receive(values, it.uploaded, it.style_mix),
            slow.outputs,
            context.heavy,
            frozenset(slow.inputs),
        ),
    }


def _brought(read: ReadTab) -> Source:
    """What was read."""
    return Source(
        "read",
        read.actions,
        lambda values: Carried(require_current(values[read.uploaded], values[read.token])),
        frozenset({read.uploaded, read.token}),
    )


def _looked_into(inside: ExplainTab) -> Source:
    """What was looked into."""
    return Source(
        "inside",
        inside.actions,
        lambda values: Carried(inside.uploaded(values)),
        frozenset({inside.state, inside.token}),
    )


def _placed(chart: MapTab) -> Source:
    """What was placed on the map."""
    reference = chart.reference

    def placed(values: ComponentValues) -> Carried:
        uploaded: UploadedPicture | None = values[reference.state]
        if uploaded is None:
            raise UserError(SESSION_EXPIRED)
        return Carried(uploaded)

    return Source("map", reference.actions, placed, frozenset({reference.state}))


def _painted(context: AppContext, name: str, row: gr.Row, tab: StylizeTab | OptimizeTab) -> Source:
    """What a tab has painted; for the other arguments see `Source`."""

    def painted(values: ComponentValues) -> Carried:
        return Carried(context.receive(*tab.result(values)))

    return Source(name, row, painted, frozenset(tab.inputs))


def _to_be_painted(name: str, row: gr.Row, tab: StylizeTab | OptimizeTab) -> Source:
    """What a tab paints, and in which styles; for the other arguments see `Source`."""

    def before(values: ComponentValues) -> Carried:
        session = tab.session(values)
        return Carried(session.uploaded, session.style_mix)

    return Source(name, row, before, frozenset({tab.state, tab.token}))


def _rendered(context: AppContext, atlas: AtlasTab) -> Source:
    """What was rendered for a channel or a movement."""
    rendering = atlas.rendering

    def rendered(values: ComponentValues) -> Carried:
        job = values[rendering.job_state].job
        if job is None or job.picture is None:
            raise UserError(_NOTHING_RENDERED)
        title = str(job.request.expression)
        return Carried(context.receive(title, job.picture, "Rendered here, from noise."))

    return Source("rendering", rendering.actions, rendered, frozenset({rendering.job_state}))
