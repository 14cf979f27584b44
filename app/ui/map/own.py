"""Maps of a visitor's own pictures: the second section of the Map tab."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import gradio as gr

from app.collection.embed import Embedder, Entry, Projection
from app.collection.gathered import Collection
from app.collection.reading import read_collection
from app.collection.scan import Failure, Source
from app.collection.sheet import as_figure
from app.collection.thumbnails import Thumbnails
from app.errors import UserError
from app.ui.house import House, guarded
from app.ui.map.own_shelf import Shelf
from app.ui.map.own_sources import MOST, in_folder, is_private, uploaded
from app.ui.map.own_view import (
    card_html,
    duplicates_html,
    failures_html,
    neighbours_html,
    regions_html,
)
from app.ui.map.plot import as_plot, map_card
from app.ui.notice import Said, in_page, progress, step_by_step
from app.ui.take_home import download, offer
from app.ui.turns import stop_heard, stop_offered
from app.ui.visitors import VISITORS
from app.ui.widgets import html, problem, section

SIMILAR = 10
"""Pictures that a search finds."""

_LINE = {"concurrency_id": "collection", "concurrency_limit": 1}
# A line of their own: a collection takes minutes, and nobody who reads one picture waits for it.

_ASLEEP = "This page was idle so long that your pictures were deleted; please upload them again."

_CAPTION = """
    <div class="map-caption">
      <p>Your pictures, each near to those in which the classifier sees the same; directions, and
      how far two regions lie from each other, mean little. The edge of a picture has the colour of
      the verdict on it.</p>
      <p class="small">Press a picture for its card. Drag to move; zoom with the wheel, two fingers
      or the buttons below the map; the camera there saves it as a PNG. The names are the
      classifier&rsquo;s verdicts, and words from your files&rsquo; names.</p>
    </div>"""


class MapOwn:
    """Lays the section out and connects it.

    What a visitor brought is kept in that visitor's session, as embeddings and small thumbnails.
    """

    def __init__(self, house: House) -> None:
        self.house = house
        rest = 3600 * house.settings.cache_hours
        self.shelf = gr.State(Shelf(), time_to_live=rest, delete_callback=Shelf.clear)
        section(
            "A map of your own pictures",
            "Upload many paintings or photographs at once: those in which the classifier sees the"
            " same will lie close together.",
        )
        self._lay_out_bringing()
        self._lay_out_found()
        self._connect()

    @cached_property
    def embedder(self) -> Embedder:
        """What looks at the pictures."""
        projection = Projection.read(self.house.library.folder / "map")
        return Embedder(self.house.classifier, projection, looks=6)

    def _lay_out_bringing(self) -> None:
        with gr.Row(elem_classes="onward"):
            self.bring = gr.UploadButton(
                "Choose pictures",
                elem_id="own",
                elem_classes="quiet",
                file_count="multiple",
                file_types=["image", ".heic"],
            )
            self.stop = gr.Button("Stop", visible=False, elem_id="own-stop", elem_classes="quiet")
        self.folder: gr.Textbox | None = None
        if is_private(self.house.settings):
            with gr.Row(elem_classes="own-folder"):
                self.folder = gr.Textbox(
                    label="or name a folder on this computer",
                    max_lines=1,
                    elem_id="own-folder",
                )
                self.enter = gr.Button("Read the folder", elem_id="own-enter", elem_classes="quiet")
        self.notice = html(
            f'<p class="small">Up to {MOST} pictures. A file that cannot be read is named and left'
            " out.</p>",
            "own-notice",
        )

    def _lay_out_found(self) -> None:
        with gr.Column(elem_classes="map-frame"):
            self.plot = gr.Plot(
                visible=False,
                show_label=False,
                container=False,
                elem_id="own-map",
                elem_classes="map",
            )
            self.card = map_card("own-map", "#own-regions, #own-copies, #own-similar", "own-card")
        self.caption = html("", "own-caption")
        with gr.Row(elem_classes="onward"):
            self.csv = download("Table, CSV", "own-csv", visible=False)
            self.npy = download("Embeddings, NPY", "own-npy", visible=False)
            self.ask = gr.UploadButton(
                "Search with a picture",
                visible=False,
                elem_id="own-ask",
                elem_classes="quiet",
                file_types=["image", ".heic"],
            )
        self.similar = html("", "own-similar")
        self.regions = html("", "own-regions")
        self.copies = html("", "own-copies")

    def _connect(self) -> None:
        usual: dict[str, Any] = {"api_visibility": "private"}
        found = [self.plot, self.card, self.caption, self.csv, self.npy, self.ask, self.similar]
        outputs = [self.notice, self.stop, self.shelf, *found, self.regions, self.copies]
        # Only while it waits for its turn: then Gradio says at which place in the line.
        waits = usual | {"show_progress_on": self.notice, **_LINE}
        at_once = usual | {"show_progress": "hidden", "queue": False}
        # Without preprocessing Gradio hands over files as they were uploaded, byte for byte.
        running = [
            self.bring.upload(
                self._bring, {self.shelf, self.bring}, outputs, preprocess=False, **waits
            )
        ]
        if self.folder is not None:
            for event in (self.enter.click, self.folder.submit):
                running.append(event(self._enter, {self.shelf, self.folder}, outputs, **waits))
        for event in running:  # Whatever came of it.
            event.then(lambda: gr.update(visible=False), None, self.stop, **at_once)
        self.stop.click(self._stop, self.shelf, self.stop, **at_once)
        reading = usual | {"show_progress_on": self.similar, **self.house.light}
        asked = [self.plot, self.similar]
        self.ask.upload(self._ask, {self.shelf, self.ask}, asked, preprocess=False, **reading)
        pressed = at_once | {"trigger_mode": "always_last"}
        self.card.select(self._open, {self.shelf}, [self.card, self.notice], **pressed)

    @step_by_step
    def _bring(self, said: Said, request: gr.Request) -> Iterator[Said]:
        sources = uploaded(self.house, said[self.bring])
        yield from self._read(said[self.shelf], sources, [], request)

    @step_by_step
    def _enter(self, said: Said, request: gr.Request) -> Iterator[Said]:
        sources, failures = in_folder(said[self.folder], request, self.house.settings)
        yield from self._read(said[self.shelf], sources, failures, request)

    def _read(
        self, shelf: Shelf, sources: list[Source], failures: list[Failure], request: gr.Request
    ) -> Iterator[Said]:
        """Read pictures and show their map."""
        if shelf.busy:
            raise UserError("Your pictures are being read already; press Stop first, or wait.")
        VISITORS.clear_on_leaving(request, shelf)
        shelf.busy, shelf.enough = True, False
        try:
            yield {
                self.notice: "<p>Opening the first pictures &hellip;</p>",
                self.stop: stop_offered(),
            }
            yield from self._gather(shelf, sources, failures)
        except UserError as error:
            yield {self.notice: problem(error) + failures_html(failures)}
        except GeneratorExit:  # The visitor has left, perhaps while the map was laid out.
            shelf.clear()
            raise
        finally:
            shelf.busy = False

    def _gather(
        self, shelf: Shelf, sources: list[Source], failures: list[Failure]
    ) -> Iterator[Said]:
        limits, entries = self.house.settings, list[Entry]()
        for step in read_collection(
            sources,
            self.embedder,
            thumbnails=True,
            max_pixels=limits.max_pixels,
            max_bytes=limits.max_bytes,
            enough=lambda: shelf.enough,
        ):
            entries += step.entries
            failures += step.failures
            doing = f"{step.step} of {step.total} read"
            yield {self.notice: progress(step, doing) + failures_html(failures)}
        stopped = "Stopped: " if shelf.enough else ""
        yield {self.notice: "<p>Laying the map out &hellip;</p>" + failures_html(failures)}
        shelf.collection = Collection.gather(entries)
        done = f"{stopped}{len(entries)} of {len(sources)} pictures are on the map."
        yield self._show(shelf.collection) | {
            self.shelf: shelf,
            self.notice: f'<p role="status">{done}</p>{failures_html(failures)}',
        }

    def _show(self, collection: Collection) -> Said:
        chart = as_figure(collection.facts, collection.chart, thumbnails=_thumbnails(collection))
        return {
            self.plot: gr.update(value=as_plot(chart, "my map"), visible=True),
            self.card: "",
            self.caption: _CAPTION,
            self.csv: offer(collection.csv(), "my map.csv"),
            self.npy: offer(collection.npy(), "my map.npy"),
            self.ask: gr.update(visible=True),
            self.similar: "",
            self.regions: _titled("Regions", regions_html(collection)),
            self.copies: _titled("Possible duplicates", duplicates_html(collection)),
        }

    @guarded
    def _ask(self, said: Said) -> Said:
        """Find pictures like one more, and point to them on the map."""
        collection = said[self.shelf].collection
        try:
            if collection is None:
                raise UserError(_ASLEEP)
            upload = said[self.ask]
            picture, title = self.house.open(upload), self.house.title(upload)
        except UserError as error:
            return {self.similar: problem(error)}
        entry = self.embedder.look_at(picture, title)
        found, place = collection.find(entry, SIMILAR)
        near = [each.index for each in found]
        chart = as_figure(
            collection.facts,
            collection.chart,
            you=(title, place),
            near=near,
            thumbnails=_thumbnails(collection),
        )
        return {
            self.plot: as_plot(chart, "my map"),
            self.similar: neighbours_html(
                collection, entry, found, self.house.library.artmap.similarity
            ),
        }

    @in_page
    def _open(self, said: Said, event: gr.SelectData) -> Said:
        """The card of a picture that was pressed; -1 closes it."""
        collection, index = said[self.shelf].collection, int(event.index)
        if index == -1:
            return {self.card: ""}
        if collection is None:
            raise UserError(_ASLEEP)
        if not 0 <= index < len(collection.entries):
            raise UserError("There is no such picture on the map; please reload the page.")
        return {self.card: card_html(collection, index)}

    @staticmethod
    def _stop(shelf: Shelf) -> dict[str, Any]:
        shelf.enough = True
        return stop_heard()


def _thumbnails(collection: Collection) -> Thumbnails:
    return Thumbnails.gather([entry.thumbnail for entry in collection.entries])


def _titled(title: str, content: str) -> str:
    return f'<section class="own"><h2>{title}</h2>{content}</section>' if content else ""
