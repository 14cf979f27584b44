"""The map of art, and your picture on it: the first section of the Map tab."""

from functools import cached_property
from typing import Any

import gradio as gr

from app.collection.plot import Label, Point, figure
from app.errors import UserError
from app.serving.artmap import ArtMap
from app.ui.bringing import Bringing
from app.ui.house import House, Visit, guarded
from app.ui.map import art_words as words
from app.ui.map.plot import as_plot, map_card
from app.ui.notice import Said, in_page
from app.ui.take_home import download, npy_bytes, offer
from app.ui.widgets import html
from training.movements import MOVEMENTS

NEIGHBOURS = 10

_WAITING = """
    <section class="verdict">
      <p class="eyebrow">Where it lies</p>
      <p>Drawing the map &hellip;</p>
    </section>"""


class MapArt:
    """Lays the section out and connects it.

    The map is drawn when the tab is opened for the first time, with an example on it: its dots and
    names are 0.7 MB, which visitors of other rooms need not wait for.
    """

    def __init__(self, house: House) -> None:
        self.house = house
        self.bringing = Bringing(house, "Place on the map", "map")
        self.notice = self.bringing.notice
        # None until the tab is opened or a picture is carried here.
        self.state = gr.State(None, time_to_live=3600 * house.settings.cache_hours)
        self.drawn = gr.State("")  # The token of the visit whose map is seen.
        with gr.Row(elem_classes="room"):
            with gr.Column(scale=7, min_width=320):
                with gr.Column(elem_classes="map-frame"):
                    self.chart = gr.Plot(
                        show_label=False, container=False, elem_id="map", elem_classes="map"
                    )
                    self.card = map_card("map", "#map-near, #map-found", "map-card")
                self._lay_out_search()
                self.caption = html("", "map-caption")
                self._lay_out_downloads()
            with gr.Column(scale=4, min_width=300):
                self.where = html(_WAITING, "map-where")
                self.near = html("", "map-near")
        self.results: list[Any] = [
            *(self.state, *self.bringing.outputs, self.caption, self.where, self.near, self.card),
            *(self.table, self.near_table, self.embedding),
        ]
        self._connect()

    def _lay_out_search(self) -> None:
        with gr.Row(elem_classes="map-search"):
            self.words = gr.Textbox(
                label="Find an artist or a title",
                placeholder="Monet, guitar, 1912 \N{HORIZONTAL ELLIPSIS}",
                elem_id="map-words",
                max_lines=1,
                max_length=100,
            )
            self.find = gr.Button("Find", elem_id="map-find", elem_classes="quiet")
        self.found = html("", "map-found")

    def _lay_out_downloads(self) -> None:
        with gr.Row(elem_classes="onward") as self.onward:
            self.table = download("The map, CSV", "map-table")
            self.near_table = download("Neighbours, CSV", "map-near-table")
            self.embedding = download("Embedding, NPY", "map-embedding")

    def entered(self, tab: gr.Tab) -> None:
        """Draw the map when the tab is opened for the first time."""
        usual: dict[str, Any] = {"api_visibility": "private", **self.house.light}
        self.follow(
            tab.select(self._enter, {self.state}, self.results, show_progress="hidden", **usual)
        )

    def follow(self, event: Any) -> None:
        """Draw the map after an event that called `receive`: a browser takes seconds for it."""
        usual: dict[str, Any] = {"api_visibility": "private", **self.house.light}
        outputs = [self.chart, self.drawn]
        event.success(
            self._draw, {self.state, self.drawn}, outputs, show_progress="hidden", **usual
        )

    def receive(self, visit: Visit) -> Said:
        """Place a picture among the paintings; for `results`. Call `follow` on the event.

        Raises:
            UserError: the map is missing.
        """
        artmap = self.artmap
        embedding = visit.reading.embedding
        x, y = artmap.place(embedding)
        neighbours = artmap.neighbours(embedding, NEIGHBOURS)
        cluster = artmap.clusters[artmap.cluster_at(x, y)]
        return {
            self.state: visit,
            **self.bringing.received(visit),
            self.caption: words.caption(artmap),
            self.where: words.whereabouts(artmap, visit, cluster, neighbours),
            self.near: words.nearest_html(neighbours, artmap.similarity),
            self.card: "",
            self.table: offer(artmap.table.read_bytes(), "map of art.csv"),
            self.near_table: offer(words.table(neighbours), "neighbours.csv"),
            self.embedding: offer(npy_bytes(embedding), "embedding.npy"),
        }

    @property
    def artmap(self) -> ArtMap:
        """The shipped map."""
        return self.house.library.artmap

    @cached_property
    def points(self) -> list[Point]:
        """All paintings as dots."""
        return [
            Point(
                painting.x,
                painting.y,
                words.name(painting),
                painting.artist,
                painting.year,
                painting.movement if painting.movement in MOVEMENTS else words.OTHERS,
                words.school(painting),
            )
            for painting in self.artmap.paintings
        ]

    @guarded
    def _draw(self, said: Said) -> Said:
        """The map with the visitor's picture on it."""
        visit: Visit | None = said[self.state]
        if visit is None or said[self.drawn] == visit.token:
            return {self.drawn: said[self.drawn]}
        artmap, embedding = self.artmap, visit.reading.embedding
        you = Point(*artmap.place(embedding), visit.title, note="Here it lies")
        near = [found.index for found in artmap.neighbours(embedding, NEIGHBOURS)]
        labels = [
            Label(each.x, each.y, words.label(each), words.short_label(each))
            for each in artmap.clusters
        ]
        chart = figure(self.points, you=you, near=near, labels=labels)
        return {self.chart: as_plot(chart, "map of art"), self.drawn: visit.token}

    def _connect(self) -> None:
        usual: dict[str, Any] = {"api_visibility": "private", **self.house.light}
        slow = usual | {"show_progress_on": self.where}
        for event in self.bringing.connect(
            lambda _, visit: self.receive(visit), {self.state}, self.results, **slow
        ):
            self.follow(event)
        # They take a millisecond, and wait for nobody who reads a picture.
        at_once: dict[str, Any] = {
            "show_progress": "hidden",
            "api_visibility": "private",
            "queue": False,
            "trigger_mode": "always_last",
        }
        self.card.select(self._open, {self.state}, [self.card, self.notice], **at_once)
        for event in (self.words.submit, self.find.click):
            event(self._search, {self.words}, [self.found, self.notice], **at_once)

    @in_page
    def _open(self, said: Said, event: gr.SelectData) -> Said:
        """The card of a painting that was pressed; -1 closes it."""
        artmap, index = self.artmap, int(event.index)
        if index == -1:
            return {self.card: ""}
        if not 0 <= index < len(artmap.paintings):
            raise UserError("There is no such painting on the map; please reload the page.")
        visit: Visit | None = said[self.state]
        beside = ""
        if visit is not None:
            embedding = visit.reading.embedding
            near = [found.index for found in artmap.neighbours(embedding, NEIGHBOURS)]
            number = near.index(index) + 1 if index in near else None
            similarity = artmap.similarity_to(index, embedding)
            beside = words.beside(number, similarity, artmap.similarity)
        return {self.card: words.card_html(index, artmap.paintings[index], beside)}

    @in_page
    def _search(self, said: Said) -> Said:
        asked = str(said[self.words] or "")
        return {self.found: words.found_html(self.artmap, self.artmap.search(asked), asked)}

    @in_page
    def _enter(self, said: Said) -> Said:
        if said[self.state] is not None:
            return {self.state: said[self.state]}
        return self.receive(self.house.example(0))
