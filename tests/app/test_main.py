"""Errors of the start, without starting the whole app."""

import socket
import subprocess
import sys

import gradio as gr
import pytest

from app import MODELS, main
from app.errors import UserError
from export.benchmarks.app_start import MAIN
from tests.damage import copy_damaged


def start(*arguments: str, folder: object = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(MAIN), *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=120)


def test_help_works_in_any_folder(tmp_path):
    result = start("--help", folder=tmp_path)
    assert result.returncode == 0
    assert "--max-megapixels" in result.stdout


def refusal(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    """The message with which the app ends."""
    monkeypatch.setattr(sys, "argv", ["app/main.py", *arguments])
    with pytest.raises(SystemExit) as ended:
        main.main()
    return str(ended.value)


def test_a_port_in_use_gives_one_sentence(monkeypatch):
    monkeypatch.setattr(main, "_load", lambda _: (None, None))
    with gr.Blocks() as page:
        pass
    monkeypatch.setattr("app.ui.page.build", lambda *_: page)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        sentence = refusal(monkeypatch, "--port", str(taken.getsockname()[1]))
    assert sentence.startswith("Deep Brush cannot start. Cannot find empty port")


def test_networks_not_fetched_by_git_lfs_give_one_sentence(tmp_path, monkeypatch):
    copy_damaged(MODELS, tmp_path / "models", "movement_classifier.onnx", "a pointer")
    monkeypatch.setattr(main, "MODELS", tmp_path / "models")
    sentence = refusal(monkeypatch)
    assert sentence.startswith(f"Deep Brush cannot start. {tmp_path / 'models'}")
    assert sentence.endswith("run `git lfs pull` to fetch it.")


def test_an_unusable_temporary_folder_gives_one_sentence(tmp_path, monkeypatch):
    (tmp_path / "gradio").touch()
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "gradio"))
    assert "Deep Brush cannot start. Uploads and results cannot be kept" in refusal(monkeypatch)


def test_too_few_open_files_give_one_sentence(monkeypatch):
    def few() -> None:
        raise UserError("The system lets this program open 64 files.")

    monkeypatch.setattr(main, "allow_open_files", few)
    assert "open 64 files" in refusal(monkeypatch)


def test_the_page_needs_no_torch():
    code = "import sys; import app.ui.page; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=MAIN.parents[1]).returncode == 0
