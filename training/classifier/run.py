"""A training run on disk and in memory: what it trains, where it is, how to save it and go on."""

import argparse
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor

from training.classifier.batches import RunBatches, choose_batch, require_pictures
from training.classifier.figures import Row, columns, draw_curves, write_curves
from training.classifier.objective import ClassifierObjective, make_objective
from training.classifier.recipes import Stage, TrainingRecipe, choose_recipe, with_batches
from training.classifier.validation import Scores, validate
from training.data import Record
from training.networks import MovementNetwork, save
from training.run import checkpoint
from training.run.checkpoint import CHECKPOINT, MODEL
from training.run.optimisers import make_optimiser, moving_average
from training.run.processes import from_first, share_buffers, start
from training.run.schedule import Schedule

LEFTOVERS = ("curves.csv", "curves.png", "metrics.json", "confusion.png", "calibration.png")
"""What training and evaluation write beside checkpoint and network."""

SUMS = ("loss", "distillation", "cross_entropy", "correct", "labelled")
"""Of `Progress`: what every process adds up for itself."""


@dataclass
class Progress:
    """Where a run is; everything a checkpoint needs beside the tensors.

    `loss` and `distillation`, the teacher's part of it, are summed over the batches of the current
    epoch so far, `cross_entropy`, `correct` and `labelled` over its pictures, `seconds` over its
    steps; `spent` is the time, in seconds, since the run began. `best` is the lowest balanced
    cross-entropy on the validation pictures.
    """

    epoch: int = 0
    batch: int = 0
    step: int = 0
    loss: float = 0.0
    distillation: float = 0.0
    cross_entropy: float = 0.0
    correct: float = 0.0
    labelled: float = 0.0
    seconds: float = 0.0
    best: float = math.inf
    best_epoch: int = 0
    spent: float = 0.0

    def next_epoch(self) -> None:
        """Begin the next epoch with empty sums."""
        self.epoch, self.batch = self.epoch + 1, 0
        for name in (*SUMS, "seconds"):
            setattr(self, name, 0.0)


