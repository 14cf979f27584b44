"""A training run on disk and in memory: what it trains, where it is, how to save it and go on."""

import argparse
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from training.batches import RunBatches, settle
from training.curves import Row, columns, write_curves
from training.data import Record
from training.distillation import Distillation, make_distillation
from training.files import save_atomically
from training.initialise import freeze, initialise
from training.networks import MovementNetwork, build, save
from training.objective import Objective
from training.optimisers import make_optimiser
from training.recipes import RECIPES, Recipe, Stage
from training.schedule import Schedule


@dataclass
class Progress:
    """Where a run is; everything a checkpoint needs beside the tensors.

    `loss`, `correct`, `labelled` and `seconds` are sums over the current epoch so far; `spent` is
    the time, in seconds, since the run began.
    """

    epoch: int = 0
    batch: int = 0
    step: int = 0
    loss: float = 0.0
    correct: float = 0.0
    labelled: float = 0.0
    seconds: float = 0.0
    best: float = math.inf
    best_epoch: int = 0
    spent: float = 0.0

    def next_epoch(self) -> None:
        """Begin the next epoch with empty sums."""
        self.epoch, self.batch = self.epoch + 1, 0
        self.loss = self.correct = self.labelled = self.seconds = 0.0


class Run:
    """A training run.

    Args:
        args: the command line of training.train_classifier.
        records: the manifest.
        clock: seconds, from any start.
    """

    def __init__(
        self,
        args: argparse.Namespace,
        records: list[Record],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.accelerator = Accelerator(mixed_precision="bf16", cpu=args.cpu)
        set_seed(args.seed)
        # Adam's second moments shrink into denormals, which cost a CPU ten times as much. Threads
        # inherit this, so it comes before any of them is born.
        torch.set_flush_denormal(True)
        self.args = args
        self.folder: Path = args.out
        self.train = [record for record in records if record.split == "train"]
        self.validation = [r for r in records if r.split == "validation" and r.label >= 0]
        self.progress = Progress()
        self.rows: list[Row] = []
        recipe: Recipe = RECIPES[args.recipe]
        self.batches = RunBatches(self.accelerator, args, recipe, self.train, self.validation)
        self.recipe = settle(recipe, self.accelerator, args.batch)
        network = build(args.network)
        initialise(network, args.network, args.init)
        freeze(network, args.network, args.freeze)
        distillation: Distillation | None = None
        if args.teacher:
            distillation = make_distillation(args.teacher, network, args.network)
        self.teacher = distillation.teacher.name if distillation else None
        objective = Objective(network, distillation, self.recipe)
        objective = objective.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        average = get_ema_multi_avg_fn(self.recipe.ema)
        self.ema = AveragedModel(network, multi_avg_fn=average, use_buffers=True)
        self.ema.to(self.accelerator.device)
        self.ema.n_averaged = self.ema.n_averaged.cpu()  # else every step would wait for the GPU
        optimiser = make_optimiser(objective, self.recipe)
        self.objective, self.optimiser = self.accelerator.prepare(objective, optimiser)
        self.sums = torch.zeros(3, device=self.accelerator.device)
        steps = self.total_steps if args.minutes is None else math.inf
        self.schedule = Schedule(steps, args.minutes, clock)
        self.look_at_clock()
        self.stage = self.due

    @property
    def network(self) -> MovementNetwork:
        """The network being trained, without accelerate's wrapping."""
        return cast(Objective, self.accelerator.unwrap_model(self.objective)).network

    @property
    def kept(self) -> MovementNetwork:
        """The network to validate and keep: the averaged one where the recipe has it."""
        return cast(MovementNetwork, self.ema.module) if self.recipe.ema else self.network

    def look_at_clock(self) -> None:
        """Note how much of the run is over, by the steps taken or by the first process's clock."""
        self.done = self.schedule.agreed(self.progress.step, self.accelerator)

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
        """Optimiser steps of the whole recipe, on one device."""
        return sum(s.epochs * max(1, len(self.train) // s.batch) for s in self.recipe.stages)

    def count(self, loss: Tensor, logits: Tensor, labels: Tensor) -> None:
        """Add a step to the epoch's sums. They stay on the device, so that it goes on working."""
        known = labels >= 0
        correct = (logits.argmax(1) == labels) & known
        self.sums += torch.stack((loss.detach(), correct.sum(), known.sum()))
        self.progress.batch, self.progress.step = self.progress.batch + 1, self.progress.step + 1

    def collect(self) -> None:
        """Move the sums into `progress`; a GPU is waited for."""
        loss, correct, labelled = self.sums.tolist()
        self.progress.loss += loss
        self.progress.correct += correct
        self.progress.labelled += labelled
        self.sums.zero_()

    def save(self) -> None:
        """Write the checkpoint atomically: a kill at any time leaves the old or the new one."""
        self.collect()
        self.progress.spent = self.schedule.seconds
        if not self.accelerator.is_main_process:
            return
        state = {
            "progress": asdict(self.progress),
            "rows": self.rows,
            "objective": self.accelerator.unwrap_model(self.objective).state_dict(),
            "ema": self.ema.state_dict(),
            "optimiser": self.optimiser.state_dict(),
        }
        save_atomically(self.folder / "checkpoint.pt", lambda path: torch.save(state, path))

    def resume(self) -> None:
        """Go on from the checkpoint, if there is one."""
        path = self.folder / "checkpoint.pt"
        if not path.exists():
            return
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        self.progress, self.rows = Progress(**state["progress"]), state["rows"]
        self.accelerator.unwrap_model(self.objective).load_state_dict(state["objective"])
        self.ema.load_state_dict(state["ema"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.schedule.resume(self.progress.spent)
        self.look_at_clock()
        self.accelerator.print(f"resumed in epoch {self.progress.epoch + 1}", flush=True)

    def finish_epoch(self, loss: float, accuracy: float) -> None:
        """Record an epoch, keep its network if it is the best yet, and save.

        Args:
            loss: cross-entropy on the validation pictures.
            accuracy: share of them read rightly.
        """
        self.collect()
        progress = self.progress
        row: Row = {
            "epoch": progress.epoch + 1,
            "size": self.stage.size,
            "train_loss": progress.loss / max(1, progress.batch),
            "train_accuracy": progress.correct / max(1.0, progress.labelled),
            "val_loss": loss,
            "val_accuracy": accuracy,
            "seconds": progress.seconds,
        }
        self.rows.append(row)
        summary = "  ".join(f"{key} {value:.4g}" for key, value in row.items())
        self.accelerator.print(summary, flush=True)
        progress.next_epoch()
        if loss < progress.best:
            progress.best, progress.best_epoch = loss, progress.epoch
        if self.accelerator.is_main_process:
            write_curves(self.folder, self.rows)
            if progress.best_epoch == progress.epoch:
                save(self.folder / "model.safetensors", self.kept, self.args.network, self.card())
        self.save()

    def card(self) -> dict[str, Any]:
        """What the network's file says of its training."""
        training = {
            "recipe": self.args.recipe,
            "settings": asdict(self.recipe),
            "init": self.args.init if self.args.init in ("random", "imagenet") else "earlier run",
            "teacher": self.teacher,
            "teacher_size": self.batches.teacher_size or None,
            "freeze": self.args.freeze,
            "seed": self.args.seed,
            "epochs": self.progress.epoch,
            "minutes": self.args.minutes,
        }
        return {"training": training, "curves": columns(self.rows)}


def learning_rate(recipe: Recipe, done: float, epoch: int) -> float:
    """The learning rate of the next step.

    Args:
        recipe: says how it falls.
        done: share of the run that is over, 0..1.
        epoch: the recipe's, counted from 0.
    """
    if recipe.schedule == "halve2":
        return recipe.learning_rate * 0.5 ** (epoch // 2)
    warm_up = 0.03
    if done < warm_up:
        return recipe.learning_rate * (done + 1e-3) / warm_up
    return recipe.learning_rate * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))
