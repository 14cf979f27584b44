import csv

import pytest
import torch

from training.schedule import Log, learning_rate


def test_the_rate_warms_up_and_ends_at_zero():
    assert learning_rate(0, 1000, 1e-3) < 1e-5
    assert learning_rate(500, 1000, 1e-3) == pytest.approx(5e-4)
    assert learning_rate(1000, 1000, 1e-3) == pytest.approx(0)


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
