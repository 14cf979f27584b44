"""Two workers on two nodes of a local Ray cluster; needs requirements/ray.txt."""

import os
import signal
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

import app.collection.__main__ as command
from app.collection.cluster import connected, read_on_cluster
from app.collection.embed import Embedder, Entry, PreparedPicture
from app.collection.indexing import find_changes, update
from app.collection.reading import ReadingStep, read_collection
from app.collection.scan import Source
from app.collection.store import Store
from app.errors import UserError
from tests.app.collection import quick as quick_module
from tests.app.collection.quick import QuickEmbedder

ray = pytest.importorskip("ray", reason="needs requirements/ray.txt")
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"

PICTURES = 96


@pytest.fixture(scope="module")
def cluster() -> Iterator["ray.cluster_utils.Cluster"]:
    from ray.cluster_utils import Cluster

    for module in (quick_module, __import__(__name__, fromlist=["_"])):
        ray.cloudpickle.register_pickle_by_value(module)  # Tests do not travel to workers.
    quickly = {"health_check_period_ms": 500, "health_check_failure_threshold": 3}
    options = {"include_dashboard": False, "_system_config": quickly}
    cluster = Cluster(initialize_head=True, head_node_args=options)
    cluster.add_node()
    yield cluster
    cluster.shutdown()


@pytest.fixture(scope="module")
def scans(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Parts of one picture, and a file that is none."""
    folder, picture = tmp_path_factory.mktemp("scans"), data.coffee()
    for number in range(PICTURES):
        part = picture[2 * number : 2 * number + 150, 3 * number : 3 * number + 200]
        Image.fromarray(part).save(folder / f"{number:03}.jpg")
    (folder / "letter.jpg").write_text("Dear reader, I am no picture.")
    return folder


class DyingEmbedder(QuickEmbedder):
    """Kills its process at a certain picture, once."""

    def __init__(self, mark: Path) -> None:
        super().__init__()
        self.mark = mark

    def embed(self, pictures: Sequence[tuple[Source, PreparedPicture]]) -> tuple[Entry, ...]:
        if any(source.path.name == "050.jpg" for source, _ in pictures) and not self.mark.exists():
            self.mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().embed(pictures)


def index_here(folder: Path, store: Store, embedder: Embedder) -> None:
    changes = find_changes(folder, store)
    list(update(store, changes, read_collection(changes.sources, embedder)))


def new_store(folder: Path, embedder: Embedder) -> Store:
    return Store(folder, embedder.version, len(embedder.projection.components))


def check_same(one: Store, other: Store) -> None:
    """The same pictures, each once, and of each the same facts and the same vector."""
    facts = ("path", "size", "modified", "width", "height", "fingerprint", "kind", "movement")
    tables, values = [], []
    for store in (one, other):
        table, vectors = store.columns(*facts, "confidence")
        rows = np.argsort(table["path"])
        confidences = np.array(table.pop("confidence"))[rows]
        tables.append({name: [column[row] for row in rows] for name, column in table.items()})
        values.append(np.column_stack([confidences, vectors[rows]]))
    assert tables[0] == tables[1]
    assert tables[0]["path"] == sorted(set(tables[0]["path"]))
    assert len(tables[0]["path"]) == PICTURES
    np.testing.assert_allclose(*values, rtol=5e-3, atol=5e-3)


def test_after_a_killed_worker_each_picture_is_stored_once(
    cluster: "ray.cluster_utils.Cluster",
    scans: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    mark = tmp_path / "a worker was killed"
    monkeypatch.setattr(command, "Embedder", lambda **_: DyingEmbedder(mark))
    arguments = ["index", str(scans), "--store", str(tmp_path / "ray"), "--ray", cluster.address]
    command.main(arguments)
    assert mark.exists()
    output = capsys.readouterr()
    assert f"{PICTURES} pictures were read, 0 were known already, 1 could not be read" in output.out
    assert f"{scans / 'letter.jpg'}: This is a text file" in output.err
    embedder = QuickEmbedder()
    here = new_store(tmp_path / "here", embedder)
    index_here(scans, here, embedder)
    check_same(new_store(tmp_path / "ray", embedder), here)


def test_a_lost_machine_loses_no_entries_of_the_shipped_classifier(
    cluster: "ray.cluster_utils.Cluster", scans: Path, tmp_path: Path
) -> None:
    make = partial(Embedder, provider="cpu", threads=1)
    embedder = make()
    options = embedder.classifier.network.session.get_session_options()
    assert options.intra_op_num_threads == 1
    here, store = (new_store(tmp_path / name, embedder) for name in ("here", "ray"))
    changes, steps = find_changes(scans, store), list[ReadingStep]()
    with connected(cluster.address):
        for step in update(store, changes, read_on_cluster(changes.sources, make)):
            if not steps:
                (node,) = cluster.worker_nodes
                cluster.remove_node(node, allow_graceful=False)
            steps.append(step)
    assert (steps[-1].step, steps[-1].total) == (PICTURES + 1, PICTURES + 1)
    assert [failure.name for step in steps for failure in step.failures] == [
        str(scans / "letter.jpg")
    ]
    index_here(scans, here, embedder)
    check_same(store, here)


def test_a_missing_cluster_is_one_sentence() -> None:
    sentence = r"There is no Ray cluster at 'nowhere' .*\."
    with pytest.raises(UserError, match=sentence), connected("nowhere"):
        pass
