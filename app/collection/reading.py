"""Reading a collection: one picture after the other; bad ones are reported and left out.

for step in read_collection(sources, Embedder()):
    ...  # step.entries and step.failures are new; step.eta says how long the rest takes
"""

import functools
import logging
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

from app.collection.embed import BATCH, Embedder, Entry, PreparedPicture
from app.collection.scan import Failure, Source, fetch
from app.errors import UserError
from app.imaging import MAX_BYTES, MAX_PIXELS, read_picture
from app.progress import Step
from app.serving.hardware import cpu_threads
from app.translation import gettext as _

logger = logging.getLogger(__name__)

_AHEAD = 2 * BATCH  # Files that are decoded, or are being decoded, before the network asks.
_MOST_DECODERS = 4  # Each may hold a picture of 50 megapixels.


@dataclass(frozen=True, eq=False, kw_only=True)
class ReadingStep(Step):
    """Some files more; steps count files.

    Attributes:
        entries: pictures that were read since the last step.
        failures: files that could not be read since the last step.
    """

    entries: tuple[Entry, ...]
    failures: tuple[Failure, ...]


def read_collection(
    sources: Sequence[Source],
    embedder: Embedder,
    *,
    thumbnails: bool = False,
    max_pixels: int = MAX_PIXELS,
    max_bytes: int = MAX_BYTES,
    is_stopped: Callable[[], bool] = lambda: False,
) -> Iterator[ReadingStep]:
    """Read files in their order; while the network runs on some, the next ones are decoded.

    Of each decoded picture only what is needed is kept, so a collection may be of any size.

    Args:
        sources: the files.
        embedder: makes their entries.
        thumbnails: whether entries shall have one.
        max_pixels: of each picture, see `read_picture`.
        max_bytes: of each file, see `read_picture`.
        is_stopped: called before each file; once it is true, the rest is not read.

    Yields:
        A step for every 16 files; each file is in one of them, read or failed.
    """
    start, done, remaining = time.perf_counter(), 0, iter(sources)
    prepare = functools.partial(
        _prepare, embedder, thumbnails=thumbnails, max_pixels=max_pixels, max_bytes=max_bytes
    )
    waiting: deque[tuple[Source, Future[PreparedPicture | Failure]]] = deque()
    decoders = ThreadPoolExecutor(min(_MOST_DECODERS, cpu_threads()))

    def refill() -> None:
        for source in islice(remaining, _AHEAD - len(waiting)):
            waiting.append((source, decoders.submit(prepare, source)))

    try:
        while True:
            refill()
            batch: list[tuple[Source, PreparedPicture | Failure]] = []
            while waiting and len(batch) < BATCH and not is_stopped():
                source, future = waiting.popleft()
                batch.append((source, future.result()))
            if not batch:
                break
            refill()
            done += len(batch)
            yield ReadingStep(
                entries=embedder.embed(
                    [(s, p) for s, p in batch if isinstance(p, PreparedPicture)]
                ),
                failures=tuple(each for _, each in batch if isinstance(each, Failure)),
                step=done,
                total=len(sources),
                picture=None,
                seconds=time.perf_counter() - start,
            )
    finally:
        # Closing this early does not wait for files that are being decoded.
        decoders.shutdown(wait=False, cancel_futures=True)


def _prepare(
    embedder: Embedder, source: Source, *, thumbnails: bool, max_pixels: int, max_bytes: int
) -> PreparedPicture | Failure:
    """Decode a file and keep what is needed of it, or why it cannot be read."""
    try:
        file = fetch(source, max_bytes) if source.url else source.path
        picture = read_picture(file, max_pixels=max_pixels, max_bytes=max_bytes)
        return embedder.prepare(picture, thumbnail=thumbnails)
    except UserError as error:
        return Failure(source.name, str(error))
    except Exception:  # A bug that one picture triggers must not cost all others.
        logger.exception("reading %r failed", source.name)
        return Failure(source.name, _("Something went wrong on our side, and it was noted."))
