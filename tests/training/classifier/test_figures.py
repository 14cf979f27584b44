"""Curves of a training run: what is kept of them, and that an axis has one kind of number."""

import csv

import pytest

from training.classifier import figures
from training.classifier.figures import PANELS, columns, draw_curves, write_curves

OLD = {"epoch": 1, "train_loss": 9.0, "train_accuracy": 0.4, "val_loss": 1.2, "val_accuracy": 0.5}
NEW = OLD | {"epoch": 2, "train_cross_entropy": 1.1, "train_distillation": 7.5}


@pytest.fixture
def drawn(monkeypatch):
    """Names of the lines on each axis, by its title."""
    drawings, subplots = [], figures.subplots

    def watched(count):
        drawings.append(subplots(count))
        return drawings[-1]

    monkeypatch.setattr(figures, "subplots", watched)
    return lambda: {
        axis.get_title(): [line.get_label() for line in axis.lines] for axis in drawings[-1][1]
    }


def test_losses_of_different_kinds_share_no_axis(tmp_path, drawn):
    draw_curves(tmp_path, [NEW])
    panels = drawn()
    assert panels["cross-entropy"] == ["training", "validation"]
    assert panels["minimised in training"] == ["all", "distillation"]
    for lines in PANELS.values():
        assert {"train_loss", "val_loss"} - set(lines)


def test_without_training_cross_entropy_validation_stands_alone(tmp_path, drawn):
    draw_curves(tmp_path, [OLD])
    assert drawn()["cross-entropy"] == ["validation"]
    assert (tmp_path / "curves.png").stat().st_size > 1000


def test_a_run_that_is_resumed_by_a_newer_version_keeps_all_its_rows(tmp_path):
    write_curves(tmp_path, [OLD, NEW])
    with (tmp_path / "curves.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["train_cross_entropy"] for row in rows] == ["", "1.1"]
    assert [float(row["train_loss"]) for row in rows] == [9, 9]


def test_the_card_holds_only_columns_without_holes():
    assert columns([OLD, NEW]) == {name: [OLD[name], NEW[name]] for name in OLD}
    assert columns([NEW])["train_distillation"] == [7.5]
    assert columns([]) == {}
