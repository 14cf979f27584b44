"""Reading a collection on many processors or machines, by Ray Data.

    with connected("local"):  # or "auto", or the address of a cluster
        for step in read_on_cluster(sources, Embedder):
            ...  # as of `read_collection`, in any order

Ray distributes the files among workers, each with an embedder of its own, and returns their entries
to this process, which alone writes the store. A worker or a machine that dies is replaced, and what
it had begun is read again (`max_restarts` and `max_task_retries` are -1 in Ray Data's pools of
actors). A file may then be read twice, but is stored once: see `Store.write`. Needs `pip install
-r requirements/ray.txt`, here and on the cluster's machines.
"""

import dataclasses
import logging
import math
import os
import pickle
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from app import MODELS
from app.collection.embed import BATCH, Embedder
from app.collection.reading import ReadingStep, read_collection
from app.collection.scan import Source
from app.errors import UserError
from app.serving.hardware import cpu_threads

logger = logging.getLogger(__name__)

LOCAL = "local"
"""The address that means: a Ray of our own, on this machine, for as long as this takes."""

_MOST_FILES = 256  # Of one task: so many are read again at most where a worker dies.
_TASKS = 8  # For each worker, so that all of them end at about the same time.
_CODE = {  # What travels to the machines of a cluster; Ray unpacks it where workers start.
    "working_dir": str(MODELS.parent),
    "excludes": ["/*/", "!/app/", "!/training/", "!/onnx_models/", "__pycache__"],
}


@contextmanager
def connected(address: str) -> Iterator[None]:
    """Start Ray on this machine, or connect to a cluster that this machine belongs to.

    Args:
        address: "local", "auto" for the cluster that runs here, or its head's "HOST:PORT".

    Raises:
        UserError: Ray is not installed, or there is no such cluster.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # Else it reports usage to its makers.
    try:
        import ray
    except ImportError as error:
        raise UserError(
            "Ray is not installed; please run `pip install -r requirements/ray.txt` first."
        ) from error
    options: dict[str, Any] = {"logging_level": logging.WARNING, "log_to_driver": False}
    if address == LOCAL:
        options |= {"num_cpus": cpu_threads(), "include_dashboard": False}
    else:
        options["runtime_env"] = _CODE
    try:
        ray.init(address=address, **options)
    except (ConnectionError, ValueError, RuntimeError) as error:
        logger.info("Ray: %r", error)
        raise UserError(
            f"There is no Ray cluster at {address!r} that this machine belongs to; please start one"
            " with `ray start`, or say `--ray local`."
        ) from error
    try:
        yield
    finally:
        ray.shutdown()


def read_on_cluster(
    sources: Sequence[Source], make: Callable[[], Embedder], *, gpus: float = 0
) -> Iterator[ReadingStep]:
    """Read files with all processors of the cluster that this process is connected to.

    Paths must lead to the same files on each of its machines, as URLs do.

    Args:
        sources: the files.
        make: what makes an embedder; each worker calls it once. It is pickled.
        gpus: what each worker needs of one; without it there is a worker for each processor.

    Yields:
        Steps as of `read_collection`, in the order in which they are completed.

    Raises:
        UserError: Ray gives up, because workers cannot be started, for example.
    """
    import ray
    from ray.exceptions import RayError

    if not sources:
        return
    start, done = time.perf_counter(), 0
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = context.print_on_execution_start = False
    resources = ray.cluster_resources()
    workers = max(1, int(resources.get("GPU", 0) / gpus if gpus else resources.get("CPU", 1)))
    size = min(_MOST_FILES, max(BATCH, math.ceil(len(sources) / (_TASKS * workers))))
    files = ray.data.from_arrow(
        [_table(sources[first : first + size]) for first in range(0, len(sources), size)]
    )
    entries = files.map_batches(
        CollectionReader,
        fn_constructor_args=(make,),
        batch_size=None,
        compute=ray.data.ActorPoolStrategy(min_size=1, initial_size=workers),
        num_cpus=1,
        num_gpus=gpus or None,
    )
    try:
        for row in entries.iter_rows():
            step = pickle.loads(row["step"])
            done += step.step
            seconds = time.perf_counter() - start
            yield dataclasses.replace(step, step=done, total=len(sources), seconds=seconds)
    except RayError as error:
        logger.info("Ray: %s", error)
        reason = (str(error).strip().splitlines() or [type(error).__name__])[-1][:300]
        raise UserError(
            f"The Ray cluster gave up ({reason.rstrip('.')}); what was read until then is stored,"
            " and the same command goes on from there."
        ) from error


class CollectionReader:
    """A worker of Ray Data's: reads files with an embedder that it made once.

    Args:
        make: what makes the embedder.
    """

    def __init__(self, make: Callable[[], Embedder]) -> None:
        self.embedder = make()

    def __call__(self, files: dict[str, np.ndarray]) -> Iterator[dict[str, list[bytes]]]:
        """Read some files.

        Args:
            files: columns with the attributes of sources.

        Yields:
            Pickled steps, each with its own files alone counted, in a column `step`.
        """
        sources = [
            Source(str(name), Path(path), int(size), int(modified), str(url))
            for name, path, size, modified, url in zip(
                *(files[field.name] for field in dataclasses.fields(Source)), strict=True
            )
        ]
        before = 0
        for step in read_collection(sources, self.embedder):
            yield {"step": [pickle.dumps(dataclasses.replace(step, step=step.step - before))]}
            before = step.step


def _table(sources: Sequence[Source]) -> Any:
    """Sources as an Arrow table."""
    import pyarrow as pa

    return pa.table(
        {
            "name": [source.name for source in sources],
            "path": [str(source.path) for source in sources],
            "size": [source.size for source in sources],
            "modified": [source.modified for source in sources],
            "url": [source.url for source in sources],
        }
    )
