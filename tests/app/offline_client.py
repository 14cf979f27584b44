"""Start the app, classify and stylize a picture by its API, and stop the app.

    python offline_client.py REPOSITORY

Imports nothing of the repository; `tests.app.system_calls` traces it.
"""

import fcntl
import io
import json
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from PIL import Image

_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 0x1  # SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP
_TIMEOUT = 300.0  # Seconds, far more than a working app needs.


def enable_loopback() -> None:
    """Switch the loopback interface on: in a new network namespace it is off."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sH14x", b"lo", 0)
        (flags,) = struct.unpack("16xH14x", fcntl.ioctl(any_socket, _FLAGS, request))
        if not flags & _UP:
            fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sH14x", b"lo", flags | _UP))


def free_port() -> int:
    """An unused port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def wait_for_page(page: httpx.Client, app: subprocess.Popen[bytes]) -> None:
    """Return once the page answers."""
    end = time.monotonic() + _TIMEOUT
    while True:
        try:
            page.get("/").raise_for_status()
            return
        except httpx.TransportError:
            if app.poll() is not None or time.monotonic() > end:
                raise
            time.sleep(0.1)


def call(page: httpx.Client, endpoint: str, *data: Any) -> Any:
    """The first output of an endpoint; KeyError if it failed."""
    call = f"/gradio_api/call/{endpoint}"
    event = page.post(call, json={"data": data}).raise_for_status().json()["event_id"]
    lines = page.get(f"{call}/{event}").text.splitlines()
    events = dict(zip(lines[::3], lines[1::3], strict=False))
    return json.loads(events["event: complete"].removeprefix("data: "))[0]


def main() -> None:
    """Run the app and call two endpoints."""
    enable_loopback()
    port = free_port()
    command = [sys.executable, str(Path(sys.argv[1], "app", "main.py")), "--port", str(port)]
    app = subprocess.Popen(command)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=_TIMEOUT) as page:
            wait_for_page(page, app)
            picture = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
            content = io.BytesIO()
            Image.fromarray(picture).save(content, "PNG")
            files = {"files": ("picture.png", content.getvalue())}
            upload = page.post("/gradio_api/upload", files=files)
            path = upload.raise_for_status().json()[0]
            file = {"path": path, "meta": {"_type": "gradio.FileData"}}
            print(call(page, "classify", file)["words"])
            print(call(page, "stylize", file, None, "gogh-sunflowers", 1.0, "style", 1.0)["path"])
    finally:
        app.terminate()
        app.wait(timeout=_TIMEOUT)


if __name__ == "__main__":
    main()
