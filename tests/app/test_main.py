"""Starting, as far as it can be tried without starting."""

import socket
import subprocess
import sys

import pytest

from app import MODELS, main
from app.errors import UserError
from export.benchmarks.app_start import MAIN
from tests.damage import copy_damaged


def start(*arguments: str, folder: object = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(MAIN), *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=120)


def test_help_is_found_from_anywhere(tmp_path):
    said = start("--help", folder=tmp_path)
    assert said.returncode == 0
    assert "--max-megapixels" in said.stdout


def test_a_taken_port_is_one_sentence_and_no_traceback():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        said = start("--port", str(taken.getsockname()[1]))
    assert said.returncode == 1
    assert "Deep Brush cannot start." in said.stderr
    assert "Traceback" not in said.stderr


def refusal(monkeypatch: pytest.MonkeyPatch) -> str:
    """With what the app ends that cannot start."""
    monkeypatch.setattr(sys, "argv", ["app/main.py"])
    with pytest.raises(SystemExit) as ended:
        main.main()
    return str(ended.value)


def test_networks_that_git_lfs_has_not_fetched_are_one_sentence(tmp_path, monkeypatch):
    copy_damaged(MODELS, tmp_path / "models", "movement_classifier.onnx", "a pointer")
    monkeypatch.setattr(main, "MODELS", tmp_path / "models")
    said = refusal(monkeypatch)
    assert said.startswith(f"Deep Brush cannot start. {tmp_path / 'models'}")
    assert said.endswith("run `git lfs pull` to fetch it.")


def test_a_temporary_folder_that_is_none_is_one_sentence(tmp_path, monkeypatch):
    (tmp_path / "gradio").touch()
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "gradio"))
    assert "Deep Brush cannot start. Uploads and results cannot be kept" in refusal(monkeypatch)


def test_too_few_open_files_are_one_sentence(monkeypatch):
    def few() -> None:
        raise UserError("The system lets this program open 64 files.")

    monkeypatch.setattr(main, "allow_open_files", few)
    assert "open 64 files" in refusal(monkeypatch)


def test_the_page_needs_no_torch():
    code = "import sys; import app.ui.page; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=MAIN.parents[1]).returncode == 0
