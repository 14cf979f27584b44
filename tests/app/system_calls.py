"""Run a program under strace, and list its network requests and the files it writes.

System calls of native libraries are found as well as Python's. Where it is permitted, the program
has no network but its own loopback.
"""

import ipaddress
import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

STRACE = ("strace", "-f", "-qq", "-y", "--seccomp-bpf")

NETWORK = ("connect", "sendto", "sendmsg", "sendmmsg")
WRITING = (
    *("mkdir", "mkdirat", "rename", "renameat", "renameat2", "link", "linkat"),
    *("symlink", "symlinkat", "unlink", "unlinkat", "rmdir", "truncate", "mknod", "mknodat"),
)
OPENING = ("open", "openat", "creat")
NAME_SERVICE = 53

_DEVICES = (Path("/dev/null"), Path("/dev/tty"))
_CALL = re.compile(r"(?P<process>\d+) +(?P<call>\w+)\((?P<rest>.*)")
_RESUMED = re.compile(r"(?P<process>\d+) +<\.\.\. \w+ resumed>(?P<rest>.*)")
_UNFINISHED = " <unfinished ...>"
_ADDRESS = re.compile(r'port=htons\((\d+)\).*?(?:inet_addr\("|inet_pton\(AF_INET6, ")([^"]+)"')
_PATH = re.compile(r'(?:<([^>]*)>, )?"((?:[^"\\]|\\.)*)"')


@cache
def can_unshare() -> bool:
    """Whether this process may create namespaces for other processes."""
    if shutil.which("unshare") is None:
        return False
    return subprocess.run(["unshare", "-rnm", "true"], stderr=subprocess.DEVNULL).returncode == 0


@cache
def can_trace() -> bool:
    """Whether this process may trace the system calls of other processes."""
    if shutil.which("strace") is None:
        return False
    return (
        subprocess.run([*STRACE, "-o", os.devnull, "true"], stderr=subprocess.DEVNULL).returncode
        == 0
    )


def trace_side_effects(command: list[str], folder: Path, **environment: str) -> list[str]:
    """Run a program to its end; what it did outside of this machine and its temporary folder.

    Its home, its working folder and its temporary folder are new. It inherits no variables: with
    some, such as those of CI services, libraries disable their telemetry.

    Args:
        command: the program.
        folder: an empty one.
        environment: variables for it.

    Returns:
        System calls as strace prints them: DNS look-ups, connections to other machines, and writes,
        also failed ones, outside of the temporary folder.

    Raises:
        subprocess.CalledProcessError: it failed; its output was printed.
    """
    home, temporary, working = (folder / name for name in ("home", "temporary", "working"))
    for each in (home, temporary, working):
        each.mkdir()
    for each in (home, working):
        each.chmod(0o555)
    trace = folder / "trace"
    calls = ",".join(f"?{call}" for call in (*NETWORK, *WRITING, *OPENING))
    alone = ["unshare", "-rn"] if can_unshare() else []
    strace = [*STRACE, "-o", str(trace), "-e", f"trace={calls}"]
    given = {"PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(temporary)}
    given |= {"LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1", **environment}
    subprocess.run([*alone, *strace, *command], cwd=working, env=given, check=True)
    return [line for line in _complete_calls(trace) if _is_side_effect(line, temporary, working)]


def _complete_calls(trace: Path) -> list[str]:
    """Lines of a trace; calls that were interrupted by another thread are joined."""
    begun: dict[str, str] = {}
    whole = []
    for line in trace.read_text(errors="replace").splitlines():
        if line.endswith(_UNFINISHED):
            begun[line.split()[0]] = line.removesuffix(_UNFINISHED)
        elif found := _RESUMED.match(line):
            whole.append(begun.pop(found["process"], "") + found["rest"])
        else:
            whole.append(line)
    return whole + list(begun.values())


def _is_side_effect(line: str, temporary: Path, working: Path) -> bool:
    """Whether a system call reaches another machine, or writes outside of both folders."""
    found = _CALL.match(line)
    if not found:
        return False
    call, rest = found["call"], found["rest"]
    if call in NETWORK:
        return any(
            int(port) == NAME_SERVICE or not ipaddress.ip_address(address).is_loopback
            for port, address in _ADDRESS.findall(rest)
        )
    if call in ("open", "openat") and not re.search(r"O_(WRONLY|RDWR|CREAT)", rest):
        return False
    if re.search(r"= -1 E(EXIST|NOENT) ", rest):  # Nothing was written.
        return False
    paths = (Path(start or working, path) for start, path in _PATH.findall(rest))
    return any(not path.is_relative_to(temporary) and path not in _DEVICES for path in paths)
