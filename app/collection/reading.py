"""Reading a collection: one picture after the other, each bad one reported and passed over.

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

from app.collection.embed import BATCH, Embedder, Entry, Prepared
from app.collection.remote import fetch
from app.collection.scan import Failure, Source
from app.errors import UserError
from app.imaging import MAX_BYTES, MAX_PIXELS, read_picture
from app.progress import Step
from app.serving.hardware import cpu_threads

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
    enough: Callable[[], bool] = lambda: False,
) -> Iterator[ReadingStep]:
    """Read files in their order; while the network looks at some, the next ones are decoded.

    Only what is needed of a picture outlives its decoding, so a collection may be of any size.

    Args:
        sources: the files.
        embedder: what looks at them.
        thumbnails: whether entries shall have one.
        max_pixels: of each picture, see `read_picture`.
        max_bytes: of each file, see `read_picture`.
        enough: asked before each file; once it says yes, the rest is not read.

    Yields:
        A step for every 16 files; each file is in one of them, read or failed.
    """
    start, done, coming = time.perf_counter(), 0, iter(sources)
    take = functools.partial(
        _take, embedder, thumbnails=thumbnails, max_pixels=max_pixels, max_bytes=max_bytes
    )
    waiting: deque[tuple[Source, Future[Prepared | Failure]]] = deque()
    decoders = ThreadPoolExecutor(min(_MOST_DECODERS, cpu_threads()))

    def refill() -> None:
        for source in islice(coming, _AHEAD - len(waiting)):
            waiting.append((source, decoders.submit(take, source)))

    try:
        while True:
            refill()
            taken: list[tuple[Source, Prepared | Failure]] = []
            while waiting and len(taken) < BATCH and not enough():
                source, future = waiting.popleft()
                taken.append((source, future.result()))
            if not taken:
                break
            refill()
            done += len(taken)
            yield ReadingStep(
                entries=embedder.look([(s, t) for s, t in taken if isinstance(t, Prepared)]),
                failures=tuple(t for _, t in taken if isinstance(t, Failure)),
                step=done,
                total=len(sources),
                picture=None,
                seconds=time.perf_counter() - start,
            )
    finally:
        # Who closes this early does not wait for the files at hand.
        decoders.shutdown(wait=False, cancel_futures=True)


def _take(
    embedder: Embedder, source: Source, *, thumbnails: bool, max_pixels: int, max_bytes: int
) -> Prepared | Failure:
    """Decode a file and keep what is needed of it, or say why it cannot be."""
    try:
        file = fetch(source, max_bytes) if source.url else source.path
        picture = read_picture(file, max_pixels=max_pixels, max_bytes=max_bytes)
        return embedder.prepare(picture, thumbnail=thumbnails)
    except UserError as error:
        return Failure(source.name, str(error))
    except Exception:  # A bug that one picture brings to light must not cost all others.
        logger.exception("reading %r failed", source.name)
        return Failure(source.name, "Something went wrong on our side, and it was noted.")
