"""Nothing leaves the machine, and nothing is written but in the temporary folder."""

import os
import sys
from pathlib import Path

import pytest

from tests.app.system_calls import can_trace, trace_side_effects

ROOT = Path(__file__).parents[2]
REQUIRED = "DEEP_BRUSH_REQUIRE_STRACE"

MISBEHAVING_PROGRAM = """
import pathlib, socket
try:
    socket.getaddrinfo("example.org", 80)
except OSError:
    pass
other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
try:
    other.sendto(b"hello", ("192.0.2.1", 9))
except OSError:
    pass
for folder in (pathlib.Path.home(), pathlib.Path()):
    try:
        (folder / "trace of us").mkdir()
    except OSError:
        pass
"""


@pytest.fixture(autouse=True)
def _strace() -> None:
    if not can_trace():
        assert not os.environ.get(REQUIRED), "strace is missing, or may not be used"
        pytest.skip("needs strace, and leave to use it")


def test_requests_and_left_files_are_detected(tmp_path: Path) -> None:
    seen = trace_side_effects([sys.executable, "-c", MISBEHAVING_PROGRAM], tmp_path)
    for what in ("htons(53)", '"192.0.2.1"', '/home/trace of us"', '("trace of us"'):
        assert any(what in call for call in seen), (what, seen)


def test_the_app_works_offline_and_leaves_no_files(tmp_path: Path) -> None:
    visit = [sys.executable, str(Path(__file__).with_name("offline_client.py")), str(ROOT)]
    assert trace_side_effects(visit, tmp_path) == []
