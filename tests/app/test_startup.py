"""What is missing on the machine is reported in a sentence before the app starts."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.errors import UserError
from app.startup import FILES, MIN_FILES, check_temporary_folder
from tests.app.system_calls import can_unshare

ROOT = Path(__file__).parents[2]


@pytest.fixture
def nobody() -> Iterator[None]:
    """Run without root's rights."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    yield
    os.seteuid(0)


def run(code: str, *before: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A program in the repository, behind the words of a command that starts it."""
    command = [*before, sys.executable, "-c", code]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, env={**os.environ, **environment}
    )


def test_the_temporary_folder_is_created_and_left_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GRADIO_TEMP_DIR", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    check_temporary_folder()
    assert not list((tmp_path / "gradio").iterdir())


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="there are no owners to be had here")
def test_a_temporary_folder_of_another_user_gives_one_sentence(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    folder = tmp_path_factory.mktemp("theirs")
    folder.chmod(0o555)
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(folder))
    request.getfixturevalue("nobody")
    with pytest.raises(UserError, match=r"theirs\d+ \(permission denied\); set GRADIO_TEMP_DIR to"):
        check_temporary_folder()


def test_a_file_in_place_of_the_temporary_folder_gives_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gradio").touch()
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "gradio"))
    with pytest.raises(UserError, match=r"gradio .*exists.*; set GRADIO_TEMP_DIR to"):
        check_temporary_folder()


def test_no_temporary_folder_gives_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> str:
        raise FileNotFoundError(2, "No usable temporary directory found in ['/tmp']")

    monkeypatch.delenv("GRADIO_TEMP_DIR", raising=False)
    monkeypatch.setattr(tempfile, "gettempdir", nowhere)
    with pytest.raises(UserError, match=r"a temporary folder \(no usable.*; set GRADIO_TEMP_DIR"):
        check_temporary_folder()


@pytest.mark.skipif(not can_unshare(), reason="no file system can be mounted here")
def test_a_full_disk_gives_one_sentence(tmp_path: Path) -> None:
    mount = f'mount -t tmpfs -o size=64k none "{tmp_path}" && exec "$@"'
    code = "from app.startup import check_temporary_folder; check_temporary_folder()"
    with_little_space = ("unshare", "-rm", "sh", "-c", mount, "sh")
    message = run(code, *with_little_space, GRADIO_TEMP_DIR=str(tmp_path)).stderr.splitlines()[-1]
    assert f"cannot be kept in {tmp_path} (no space left on device); set GRADIO_TEMP_DIR" in message


@pytest.mark.parametrize(("soft", "hard", "allowed"), [(64, 8192, FILES), (64, 512, 512)])
def test_the_limit_of_open_files_is_raised(soft: int, hard: int, allowed: int) -> None:
    resource = pytest.importorskip("resource")
    code = f"""
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))
from app.startup import allow_open_files
allow_open_files()
print(*resource.getrlimit(resource.RLIMIT_NOFILE))"""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if most != resource.RLIM_INFINITY and most < hard:
        pytest.skip(f"{most} files may be open here")
    assert run(code).stdout.split() == [str(allowed), str(hard)]


def test_too_few_open_files_give_one_sentence() -> None:
    pytest.importorskip("resource")
    code = """
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
from app.startup import allow_open_files
allow_open_files()"""
    message = run(code).stderr.splitlines()[-1]
    assert f"open 64 files, and it needs {MIN_FILES}; allow more, such as by `ulimit -n" in message
