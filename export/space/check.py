"""Build and run a folder as a Space does, and call all that it offers.

As a Space does: with the Python that the README names, the folder's own requirements and those that
Spaces add, Spaces' variables, port 7860, a proxy in front that speaks https under another name, and
nothing that can be written but the home folder and /tmp.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from app.examples import EXAMPLES
from export.benchmarks.app_start import PeakMemory, wait_for_page
from export.space.calls import call_all
from export.space.folder import configuration
from export.space.proxy import proxy
from training.common.errors import UserError

SPACE = {
    "SYSTEM": "spaces",
    "SPACE_ID": "somebody/deep-brush",
    "SPACE_AUTHOR_NAME": "somebody",
    "SPACE_REPO_NAME": "deep-brush",
    "SPACE_HOST": "somebody-deep-brush.hf.space",
    "GRADIO_SERVER_NAME": "0.0.0.0",
    "GRADIO_NUM_PORTS": "1",
    "GRADIO_ALLOW_FLAGGING": "never",
    "GRADIO_THEME": "huggingface",
    "PYTHONUNBUFFERED": "1",
}
"""What a Space tells its app."""

LOG = "log.txt"
PORT = 7860
MEMORY = 16 * 2**30
"""Bytes of a Space without a price."""

PROCESSORS = 2

CONFINE = r"""
set -e
mount --bind "$HOME" "$HOME"
mount --bind "$1" /tmp
awk '$2 !~ "^/(proc|sys|dev|tmp)(/|$)" { print $2 }' /proc/mounts | while read -r mount; do
    [ "$mount" = "$HOME" ] || mount -o remount,bind,ro "$mount"
done
if touch "$2/written" 2>/dev/null; then echo "$2 can be written"; exit 1; fi
cd "$2"
shift 2
exec "$@"
"""
"""In a mount namespace: $HOME, and $1 as /tmp, can be written, $2 and all else cannot."""

_SYSTEM_LIBRARIES = re.compile(
    r"/(ld-linux[-\w]*|lib(python3|c|m|mvec|dl|rt|pthread|util|resolv|nss_\w+|anl|gcc_s|stdc\+\+|z|expat"
    r"|ffi|crypto|ssl|sqlite3|bz2|lzma|uuid|nsl|tirpc|zstd))[-.\d]*\.so"
)
"""Those of `python:slim`: the C and C++ runtime, and what Python itself is linked to."""

_LOOPS_CLOSED_TWICE = re.compile(
    r"^Exception ignored in: <function BaseEventLoop\.__del__.*\n(?:(?:Traceback| ).*\n)*"
    r"ValueError: Invalid file descriptor: -1$",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Workspace:
    """The folders of a check, all below one."""

    root: Path

    @property
    def python(self) -> Path:
        """Of the environment that the folder's requirements are installed in."""
        return self.root / "environment" / "bin" / "python"

    def folder(self, name: str) -> Path:
        """A folder that is there from now on."""
        (self.root / name).mkdir(parents=True, exist_ok=True)
        return self.root / name


def check(
    folder: Path, workspace: Workspace, *, python: str | None, port: int, path: str = ""
) -> None:
    """Build and run it, call all endpoints, and print what came of each step.

    Args:
        folder: what `export.space.folder.build` wrote; a copy is run.
        workspace: where all files are made; not below /tmp, which is another folder for the app.
        python: the Python to use; None looks for the version that the README names.
        port: where the app listens.
        path: what the proxy's public address begins with.

    Raises:
        UserError: this machine cannot build or confine it.
        RuntimeError: the app does not start, or does not keep to what a Space allows.
    """
    if workspace.root.is_relative_to("/tmp"):
        raise UserError("The check cannot be made below /tmp; name another place.")
    shutil.rmtree(workspace.root / "app", ignore_errors=True)
    folder = shutil.copytree(folder, workspace.root / "app")
    install(folder, workspace, python or find_python(str(configuration(folder)["python_version"])))
    variables = SPACE | ({"GRADIO_SERVER_PORT": str(port)} if port != PORT else {})
    variables |= {"GRADIO_ROOT_PATH": path} if path else {}
    host = SPACE["SPACE_HOST"]
    with running(folder, workspace, port, variables) as process:
        memory = PeakMemory(process.pid)
        memory.start()
        with proxy(f"http://127.0.0.1:{port}", host, path) as address:
            described = public_address(address)
            if described != f"https://{host}{path}":
                raise RuntimeError(f"the page tells browsers that it is at {described}")
            picture = workspace.folder("sent") / "picture.png"
            Image.fromarray(EXAMPLES[0].read()).save(picture)
            for called in call_all(address, picture, workspace.folder("answered")):
                print(f"  {called.endpoint:13} {called.seconds:6.1f} s  {called.answer}")
        if unlisted := unlisted_libraries(process.pid, workspace):
            raise RuntimeError(f"packages.txt must name what brings {', '.join(unlisted)}")
        print("  no system library is used that python:slim lacks")
        if has_fault(log := (workspace.root / LOG).read_text()):
            raise RuntimeError(f"it answered, but logged a fault:\n{log}")
    memory.join()
    written = [p for p in workspace.folder("home").rglob("*") if p.is_file()]
    print(f"  written to the home folder: {', '.join(map(str, written)) or 'nothing'}")
    print(f"  peak memory {memory.peak / 2**20:.0f} MB of {MEMORY / 2**20:.0f}")
    if memory.peak > MEMORY:
        raise RuntimeError("it needs more memory than a Space has")