class Run:
    """A training run.

    Args:
        args: the command line of training.classifier.train.
        records: the manifest.
        clock: seconds, from any start.
    """

    def __init__(
        self,
        args: argparse.Namespace,
        records: list[Record],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.accelerator = start(args)
        self.args = args
        self.folder: Path = args.out
        self.train = [record for record in records if record.split == "train"]
        self.validation = [r for r in records if r.split == "validation" and r.label >= 0]
        self.progress = Progress()
        self.rows: list[Row] = []
        require_pictures(args, self.train, self.validation, self.accelerator.num_processes)
        recipe = choose_recipe(args)
        state = from_first(
            lambda: checkpoint.claim(args.out, args.resume, args.overwrite), self.accelerator
        )
        if state is not None:
            if args.batch is None:
                recipe = with_batches(recipe, state["settings"]["batch"])
            checkpoint.require_same(
                self.folder / CHECKPOINT, state["settings"], self._settings(recipe)
            )
        self.batches = RunBatches(self.accelerator, args, recipe, self.train, self.validation)
        given = args.batch is not None or state is not None
        self.recipe = recipe if given else choose_batch(recipe, self.accelerator)
        self._prepare(make_objective(args, self.recipe, self.train))
        self.settings = self._settings(self.recipe)
        self.sums = torch.zeros(len(SUMS), device=self.accelerator.device)
        steps = self.total_steps if args.minutes is None else math.inf
        self.schedule = Schedule(steps, args.minutes, clock)
        if state is not None:
            self._restore(state)
        elif self.accelerator.is_main_process:
            checkpoint.clear(self.folder, LEFTOVERS)
        self.update_done()
        self.stage = self.due

    def _settings(self, recipe: TrainingRecipe) -> dict[str, Any]:
        """What decides the next step, for a checkpoint."""
        processes = self.accelerator.num_processes
        return settings(self.args, recipe, self.train, self.validation, processes)

    def _prepare(self, objective: ClassifierObjective) -> None:
        """Make the mean of the weights and the optimiser, and share all among the processes."""
        objective = objective.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        recipe = self.recipe
        self.ema = moving_average(objective.network, recipe.ema, self.accelerator.device)
        optimiser = make_optimiser(
            objective, recipe.optimiser, recipe.learning_rate, recipe.weight_decay
        )
        self.objective, self.optimiser = self.accelerator.prepare(objective, optimiser)

    @property
    def network(self) -> MovementNetwork:
        """The network being trained, without accelerate's wrapping."""
        return cast(ClassifierObjective, self.accelerator.unwrap_model(self.objective)).network

    @property
    def kept(self) -> MovementNetwork:
        """The network to validate and keep: the averaged one where the recipe has it."""
        return cast(MovementNetwork, self.ema.module) if self.recipe.ema else self.network

    def update_done(self) -> None:
        """Note how much of the run is over, by the steps taken or by the first process's clock."""
        self.done = self.schedule.progress_everywhere(self.progress.step, self.accelerator)

    @property
    def epoch(self) -> int:
        """The recipe's epoch that is due: the run's own or, with minutes, by the clock."""
        if self.args.minutes is None:
            return self.progress.epoch
        return self.recipe.epoch_at(self.done)

    @property
    def due(self) -> Stage:
        """The recipe's stage that is due; `stage` is what the current epoch began with."""
        return self.recipe.stage(self.epoch)

    @property
    def over(self) -> bool:
        """Whether nothing more is to be trained."""
        if self.args.minutes is None:
            return self.progress.epoch >= self.recipe.epochs
        return self.done >= 1

    @property
    def total_steps(self) -> int:
        """Optimiser steps of the whole recipe, the same in every process."""
        return sum(stage.epochs * self.batches.steps(stage) for stage in self.recipe.stages)

    def count(self, loss: Tensor, from_teacher: Tensor, logits: Tensor, labels: Tensor) -> None:
        """Add a step, and what the objective gave, to the epoch's sums.

        They stay on the device, so that it goes on working.
        """
        known, logits = labels >= 0, logits.detach()
        correct = (logits.argmax(1) == labels) & known
        cross_entropy = F.cross_entropy(logits, labels, ignore_index=-1, reduction="sum")
        self.sums += torch.stack(
            (loss.detach(), from_teacher, cross_entropy, correct.sum(), known.sum())
        )
        self.progress.batch, self.progress.step = self.progress.batch + 1, self.progress.step + 1

    def collect(self) -> None:
        """Move this process's sums into `progress`; a GPU is waited for."""
        for name, value in zip(SUMS, self.sums.tolist(), strict=True):
            setattr(self.progress, name, getattr(self.progress, name) + value)
        self.sums.zero_()

    def save(self) -> None:
        """Write the checkpoint."""
        self.collect()
        self.progress.spent = self.schedule.seconds
        if not self.accelerator.is_main_process:
            return
        state = {
            "settings": self.settings,
            "progress": asdict(self.progress),
            "rows": self.rows,
            "objective": self.accelerator.unwrap_model(self.objective).state_dict(),
            "ema": self.ema.state_dict(),
            "optimiser": self.optimiser.state_dict(),
        }
        checkpoint.write(self.folder, state)

    def _restore(self, state: checkpoint.State) -> None:
        """Restore the state of a checkpoint."""
        self.progress, self.rows = Progress(**state["progress"]), state["rows"]
        self.accelerator.unwrap_model(self.objective).load_state_dict(state["objective"])
        self.ema.load_state_dict(state["ema"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.schedule.resume(self.progress.spent)
        self.accelerator.print(f"resumed in epoch {self.progress.epoch + 1}", flush=True)

    def validate(self) -> Scores:
        """Scores of the network that is kept, the same in all processes."""
        share_buffers(self.kept)
        return validate(self.kept, self.batches.whole(), self.accelerator)

    def finish_epoch(self, scores: Scores) -> None:
        """Record an epoch, keep its network if it is the best yet, and save.

        Args:
            scores: of the validation pictures; the best has the lowest balanced cross-entropy.
        """
        self.rows.append(self._row(scores))
        summary = "  ".join(f"{key} {value:.4g}" for key, value in self.rows[-1].items())
        self.accelerator.print(summary, flush=True)
        progress = self.progress
        progress.next_epoch()
        if scores.balanced_loss < progress.best:
            progress.best, progress.best_epoch = scores.balanced_loss, progress.epoch
        if self.accelerator.is_main_process:
            write_curves(self.folder, self.rows)
            draw_curves(self.folder, self.rows)
            if progress.best_epoch == progress.epoch:
                save(self.folder / MODEL, self.kept, self.args.network, self.card())
        self.save()

    def _row(self, scores: Scores) -> Row:
        """The epoch's line of curves.csv; what was summed is the mean of all processes."""
        self.collect()
        progress = self.progress
        sums = torch.tensor([getattr(progress, name) for name in SUMS])
        mean = self.accelerator.reduce(sums.to(self.accelerator.device), "mean").tolist()
        loss, distillation, cross_entropy, correct, labelled = mean
        row: Row = {
            "epoch": progress.epoch + 1,
            "size": self.stage.size,
            "train_loss": loss / max(1, progress.batch),
        }
        if self.args.teacher:
            row["train_distillation"] = distillation / max(1, progress.batch)
        if not self.recipe.mixup:  # no label is right of a mixture
            row["train_cross_entropy"] = cross_entropy / max(1.0, labelled)
            row["train_accuracy"] = correct / max(1.0, labelled)
        return row | {
            "val_loss": scores.loss,
            "val_balanced_loss": scores.balanced_loss,
            "val_accuracy": scores.accuracy,
            "val_macro_recall": scores.macro_recall,
            "seconds": progress.seconds,
        }

    def card(self) -> dict[str, Any]:
        """What the network's file says of its training.

        `adjustment` was added to the movement logits in their loss: logits with it are those of
        the training pictures' own frequencies.
        """
        objective = cast(ClassifierObjective, self.accelerator.unwrap_model(self.objective))
        adjustment, distillation = objective.adjustment, objective.distillation
        training = {
            "recipe": self.args.recipe,
            "settings": asdict(self.recipe),
            "adjustment": None if adjustment is None else adjustment.tolist(),
            "init": self.args.init if self.args.init in ("random", "imagenet") else "earlier run",
            "teacher": distillation.teacher.name if distillation else None,
            "teacher_size": self.batches.teacher_size or None,
            "freeze": self.args.freeze,
            "seed": self.args.seed,
            "processes": self.accelerator.num_processes,
            "kept": "lowest balanced cross-entropy on the validation pictures",
            "epochs": self.progress.epoch,
            "minutes": self.args.minutes,
        }
        return {"training": training, "curves": columns(self.rows)}


def settings(
    args: argparse.Namespace,
    recipe: TrainingRecipe,
    train: Sequence[Record],
    validation: Sequence[Record],
    processes: int,
) -> dict[str, Any]:
    """What decides a run's next step, by the words that `require_same` uses.

    Args:
        args: the command line of training.classifier.train.
        recipe: with the batches that the run takes.
        train: the training pictures, in order.
        validation: the validation pictures.
        processes: that train together.
    """
    details = asdict(recipe)
    stages = details.pop("stages")
    pictures = f"{len(train)} training and {len(validation)} validation pictures"
    teacher = None
    if args.teacher:
        kind, *files = args.teacher
        digests = [checkpoint.file_digest(Path(file))[:12] for file in files]
        teacher = " ".join([kind, *digests, f"at {args.teacher_size or 'its own'} px"])
    return {
        "network": args.network,
        "freeze": args.freeze,
        "teacher": teacher,
        "seed": args.seed,
        "processes": processes,
        "manifest": f"{pictures}, digest {checkpoint.pictures_digest([*train, *validation])[:12]}",
        "recipe": args.recipe,
        "batch": [stage["batch"] for stage in stages],
        "stages": [(stage["size"], stage["epochs"]) for stage in stages],
        **details,
    }
