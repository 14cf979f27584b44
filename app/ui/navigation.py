"""Buttons that send a picture to another tab, with the style mix that it is painted in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.blocks import Block

from app.errors import UserError
from app.translation import gettext as _
from app.ui.context import (
    SESSION_EXPIRED,
    AppContext,
    UploadedPicture,
    errors_as_messages,
    require_current,
)
from app.ui.handlers import ComponentValues, Updates
from app.ui.painting.style_mix import StyleMix
from app.ui.tabs.atlas.tab import AtlasTab
from app.ui.tabs.explain.tab import ExplainTab
from app.ui.tabs.map.tab import MapTab
from app.ui.tabs.optimize.tab import OptimizeTab
from app.ui.tabs.read.tab import ReadTab
from app.ui.tabs.stylize.tab import StylizeTab

_NOTHING_RENDERED = _("There is no rendered picture yet; please press Render first.")


@dataclass(frozen=True, eq=False)
class Transfer:
    """What a button sends: a picture, and its style mix if it is painted in one."""

    uploaded: UploadedPicture
    style_mix: StyleMix | None = None


@dataclass(frozen=True)
class Destination:
    """A tab that a picture can be sent to.

    Attributes:
        title: of the tab.
        label: of the buttons that lead there.
        receive: shows what was sent.
        results: components that `receive` may update.
        queue: arguments of the events, which say where they wait: `AppContext.painting_queue`.
        inputs: components that `receive` must know.
        follow: connects what comes after the event.
    """

    title: str
    label: str
    receive: Callable[[ComponentValues, Transfer], Updates]
    results: list[Any]
    queue: dict[str, Any]
    inputs: frozenset[Block] = frozenset()
    follow: Callable[[Any], None] = lambda _event: None


@dataclass(frozen=True)
class Source:
    """Something on the page that can be sent, such as the upload or a result.

    Attributes:
        name: begins the ids of the buttons.
        row: where the buttons are placed.
        read: makes the transfer of the page's values.
        inputs: components that `read` must know.
    """

    name: str
    row: gr.Row
    read: Callable[[ComponentValues], Transfer]
    inputs: frozenset[Block]


def connect_navigation(context: AppContext, tabs: gr.Tabs, tabs_by_title: dict[str, Any]) -> None:
    """Add buttons to the tabs that lead to the other tabs.

    Errors are raised rather than shown in a notice: an update of only few outputs would spoil the
    others in a tab that was never opened, see `app.ui.painting.style_picker`.
    """
    destinations = _destinations(context, tabs_by_title)
    read, inside, paint, slow, atlas, chart = (
        tabs_by_title[title]
        for title in ("Read", "See inside", "Paint", "Paint slowly", "Atlas", "Map")
    )
    for source, keys in (
        (_read_picture(read), ("inside", "map", "paint", "style")),
        (_explained_picture(inside), ("read", "map", "paint", "style")),
        (
            _painted_result(context, "painting", paint.save.row, paint),
            ("read", "inside", "map", "style"),
        ),
        (_picture_and_style("paint", paint.save.row, paint), ("slow",)),
        (
            _painted_result(context, "slowly", slow.job_panel.row, slow),
            ("read", "inside", "map", "style"),
        ),
        (_picture_and_style("slowly", slow.job_panel.row, slow), ("at-once",)),
        (_rendered_picture(context, atlas), ("read", "inside", "map", "style")),
        (_mapped_picture(chart), ("read", "inside", "paint", "style")),
    ):
        for key in keys:
            _add_button(tabs, source, key, destinations[key])


def _add_button(tabs: gr.Tabs, source: Source, key: str, destination: Destination) -> None:
    """A button that sends a source to a destination; `key` ends its id."""
    with source.row:
        button = gr.Button(
            destination.label, elem_id=f"{source.name}-to-{key}", elem_classes="quiet"
        )

    @errors_as_messages
    def send(values: ComponentValues) -> Updates:
        updates = destination.receive(values, source.read(values))
        return updates | {tabs: gr.update(selected=destination.title)}

    destination.follow(
        button.click(
            send,
            set(source.inputs | destination.inputs),
            [*destination.results, tabs],
            api_visibility="private",
            **destination.queue,
        )
    )


def _destinations(context: AppContext, tabs_by_title: dict[str, Any]) -> dict[str, Destination]:
    """Where buttons lead, by the end of their ids."""
    read: ReadTab = tabs_by_title["Read"]
    inside: ExplainTab = tabs_by_title["See inside"]
    chart: MapTab = tabs_by_title["Map"]
    paint: StylizeTab = tabs_by_title["Paint"]
    slow: OptimizeTab = tabs_by_title["Paint slowly"]

    paint_inputs = frozenset(paint.inputs)

    def to_paint(
        label: str, receive: Callable[[ComponentValues, Transfer], Updates]
    ) -> Destination:
        return Destination(
            "Paint",
            label,
            receive,
            paint.receive_outputs,
            context.painting_queue,
            paint_inputs,
            follow=paint.follow,
        )

    return {
        "read": Destination(
            "Read",
            _("Read"),
            lambda _values, sent: read.show(sent.uploaded),
            read.results,
            context.reading_queue,
        ),
        "inside": Destination(
            "See inside",
            _("Look inside"),
            lambda _values, sent: inside.receive(sent.uploaded),
            inside.results,
            context.reading_queue,
            follow=inside.follow,
        ),
        "map": Destination(
            "Map",
            _("Place on the map"),
            lambda _values, sent: chart.reference.receive(sent.uploaded),
            chart.reference.results,
            context.reading_queue,
            follow=chart.reference.follow,
        ),
        "paint": to_paint(
            _("Paint this picture"), lambda values, sent: paint.receive(values, sent.uploaded)
        ),
        "at-once": to_paint(
            _("Paint at once"),
            lambda values, sent: paint.receive(values, sent.uploaded, sent.style_mix),
        ),
        "style": Destination(
            "Paint",
            _("Use as style"),
            lambda values, sent: paint.use_as_style(
                values, sent.uploaded.title, sent.uploaded.picture
            ),
            paint.outputs,
            context.painting_queue,
            paint_inputs,
        ),
        "slow": Destination(
            "Paint slowly",
            _("Paint slowly"),
            lambda values, sent: slow.receive(values, sent.uploaded, sent.style_mix),
            slow.outputs,
            context.painting_queue,
            frozenset(slow.inputs),
        ),
    }


def _read_picture(read: ReadTab) -> Source:
    """The picture in the Read tab."""
    return Source(
        "read",
        read.actions,
        lambda values: Transfer(require_current(values[read.uploaded], values[read.token])),
        frozenset({read.uploaded, read.token}),
    )


def _explained_picture(inside: ExplainTab) -> Source:
    """The picture in the See inside tab."""
    return Source(
        "inside",
        inside.actions,
        lambda values: Transfer(inside.uploaded(values)),
        frozenset({inside.state, inside.token}),
    )


def _mapped_picture(chart: MapTab) -> Source:
    """The picture that was placed on the map."""
    reference = chart.reference

    def transfer(values: ComponentValues) -> Transfer:
        uploaded: UploadedPicture | None = values[reference.state]
        if uploaded is None:
            raise UserError(SESSION_EXPIRED)
        return Transfer(uploaded)

    return Source("map", reference.actions, transfer, frozenset({reference.state}))


def _painted_result(
    context: AppContext, name: str, row: gr.Row, tab: StylizeTab | OptimizeTab
) -> Source:
    """What a painting tab has made; for the other arguments see `Source`."""

    def transfer(values: ComponentValues) -> Transfer:
        return Transfer(context.receive(*tab.result(values)))

    return Source(name, row, transfer, frozenset(tab.inputs))


def _picture_and_style(name: str, row: gr.Row, tab: StylizeTab | OptimizeTab) -> Source:
    """The picture of a painting tab before it is painted, with the style mix."""

    def transfer(values: ComponentValues) -> Transfer:
        session = tab.session(values)
        return Transfer(session.uploaded, session.style_mix)

    return Source(name, row, transfer, frozenset({tab.state, tab.token}))


def _rendered_picture(context: AppContext, atlas: AtlasTab) -> Source:
    """The picture that was rendered for a channel or a movement."""
    rendering = atlas.rendering

    def transfer(values: ComponentValues) -> Transfer:
        job = values[rendering.job_state].job
        if job is None or job.picture is None:
            raise UserError(_NOTHING_RENDERED)
        title = str(job.request.expression)
        return Transfer(context.receive(title, job.picture, _("Rendered here, from noise.")))

    return Source("rendering", rendering.actions, transfer, frozenset({rendering.job_state}))