def find_python(version: str) -> str:
    """A Python of that version, or where there is none, this one, and say so."""
    for candidate in (f"python{version}", sys.executable):
        command = [candidate, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        try:
            found = subprocess.run(command, check=True, capture_output=True, text=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        if (here := found.stdout.strip()) != version:
            print(f"  Python {here}, for there is no {version} here; name one with --python")
        return candidate
    raise UserError(f"There is no Python {version} here; name one with --python.")


def install(folder: Path, workspace: Workspace, python: str) -> None:
    """What a Space installs: the folder's requirements, and beside them Gradio's and its own.

    The latter are what Spaces' build logs show.
    """
    if not workspace.python.exists():
        subprocess.run([python, "-m", "venv", workspace.root / "environment"], check=True)
    gradio = f"gradio[oauth,mcp]=={configuration(folder)['sdk_version']}"
    command: list[str | Path] = [workspace.python, "-m", "pip", "install", "--quiet"]
    # Wheels alone, as the Dockerfile has it: a slim image has no compiler.
    command += ["--only-binary=:all:", "--no-compile", "-r", folder / "requirements.txt"]
    try:
        subprocess.run(
            [*command, gradio, "uvicorn>=0.14.0", "websockets>=10.4", "spaces"], check=True
        )
    except subprocess.CalledProcessError as error:
        raise UserError("The requirements could not be installed; see above.") from error
    size = sum(p.lstat().st_size for p in (workspace.root / "environment").rglob("*"))
    print(f"  installed, {size / 2**20:.0f} MB")


@contextmanager
def running(
    folder: Path, workspace: Workspace, port: int, variables: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """Run the app confined; yields its process when the page answers."""
    program = configuration(folder)["app_file"]
    environment = {
        "HOME": str(workspace.folder("home")),
        "PATH": f"{workspace.python.parent}:{os.environ['PATH']}",
        **variables,
    }
    log = workspace.root / LOG
    with log.open("w") as output:
        process = subprocess.Popen(
            confined(folder, workspace.folder("tmp"), [str(workspace.python), program]),
            env=environment,
            stdout=output,
            stderr=output,
            preexec_fn=_two_processors,
        )
    try:
        seconds = wait_for_page(process, f"http://127.0.0.1:{port}/", log)
        print(f"  the page answers after {seconds:.1f} s")
        yield process
    finally:
        process.terminate()
        process.wait(timeout=30)


def confined(folder: Path, tmp: Path, command: Sequence[str]) -> list[str]:
    """A command that can write to its home and to `tmp`, which it has as /tmp, alone.

    Raises:
        UserError: namespaces cannot be made here.
    """
    unshare = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "-r", "--mount"]
    if not shutil.which("unshare") or subprocess.run([*unshare, "true"], check=False).returncode:
        raise UserError("The check needs Linux, and to be allowed `unshare --mount`.")
    return [*unshare, "sh", "-c", CONFINE, "sh", str(tmp), str(folder), *command]


def public_address(address: str) -> str:
    """Where the page says that it is, to browsers that ask at an address."""
    with urllib.request.urlopen(f"{address}config") as answer:
        root: str = json.load(answer)["root"]
    return root


def has_fault(log: str) -> bool:
    """Whether a log holds a traceback, but those of event loops that Python closes twice.

    Spaces with Gradio 6 log these, and nothing is wrong (gradio-app/gradio#12699).
    """
    return "Traceback" in _LOOPS_CLOSED_TWICE.sub("", log)


def unlisted_libraries(pid: int, workspace: Workspace) -> list[str]:
    """Shared libraries of a running process that neither its packages nor `python:slim` have."""
    maps = Path(f"/proc/{pid}/maps").read_text().splitlines()
    loaded = {line.split(maxsplit=5)[-1] for line in maps if ".so" in line}
    ask: list[str | Path] = [
        workspace.python,
        "-c",
        "import sysconfig; print(sysconfig.get_path('stdlib'))",
    ]
    standard = subprocess.run(ask, check=True, capture_output=True, text=True).stdout.strip()
    own = (str(workspace.root), standard)
    return sorted(
        path for path in loaded if not path.startswith(own) and not _SYSTEM_LIBRARIES.search(path)
    )


def _two_processors() -> None:
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:PROCESSORS])


@contextmanager
def workspace_folder(kept: Path | None) -> Iterator[Workspace]:
    """The workspace of a check: a folder to be kept, or one that is deleted in the end."""
    if kept is not None:
        yield Workspace(kept.resolve())
        return
    with tempfile.TemporaryDirectory(prefix="deep-brush-", dir="/var/tmp") as folder:
        yield Workspace(Path(folder))
