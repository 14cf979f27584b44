from pathlib import Path

import pytest

from app.serving import hardware
from app.serving.hardware import cpu_threads


@pytest.mark.parametrize(
    ("own", "files", "threads"),
    [
        ("0::/", {"cpu.max": "max 100000"}, 8),
        ("0::/", {"cpu.max": "200000 100000"}, 2),
        ("0::/", {"cpu.max": "150000 100000"}, 2),
        ("0::/", {"cpu.max": "5000 100000"}, 1),
        ("0::/", {"cpu.max": "1600000 100000"}, 8),
        ("0::/", {"cpu.max": "?"}, 8),
        ("0::/", {}, 8),
        ("0::/a.slice/b.service", {"a.slice/b.service/cpu.max": "300000 100000"}, 3),
        ("0::/a/b", {"a/b/cpu.max": "max 100000", "a/cpu.max": "200000 100000"}, 2),
        ("4:cpu,cpuacct:/", {"cpu/cpu.cfs_quota_us": "-1"}, 8),
        ("4:cpu,cpuacct:/", {"cpu/cpu.cfs_quota_us": "250000"}, 3),
        # Docker shows a container its own group as the root, yet calls it by its name.
        ("9:memory:/docker/1f\n4:cpu:/docker/1f\n0::/", {"cpu/cpu.cfs_quota_us": "100000"}, 1),
        ("4:cpuset:/", {"cpu/cpu.cfs_quota_us": "100000"}, 8),
        (None, {"cpu.max": "100000 100000"}, 8),
    ],
)
def test_the_number_of_threads_follows_the_containers_quota(
    own: str | None,
    files: dict[str, str],
    threads: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if own is not None:
        (tmp_path / "own").write_text(own + "\n")
    for name, content in files.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content + "\n")
        if name.endswith("cpu.cfs_quota_us"):
            file.with_name("cpu.cfs_period_us").write_text("100000\n")
    monkeypatch.setattr(hardware, "CGROUPS", tmp_path)
    monkeypatch.setattr(hardware, "OWN_CGROUPS", tmp_path / "own")
    monkeypatch.setattr(hardware.os, "sched_getaffinity", lambda _: range(8), raising=False)
    assert cpu_threads() == threads
