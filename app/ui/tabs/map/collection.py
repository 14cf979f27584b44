"""Maps of a visitor's own pictures: the second section of the Map tab."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import gradio as gr

from app.collection.embed import Embedder, Entry, Projection
from app.collection.in_memory import Collection
from app.collection.outputs import as_figure
from app.collection.reading import read_collection
from app.collection.scan import Failure, Source
from app.collection.thumbnails import Thumbnails
from app.errors import UserError
from app.ui.background_job import StopButton, stop_heard
from app.ui.components.downloads import download, file_update
from app.ui.components.widgets import html, problem, section
from app.ui.context import AppContext, guarded
from app.ui.handlers import ComponentValues, Updates, in_page, progress, step_by_step
from app.ui.sessions import SESSIONS
from app.ui.tabs.map.collection_sources import MOST, in_folder, is_private, uploaded
from app.ui.tabs.map.collection_state import CollectionState
from app.ui.tabs.map.collection_view import (
    card_html,
    duplicates_html,
    failures_html,
    neighbours_html,
    regions_html,
)
from app.ui.tabs.map.plot import as_plot, map_card

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


class CollectionSection:
    """Lays the section out and connects it.

    What a visitor brought is kept in that visitor's session, as embeddings and small thumbnails.
    """

    def __init__(self, context: AppContext) -> None:
        self.context = context
        rest = 3600 * context.settings.cache_hours
        self.collection_state = gr.State(
            CollectionState(), time_to_live=rest, delete_callback=CollectionState.clear
        )
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
        projection = Projection.read(self.context.assets.folder / "map")
        return Embedder(self.context.classifier, projection, looks=6)

    def _lay_out_bringing(self) -> None:
        with gr.Row(elem_classes="button-row"):
            self.bring = gr.UploadButton(
                "Choose pictures",
                elem_id="own",
                elem_classes="quiet",
                file_count="multiple",
                file_types=["image", ".heic"],
            )
            self.stop = gr.Button("Stop", visible=False, elem_id="own-stop", elem_classes="quiet")
        self.folder: gr.Textbox | None = None
        if is_private(self.context.settings):
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
        with gr.Row(elem_classes="button-row"):
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
        outputs = [self.notice, self.stop, self.collection_state, *found, self.regions, self.copies]
        # Only while it waits for its turn: then Gradio says at which place in the line.
        waits = usual | {"show_progress_on": self.notice, **_LINE}
        at_once = usual | {"show_progress": "hidden", "queue": False}
        # Without preprocessing Gradio hands over files as they were uploaded, byte for byte.
        running = [
            self.bring.upload(
                self._bring, {self.collection_state, self.bring}, outputs, preprocess=False, **waits
            )
        ]
        if self.folder is not None:
            for event in (self.enter.click, self.folder.submit):
                running.append(
                    event(self._enter, {self.collection_state, self.folder}, outputs, **waits)
                )
        for event in running:  # Whatever came of it.
            event.then(lambda: gr.update(visible=False), None, self.stop, **at_once)
        self.stop.click(self._stop, self.collection_state, self.stop, **at_once)
        reading = usual | {"show_progress_on": self.similar, **self.context.light}
        asked = [self.plot, self.similar]
        self.ask.upload(
            self._ask, {self.collection_state, self.ask}, asked, preprocess=False, **reading
        )
        pressed = at_once | {"trigger_mode": "always_last"}
        self.card.select(self._open, {self.collection_state}, [self.card, self.notice], **pressed)

    @step_by_step
    def _bring(self, values: ComponentValues, request: gr.Request) -> Iterator[Updates]:
        sources = uploaded(self.context, values[self.bring])
        yield from self._read(values[self.collection_state], sources, [], request)

    @step_by_step
    def _enter(self, values: ComponentValues, request: gr.Request) -> Iterator[Updates]:
        assert self.folder is not None
        sources, failures = in_folder(values[self.folder], request, self.context.settings)
        yield from self._read(values[self.collection_state], sources, failures, request)

    def _read(
        self,
        collection_state: CollectionState,
        sources: list[Source],
        failures: list[Failure],
        request: gr.Request,
    ) -> Iterator[Updates]:
        """Read pictures and show their map."""
        if collection_state.busy:
            raise UserError("Your pictures are being read already; press Stop first, or wait.")
        SESSIONS.clear_on_leaving(request, collection_state)
        collection_state.busy, collection_state.enough = True, False
        try:
            yield {
                self.notice: "<p>Opening the first pictures &hellip;</p>",
                self.stop: StopButton.offered(),
            }
            yield from self._gather(collection_state, sources, failures)
        except UserError as error:
            yield {self.notice: problem(error) + failures_html(failures)}
        except GeneratorExit:  # The visitor has left, perhaps while the map was laid out.
            collection_state.clear()
            raise
        finally:
            collection_state.busy = False

    def _gather(
        self, collection_state: CollectionState, sources: list[Source], failures: list[Failure]
    ) -> Iterator[Updates]:
        limits, entries = self.context.settings, list[Entry]()
        for step in read_collection(
            sources,
            self.embedder,
            thumbnails=True,
            max_pixels=limits.max_pixels,
            max_bytes=limits.max_bytes,
            enough=lambda: collection_state.enough,
        ):
            entries += step.entries
            failures += step.failures
            doing = f"{step.step} of {step.total} read"
            yield {self.notice: progress(step, doing) + failures_html(failures)}
        stopped = "Stopped: " if collection_state.enough else ""
        yield {self.notice: "<p>Laying the map out &hellip;</p>" + failures_html(failures)}
        collection_state.collection = Collection.gather(entries)
        done = f"{stopped}{len(entries)} of {len(sources)} pictures are on the map."
        yield self._show(collection_state.collection) | {
            self.collection_state: collection_state,
            self.notice: f'<p role="status">{done}</p>{failures_html(failures)}',
        }

    def _show(self, collection: Collection) -> Updates:
        chart = as_figure(collection.facts, collection.chart, thumbnails=_thumbnails(collection))
        return {
            self.plot: gr.update(value=as_plot(chart, "my map"), visible=True),
            self.card: "",
            self.caption: _CAPTION,
            self.csv: file_update(collection.csv(), "my map.csv"),
            self.npy: file_update(collection.npy(), "my map.npy"),
            self.ask: gr.update(visible=True),
            self.similar: "",
            self.regions: _titled("Regions", regions_html(collection)),
            self.copies: _titled("Possible duplicates", duplicates_html(collection)),
        }

    @guarded
    def _ask(self, values: ComponentValues) -> Updates:
        """Find pictures like one more, and point to them on the map."""
        collection = values[self.collection_state].collection
        try:
            if collection is None:
                raise UserError(_ASLEEP)
            upload = values[self.ask]
            picture, title = self.context.decode_upload(upload), self.context.upload_title(upload)
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
                collection, entry, found, self.context.assets.reference_map.similarity
            ),
        }

    @in_page
    def _open(self, values: ComponentValues, event: gr.SelectData) -> Updates:
        """The card of a picture that was pressed; -1 closes it."""
        collection, index = values[self.collection_state].collection, int(event.index)
        if index == -1:
            return {self.card: ""}
        if collection is None:
            raise UserError(_ASLEEP)
        if not 0 <= index < len(collection.entries):
            raise UserError("There is no such picture on the map; please reload the page.")
        return {self.card: card_html(collection, index)}

    @staticmethod
    def _stop(collection_state: CollectionState) -> dict[str, Any]:
        collection_state.enough = True
        return stop_heard()


def _thumbnails(collection: Collection) -> Thumbnails:
    return Thumbnails.gather([entry.thumbnail for entry in collection.entries])


def _titled(title: str, content: str) -> str:
    return f'<section class="own"><h2>{title}</h2>{content}</section>' if content else ""
