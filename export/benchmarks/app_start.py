"""Start the real app as a process, as a person would, and time it."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
from PIL import Image

MAIN = Path(__file__).parents[2] / "app" / "main.py"
TIMEOUT = 120.0
"""Seconds, far more than a working app needs."""


BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def find_browser() -> str | None:
    """An installed browser that playwright can drive, if there is one."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


@contextmanager
def running_app(folder: Path, **environment: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """The app on a free port, ended on leaving.

    Args:
        folder: where it runs, writes its log, and keeps what is uploaded.
        environment: variables that replace this process's own.

    Yields:
        The process and the address of the page, once that answers.

    Raises:
        RuntimeError: the app ended, or did not answer in time.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    ours = {name: value for name, value in os.environ.items() if not name.startswith("DEEP_BRUSH_")}
    ours |= {"GRADIO_TEMP_DIR": str(folder / "gradio"), **environment}
    command = [sys.executable, str(MAIN), "--host", "127.0.0.1", "--port", str(port)]
    log = folder / "log.txt"
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=folder, env=ours, stdout=output, stderr=output)
    address = f"http://127.0.0.1:{port}/"
    try:
        wait_for_page(process, address, log)
        yield process, address
    finally:
        process.terminate()
        process.wait(timeout=30)


@contextmanager
def app_or_running(running: Sequence[str] | None) -> Iterator[tuple[psutil.Process, str]]:
    """The app's process and address: of a running one, given as both, else of one of its own."""
    if running:
        pid, address = running
        yield psutil.Process(int(pid)), address
        return
    with tempfile.TemporaryDirectory() as folder, running_app(Path(folder)) as (process, address):
        yield psutil.Process(process.pid), address


def wait_for_page(process: subprocess.Popen[bytes], address: str, log: Path) -> float:
    """Wait until an app that was just started answers.

    Args:
        process: the app.
        address: of its page.
        log: what it writes.

    Returns:
        How many seconds that took.

    Raises:
        RuntimeError: it ended, or did not answer in time; with its log.
    """
    begin = time.monotonic()
    end = begin + TIMEOUT
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(
                f"the app ended with status {process.returncode}:\n{log.read_text()}"
            )
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                answer.read()
            return time.monotonic() - begin
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise RuntimeError(f"the app did not answer within {TIMEOUT:.0f} s:\n{log.read_text()}")


class PeakMemory(threading.Thread):
    """Watches the resident memory of a process and its children until it ends.

    Args:
        pid: the process.
    """

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.process = psutil.Process(pid)
        self.peak = 0

    def run(self) -> None:
        """Sample 20 times a second."""
        try:
            while True:
                family = [self.process, *self.process.children(recursive=True)]
                self.peak = max(self.peak, sum(member.memory_info().rss for member in family))
                time.sleep(0.05)
        except psutil.Error:  # it has ended
            return


@dataclass(frozen=True)
class Start:
    """Seconds from the command to the page and to the first verdict, and the memory it took."""

    page: float
    verdict: float
    peak_megabytes: float


def measure_start(picture: np.ndarray) -> Start:
    """Time `python app/main.py` from the command to its first verdict on a picture.

    Args:
        picture: uint8 RGB [H,W,3].

    Raises:
        RuntimeError: the app ended, or did not answer in time.
    """
    from gradio_client import Client, handle_file  # slow to import: not part of what is timed

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "picture.png")
        Image.fromarray(picture).save(path)
        begin = time.perf_counter()
        with running_app(Path(folder)) as (process, address):
            page = time.perf_counter() - begin
            memory = PeakMemory(process.pid)
            memory.start()
            Client(address, verbose=False).predict(handle_file(path), api_name="/classify")
            verdict = time.perf_counter() - begin
        memory.join()
    return Start(page, verdict, memory.peak / 2**20)
