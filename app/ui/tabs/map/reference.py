"""The reference map, with the visitor's picture on it: the first section of the Map tab."""

from functools import cached_property
from typing import Any

import gradio as gr

from app.collection.plot import Label, Point, figure
from app.errors import UserError
from app.serving.reference_map import ReferenceMap
from app.translation import gettext as _
from app.ui.components.downloads import download, file_update, npy_bytes
from app.ui.components.image_input import ImageInput
from app.ui.components.widgets import html
from app.ui.context import AppContext, UploadedPicture, errors_as_messages
from app.ui.handlers import Updates, errors_in_notice
from app.ui.tabs.map import reference_html
from app.ui.tabs.map.plot import as_plot, map_card
from training.common.movements import MOVEMENTS

NEIGHBOURS = 10
"""Paintings that are named and numbered."""

_WHERE, _DRAWING = _("Where it lies"), _("Drawing the map &hellip;")
_WAITING = f"""
    <section class="verdict">
      <p class="eyebrow">{_WHERE}</p>
      <p>{_DRAWING}</p>
    </section>"""


class ReferenceMapSection:
    """Lays the section out and connects it.

    The map is drawn when the tab is opened for the first time, with an example on it: its dots and
    names are 0.7 MB, which visitors of other tabs need not wait for.
    """

    def __init__(self, context: AppContext) -> None:
        self.context = context
        self.image_input = ImageInput(context, _("Place on the map"), "map")
        self.notice = self.image_input.notice
        # None until the tab is opened or a picture is sent here from another tab.
        self.state = gr.State(None, time_to_live=3600 * context.settings.cache_hours)
        self.drawn = gr.State("")  # The token of the picture whose map is shown.
        with gr.Row(elem_classes="two-columns"):
            with gr.Column(scale=7, min_width=320):
                with gr.Column(elem_classes="map-frame"):
                    self.plot = gr.Plot(
                        show_label=False, container=False, elem_id="map", elem_classes="map"
                    )
                    self.card = map_card("map", "#map-near, #map-found", "map-card")
                self._lay_out_search()
                self.caption = html("", "map-caption")
                self._lay_out_downloads()
            with gr.Column(scale=4, min_width=300):
                self.where = html(_WAITING, "map-where")
                self.nearest = html("", "map-near")
        self.results: list[Any] = [
            *(self.state, *self.image_input.outputs, self.caption, self.where, self.nearest),
            *(self.card, self.table, self.nearest_table, self.embedding),
        ]
        self._connect()

    def _lay_out_search(self) -> None:
        with gr.Row(elem_classes="map-search"):
            self.words = gr.Textbox(
                label=_("Find an artist or a title"),
                placeholder=_("Monet, guitar, 1912 \N{HORIZONTAL ELLIPSIS}"),
                elem_id="map-words",
                max_lines=1,
                max_length=100,
            )
            self.find = gr.Button(_("Find"), elem_id="map-find", elem_classes="quiet")
        self.found = html("", "map-found")

    def _lay_out_downloads(self) -> None:
        with gr.Row(elem_classes="button-row") as self.actions:
            self.table = download(_("The map, CSV"), "map-table")
            self.nearest_table = download(_("Neighbours, CSV"), "map-near-table")
            self.embedding = download(_("Embedding, NPY"), "map-embedding")

    def entered(self, tab: gr.Tab) -> None:
        """Draw the map when the tab is opened for the first time."""
        usual: dict[str, Any] = {"api_visibility": "private", **self.context.reading_queue}
        self.follow(
            tab.select(
                self._show_first, [self.state], self.results, show_progress="hidden", **usual
            )
        )

    def follow(self, event: Any) -> None:
        """Draw the map after an event that called `receive`: a browser takes seconds for it."""
        usual: dict[str, Any] = {"api_visibility": "private", **self.context.reading_queue}
        outputs = [self.plot, self.drawn]
        event.success(
            self._draw, [self.state, self.drawn], outputs, show_progress="hidden", **usual
        )

    def receive(self, uploaded: UploadedPicture) -> Updates:
        """Place a picture among the paintings; for `results`. Call `follow` on the event.

        Raises:
            UserError: the map is missing.
        """
        reference_map = self.reference_map
        embedding = uploaded.reading.embedding
        x, y = reference_map.place(embedding)
        neighbours = reference_map.neighbours(embedding, NEIGHBOURS)
        cluster = reference_map.clusters[reference_map.cluster_at(x, y)]
        return {
            self.state: uploaded,
            **self.image_input.received(uploaded),
            self.caption: reference_html.caption(reference_map),
            self.where: reference_html.place_html(reference_map, uploaded, cluster, neighbours),
            self.nearest: reference_html.nearest_html(neighbours, reference_map.similarity),
            self.card: "",
            self.table: file_update(reference_map.table.read_bytes(), "map of art.csv"),
            self.nearest_table: file_update(reference_html.table(neighbours), "neighbours.csv"),
            self.embedding: file_update(npy_bytes(embedding), "embedding.npy"),
        }

    @property
    def reference_map(self) -> ReferenceMap:
        """The shipped map."""
        return self.context.assets.reference_map

    @cached_property
    def points(self) -> list[Point]:
        """All paintings as dots."""
        return [
            Point(
                painting.x,
                painting.y,
                reference_html.name(painting),
                painting.artist,
                painting.year,
                painting.movement if painting.movement in MOVEMENTS else reference_html.OTHERS,
                reference_html.school(painting),
            )
            for painting in self.reference_map.paintings
        ]

    @errors_as_messages
    def _draw(self, uploaded: UploadedPicture | None, drawn: str) -> Updates:
        """The map with the visitor's picture on it, unless it is shown already."""
        if uploaded is None or drawn == uploaded.token:
            return {self.drawn: drawn}
        reference_map, embedding = self.reference_map, uploaded.reading.embedding
        x, y = reference_map.place(embedding)
        labels = [
            Label(each.x, each.y, reference_html.label(each), reference_html.short_label(each))
            for each in reference_map.clusters
        ]
        chart = figure(
            self.points,
            picture=Point(x, y, uploaded.title, note=_("Here it lies")),
            neighbours=[each.index for each in reference_map.neighbours(embedding, NEIGHBOURS)],
            labels=labels,
        )
        return {self.plot: as_plot(chart, "map of art"), self.drawn: uploaded.token}

    def _connect(self) -> None:
        usual: dict[str, Any] = {"api_visibility": "private", **self.context.reading_queue}
        slow = usual | {"show_progress_on": self.where}
        for event in self.image_input.connect(
            lambda _values, uploaded: self.receive(uploaded), {self.state}, self.results, **slow
        ):
            self.follow(event)
        # They take a millisecond, and wait for nobody who reads a picture.
        at_once: dict[str, Any] = {
            "show_progress": "hidden",
            "api_visibility": "private",
            "queue": False,
            "trigger_mode": "always_last",
        }
        self.card.select(self._open_card, [self.state], [self.card, self.notice], **at_once)
        for event in (self.words.submit, self.find.click):
            event(self._search, [self.words], [self.found, self.notice], **at_once)

    @errors_in_notice
    def _open_card(self, uploaded: UploadedPicture | None, event: gr.SelectData) -> Updates:
        """The card of a painting that was pressed; -1 closes it."""
        reference_map, index = self.reference_map, int(event.index)
        if index == -1:
            return {self.card: ""}
        if not 0 <= index < len(reference_map.paintings):
            raise UserError(_("There is no such painting on the map; please reload the page."))
        comparison = ""
        if uploaded is not None:
            embedding = uploaded.reading.embedding
            indices = [each.index for each in reference_map.neighbours(embedding, NEIGHBOURS)]
            rank = indices.index(index) + 1 if index in indices else None
            similarity = reference_map.similarity_to(index, embedding)
            comparison = reference_html.comparison(rank, similarity, reference_map.similarity)
        painting = reference_map.paintings[index]
        return {self.card: reference_html.card_html(index, painting, comparison)}

    @errors_in_notice
    def _search(self, words: str | None) -> Updates:
        words = words or ""
        found = self.reference_map.search(words)
        return {self.found: reference_html.found_html(self.reference_map, found, words)}

    @errors_in_notice
    def _show_first(self, uploaded: UploadedPicture | None) -> Updates:
        """An example on the map, unless a picture is on it already."""
        if uploaded is not None:
            return {self.state: uploaded}
        return self.receive(self.context.example(0))
