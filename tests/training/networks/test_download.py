import hashlib
from pathlib import Path

import pytest
import torch

from training.networks.download import CHUNK, DownloadError, fetch

CONTENT = bytes(range(256)) * (2 * CHUNK // 256) + b"the end"


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where a file lies that is called as torchvision's are, by its checksum."""
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    path = tmp_path / f"net-{hashlib.sha256(CONTENT).hexdigest()[:8]}.pth"
    path.write_bytes(CONTENT)
    return path.as_uri()


def kept(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "hub").rglob("*.*"))


def test_a_file_is_downloaded_once_and_progress_is_reported(url: str, tmp_path: Path) -> None:
    shares: list[float] = []
    path = fetch(url, shares.append)
    assert path.read_bytes() == CONTENT
    assert kept(tmp_path) == [path]
    assert shares == sorted(shares)
    assert len(shares) == 3
    assert shares[-1] == 1
    Path(url.removeprefix("file://")).unlink()
    assert fetch(url, shares.append) == path
    assert len(shares) == 3


def test_a_damaged_file_is_not_kept(url: str, tmp_path: Path) -> None:
    Path(url.removeprefix("file://")).write_bytes(CONTENT[:-1])
    with pytest.raises(DownloadError, match="damaged") as raised:
        fetch(url)
    assert raised.value.damaged
    assert kept(tmp_path) == []


def test_a_failed_download_leaves_no_file(url: str, tmp_path: Path) -> None:
    Path(url.removeprefix("file://")).unlink()
    with pytest.raises(DownloadError, match="could not be downloaded") as raised:
        fetch(url)
    assert not raised.value.damaged
    assert kept(tmp_path) == []
