import csv
from types import SimpleNamespace

import pytest
import torch

from training.run.schedule import Log, Schedule, cosine_rate


def test_the_rate_warms_up_and_ends_at_zero():
    assert cosine_rate(1e-3, 0.0, 0.005) < 1e-5
    assert cosine_rate(1e-3, 0.0, 0.5) == pytest.approx(5e-4)
    assert cosine_rate(1e-3, 0.5, 2.5) == pytest.approx(5e-4)
    assert cosine_rate(1e-3, 1.0, 5.0) == cosine_rate(1e-3, 1.2, 6.0) == pytest.approx(0)


def test_progress_counts_steps():
    schedule = Schedule(1000)
    assert [schedule.progress(step) for step in (0, 250, 1000, 1200)] == [0, 0.25, 1, 1]


def test_progress_follows_the_clock_where_minutes_are_given():
    now = [100.0]
    schedule = Schedule(1000, minutes=2, clock=lambda: now[0])
    assert schedule.progress(0) == 0
    now[0] += 30
    assert schedule.progress(1) == pytest.approx(0.25)
    assert schedule.progress(900) == pytest.approx(0.9)  # no more steps than there are
    now[0] += 300
    assert schedule.progress(1) == 1


def test_a_resumed_run_has_what_is_left_of_its_minutes():
    now = [0.0]
    schedule = Schedule(1000, minutes=1, clock=lambda: now[0])
    schedule.resume(45.0)
    now[0] += 15
    assert schedule.progress(0) == 1


def test_all_processes_use_the_clock_of_the_first(monkeypatch):
    monkeypatch.setattr("training.run.schedule.broadcast", lambda tensor: torch.tensor(0.25))
    second = SimpleNamespace(num_processes=2, device=torch.device("cpu"))
    alone = SimpleNamespace(num_processes=1, device=torch.device("cpu"))
    timed = Schedule(1000, minutes=1, clock=iter((0.0, 30.0, 30.0)).__next__)
    assert timed.progress_everywhere(0, second) == 0.25
    assert timed.progress_everywhere(0, alone) == 0.5
    assert Schedule(1000).progress_everywhere(500, second) == 0.5


def test_a_line_of_the_log_is_the_mean_since_the_last_one(tmp_path, capsys):
    log = Log(tmp_path / "losses.csv", 2)
    for step, value in enumerate((1.0, 3.0, 5.0, 7.0, 100.0), 1):
        log.add(step, {"a": torch.tensor(value, requires_grad=True), "b": torch.tensor(-value)})
    with (tmp_path / "losses.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [int(row["step"]) for row in rows] == [2, 4]
    assert [float(row["a"]) for row in rows] == [2, 6]
    assert [float(row["b"]) for row in rows] == [-2, -6]
    assert all(float(row["seconds"]) >= 0 for row in rows)
    assert "step 4  a 6  b -6" in capsys.readouterr().out


def test_a_log_is_continued_after_a_crash(tmp_path):
    for step in (1, 2):
        Log(tmp_path / "losses.csv", 1).add(step, {"a": torch.tensor(1.0)})
    assert (tmp_path / "losses.csv").read_text().count("step") == 1
    assert len((tmp_path / "losses.csv").read_text().splitlines()) == 3
