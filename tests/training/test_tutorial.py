import base64
import io
import os
import re
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from PIL import Image

TUTORIAL = Path(__file__).parents[2] / "training" / "tutorial.ipynb"
PICTURES = 11
"""That the tutorial shows."""


def code(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def pictures(notebook: nbformat.NotebookNode) -> list[np.ndarray]:
    found = [
        output.data["image/jpeg"]
        for cell in code(notebook)
        for output in cell.outputs
        if "image/jpeg" in output.get("data", {})
    ]
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(each)))) for each in found]


def printed(notebook: nbformat.NotebookNode, stream: str) -> str:
    return "".join(
        output.text
        for cell in code(notebook)
        for output in cell.outputs
        if output.output_type == "stream" and output.name == stream
    )


@pytest.fixture(scope="module")
def committed() -> nbformat.NotebookNode:
    return nbformat.read(TUTORIAL, as_version=4)


def test_it_runs_from_top_to_bottom(
    committed: nbformat.NotebookNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TMPDIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(tmp_path))
    before = set(os.listdir(TUTORIAL.parent))
    tutorial = nbformat.from_dict(committed)
    for cell in code(tutorial):
        cell.outputs, cell.execution_count = [], None
    here = {"metadata": {"path": str(TUTORIAL.parent)}}
    NotebookClient(tutorial, timeout=900, resources=here).execute()

    assert all(cell.execution_count for cell in code(tutorial))
    shown = pictures(tutorial)
    assert len(shown) == PICTURES
    assert all(min(picture.shape[:2]) > 20 and picture.std() > 10 for picture in shown)
    shares = re.findall(r"test(?:_artists)?: (\d+)% of \d+ right", printed(tutorial, "stdout"))
    assert len(shares) == 2
    assert all(int(share) > 50 for share in shares)  # Guessing would be right 20 times of 100.
    assert set(os.listdir(TUTORIAL.parent)) - before <= {"__pycache__"}
    assert not list(tmp_path.rglob("*.png"))


def test_the_committed_notebook_holds_its_pictures(committed: nbformat.NotebookNode) -> None:
    nbformat.validate(committed)
    assert len(pictures(committed)) == PICTURES
    assert printed(committed, "stderr") == ""
    assert TUTORIAL.stat().st_size < 600_000
    words = printed(committed, "stdout") + "".join(cell.source for cell in committed.cells)
    assert not re.search(r"/(tmp|root|home|work|Users)/", words)
