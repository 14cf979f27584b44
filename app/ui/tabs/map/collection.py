"""Maps of a visitor's own pictures: the second section of the Map tab."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import gradio as gr

from app.collection.embed import Embedder, Entry
from app.collection.in_memory import Collection
from app.collection.outputs import as_figure
from app.collection.reading import read_collection
from app.collection.scan import Failure, Source
from app.collection.thumbnails import Thumbnails
from app.errors import UserError
from app.serving.reference_map import Projection
from app.translation import gettext as _
from app.translation import ngettext
from app.ui.background_job import JobState, StopButton
from app.ui.components.downloads import download, file_update, npy_bytes
from app.ui.components.widgets import html, problem, section
from app.ui.context import AppContext, errors_as_messages
from app.ui.handlers import Updates, errors_in_notice, generator_errors_in_notice, progress
from app.ui.tabs.map.collection_html import (
    card_html,
    duplicates_html,
    failures_html,
    neighbours_html,
    regions_html,
)
from app.ui.tabs.map.collection_sources import MAX_PICTURES, in_folder, is_private, uploaded
from app.ui.tabs.map.plot import as_plot, map_card

NEIGHBOURS = 10
"""Pictures that a search finds."""

_QUEUE = {"concurrency_id": "collection", "concurrency_limit": 1}
# A queue of its own: a collection takes minutes, and nobody who reads one picture waits for it.

_BUSY = _("Your pictures are being read already; press Stop first, or wait.")
_EXPIRED = _(
    "This page was idle so long that your pictures were deleted; please upload them again."
)

_MEANING = _(
    "Your pictures, each near to those in which the classifier sees the same; directions, and how"
    " far two regions lie from each other, mean little. The edge of a picture has the colour of the"
    " verdict on it."
)
_CONTROLS = _(
    "Press a picture for its card. Drag to move; zoom with the wheel, two fingers or the buttons"
    " below the map; the camera there saves it as a PNG. The names are the classifier&rsquo;s"
    " verdicts, and words from your files&rsquo; names."
)
_CAPTION = f'<div class="map-caption"><p>{_MEANING}</p><p class="small">{_CONTROLS}</p></div>'


@dataclass(eq=False)
class CollectionState(JobState):
    """One visitor's collection, and whether pictures are being read.

    Attributes:
        collection: the pictures that were read last, as embeddings and small thumbnails.
    """

    collection: Collection | None = None

    def clear(self) -> None:
        """Free everything; what is being read ends with the next batch."""
        super().clear()
        self.collection = None


class CollectionSection:
    """Lays the section out and connects it."""

    def __init__(self, context: AppContext) -> None:
        self.context = context
        self.collection_state = gr.State(
            CollectionState(),
            time_to_live=3600 * context.settings.cache_hours,
            delete_callback=CollectionState.clear,
        )
        section(
            _("A map of your own pictures"),
            _(
                "Upload many paintings or photographs at once: those in which the classifier sees"
                " the same will lie close together."
            ),
        )
        self._lay_out_inputs()
        self._lay_out_results()
        self._connect()

    @cached_property
    def embedder(self) -> Embedder:
        """What reads the pictures, as the Read tab does."""
        projection = Projection.read(self.context.assets.folder / "map")
        return Embedder(self.context.classifier, projection, view_count=6)

    def _lay_out_inputs(self) -> None:
        with gr.Row(elem_classes="button-row"):
            self.upload_button = gr.UploadButton(
                _("Choose pictures"),
                elem_id="collection-upload",
                elem_classes="quiet",
                file_count="multiple",
                file_types=["image", ".heic"],
            )
            self.stop = StopButton("collection-stop")
        self.folder: gr.Textbox | None = None
        if is_private(self.context.settings):
            with gr.Row(elem_classes="collection-folder"):
                self.folder = gr.Textbox(
                    label=_("or name a folder on this computer"),
                    max_lines=1,
                    elem_id="collection-folder",
                )
                self.read_button = gr.Button(
                    _("Read the folder"), elem_id="collection-read", elem_classes="quiet"
                )
        hint = _("Up to {count} pictures. A file that cannot be read is named and left out.")
        self.notice = html(
            f'<p class="small">{hint.format(count=MAX_PICTURES)}</p>', "collection-notice"
        )

    def _lay_out_results(self) -> None:
        with gr.Column(elem_classes="map-frame"):
            self.plot = gr.Plot(
                visible=False,
                show_label=False,
                container=False,
                elem_id="collection-map",
                elem_classes="map",
            )
            lists = "#collection-regions, #collection-duplicates, #collection-neighbours"
            self.card = map_card("collection-map", lists, "collection-card")
        self.caption = html("", "collection-caption")
        with gr.Row(elem_classes="button-row"):
            self.csv = download(_("Table, CSV"), "collection-csv", visible=False)
            self.npy = download(_("Embeddings, NPY"), "collection-npy", visible=False)
            self.search_button = gr.UploadButton(
                _("Search with a picture"),
                visible=False,
                elem_id="collection-search",
                elem_classes="quiet",
                file_types=["image", ".heic"],
            )
        self.neighbours = html("", "collection-neighbours")
        self.regions = html("", "collection-regions")
        self.duplicates = html("", "collection-duplicates")

    def _connect(self) -> None:
        usual: dict[str, Any] = {"api_visibility": "private"}
        at_once = usual | {"show_progress": "hidden", "queue": False}
        # Only while it waits for its turn: then Gradio says at which place in the queue.
        queued = usual | {"show_progress_on": self.notice, **_QUEUE}
        results = [
            *(self.plot, self.card, self.caption, self.csv, self.npy, self.search_button),
            *(self.neighbours, self.regions, self.duplicates),
        ]
        outputs = [self.notice, self.stop.button, self.collection_state, *results]

        def read_on(event: Any, handler: Callable[..., Iterator[Updates]], value: Any) -> Any:
            """Say at once that it will be done, and do it when the queue allows."""
            announced = event(self._announce, [self.collection_state], self.notice, **at_once)
            # Without preprocessing Gradio passes files on as they were uploaded, byte for byte.
            inputs = [self.collection_state, value]
            return announced.then(handler, inputs, outputs, preprocess=False, **queued)

        jobs = [read_on(self.upload_button.upload, self._read_uploads, self.upload_button)]
        if self.folder is not None:
            for event in (self.read_button.click, self.folder.submit):
                jobs.append(read_on(event, self._read_folder, self.folder))
        self.stop.connect(self.collection_state, jobs)
        self.search_button.upload(
            self._search,
            [self.collection_state, self.search_button],
            [self.plot, self.neighbours],
            preprocess=False,
            **usual | {"show_progress_on": self.neighbours, **self.context.reading_queue},
        )
        pressed = at_once | {"trigger_mode": "always_last"}
        self.card.select(
            self._open_card, [self.collection_state], [self.card, self.notice], **pressed
        )

    @staticmethod
    def _announce(state: CollectionState) -> str:
        """The first sentence, outside of the queue."""
        if state.busy:
            return _status(_("Other pictures of yours are being read; these come next &hellip;"))
        return _status(_("Preparing to read your pictures &hellip;"))

    @generator_errors_in_notice
    def _read_uploads(
        self, state: CollectionState, uploads: object, request: gr.Request
    ) -> Iterator[Updates]:
        yield from self._read(state, lambda: (uploaded(self.context, uploads), []), request)

    @generator_errors_in_notice
    def _read_folder(
        self, state: CollectionState, folder: object, request: gr.Request
    ) -> Iterator[Updates]:
        settings = self.context.settings
        yield from self._read(state, lambda: in_folder(folder, request, settings), request)

    def _read(
        self,
        state: CollectionState,
        find: Callable[[], tuple[list[Source], list[Failure]]],
        request: gr.Request,
    ) -> Iterator[Updates]:
        """Find pictures, read them and show their map."""
        with state.running(request, _BUSY):
            yield {
                self.notice: _status(_("Opening the first pictures &hellip;")),
                self.stop.button: StopButton.offered(),
            }
            sources, failures = find()
            try:
                yield from self._make_map(state, sources, failures)
            except UserError as error:
                yield {self.notice: problem(error) + failures_html(failures)}

    def _make_map(
        self, state: CollectionState, sources: list[Source], failures: list[Failure]
    ) -> Iterator[Updates]:
        limits, entries = self.context.settings, list[Entry]()
        for step in read_collection(
            sources,
            self.embedder,
            thumbnails=True,
            max_pixels=limits.max_pixels,
            max_bytes=limits.max_bytes,
            is_stopped=lambda: state.stop_requested,
        ):
            entries += step.entries
            failures += step.failures
            doing = _("{done} of {total} read").format(done=step.step, total=step.total)
            yield {self.notice: progress(step, doing) + failures_html(failures)}
        if state.left:
            return
        laying_out = _status(_("Laying the map out &hellip;"))
        yield {self.notice: laying_out + failures_html(failures)}
        state.collection = Collection.gather(entries)
        done = ngettext(
            "{count} of {total} picture is on the map.",
            "{count} of {total} pictures are on the map.",
            len(sources),
        ).format(count=len(entries), total=len(sources))
        if state.stop_requested:
            done = _("Stopped: {sentence}").format(sentence=done)
        yield self._show(state.collection) | {
            self.collection_state: state,
            self.notice: _status(done) + failures_html(failures),
        }

    def _show(self, collection: Collection) -> Updates:
        figure = as_figure(
            collection.facts, collection.embedding_map, thumbnails=_thumbnails(collection)
        )
        return {
            self.plot: gr.update(value=as_plot(figure, "my map"), visible=True),
            self.card: "",
            self.caption: _CAPTION,
            self.csv: file_update(collection.csv(), "my map.csv"),
            self.npy: file_update(npy_bytes(collection.vectors), "my map.npy"),
            self.search_button: gr.update(visible=True),
            self.neighbours: "",
            self.regions: _titled(_("Regions"), regions_html(collection)),
            self.duplicates: _titled(_("Possible duplicates"), duplicates_html(collection)),
        }

    @errors_as_messages
    def _search(self, state: CollectionState, upload: object) -> Updates:
        """Find the pictures most like one more, and point to them on the map."""
        collection = state.collection
        try:
            if collection is None:
                raise UserError(_EXPIRED)
            picture, title = self.context.decode_upload(upload), self.context.upload_title(upload)
        except UserError as error:
            return {self.neighbours: problem(error)}
        entry = self.embedder.embed_picture(picture, title)
        indices, similarities = collection.nearest(entry.vector, NEIGHBOURS)
        figure = as_figure(
            collection.facts,
            collection.embedding_map,
            query=(title, collection.place(entry.vector)),
            neighbours=indices.tolist(),
            thumbnails=_thumbnails(collection),
        )
        references = self.context.assets.reference_map.similarity
        return {
            self.plot: as_plot(figure, "my map"),
            self.neighbours: neighbours_html(collection, entry, indices, similarities, references),
        }

    @errors_in_notice
    def _open_card(self, state: CollectionState, event: gr.SelectData) -> Updates:
        """The card of a picture that was pressed; -1 closes it."""
        collection, index = state.collection, int(event.index)
        if index == -1:
            return {self.card: ""}
        if collection is None:
            raise UserError(_EXPIRED)
        if not 0 <= index < len(collection.entries):
            raise UserError(_("There is no such picture on the map; please reload the page."))
        return {self.card: card_html(collection, index)}


def _status(sentence: str) -> str:
    return f'<p role="status">{sentence}</p>'


def _thumbnails(collection: Collection) -> Thumbnails:
    return Thumbnails.gather([entry.thumbnail for entry in collection.entries])


def _titled(title: str, content: str) -> str:
    if not content:
        return ""
    return f'<section class="collection"><h2>{title}</h2>{content}</section>'
