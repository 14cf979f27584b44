"""Starting, as far as it can be tried without starting."""

import socket
import subprocess
import sys

from export.app_start import MAIN


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


def test_the_page_needs_no_torch():
    code = "import sys; import app.ui.page; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=MAIN.parents[1]).returncode == 0
