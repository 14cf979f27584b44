"""A training run on disk and in memory: what it trains, where it is, how to save it and go on."""

import argparse
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import cv2
import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader

from training.curves import Row, columns, write_curves
from training.data import Record
from training.dataset import Item, Views
from training.distillation import Distillation, make_distillation
from training.files import save_atomically
from training.initialise import freeze, initialise
from training.networks import MovementNetwork, build, save
from training.objective import Objective
from training.optimisers import make_optimiser
from training.recipes import RECIPES, Recipe, Stage


@dataclass
class Progress:
    """Where a run is; everything a checkpoint needs beside the tensors.

    `loss`, `correct`, `labelled` and `seconds` are sums over the current epoch so far.
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

    def next_epoch(self) -> None:
        """Begin the next epoch with empty sums."""
        self.epoch, self.batch = self.epoch + 1, 0
        self.loss = self.correct = self.labelled = self.seconds = 0.0


class Run:
    """A training run.

    Args:
        args: the command line of training.train_classifier.
        records: the manifest.
    """

    def __init__(self, args: argparse.Namespace, records: list[Record]) -> None:
        self.accelerator = Accelerator(mixed_precision="bf16", cpu=args.cpu)
        set_seed(args.seed)
        # Adam's second moments shrink into denormals, which cost a CPU ten times as much. Threads
        # inherit this, so it comes before any of them is born.
        torch.set_flush_denormal(True)
        self.args = args
        self.recipe: Recipe = RECIPES[args.recipe]
        self.folder: Path = args.out
        self.train = [record for record in records if record.split == "train"]
        self.validation = [r for r in records if r.split == "validation" and r.label >= 0]
        self.progress = Progress()
        self.rows: list[Row] = []
        network = build(args.network)
        initialise(network, args.network, args.init)
        freeze(network, args.network, args.freeze)
        distillation: Distillation | None = None
        if args.teacher:
            distillation = make_distillation(args.teacher, network, args.network)
        objective = Objective(network, distillation, self.recipe)
        objective = objective.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        average = get_ema_multi_avg_fn(self.recipe.ema)
        self.ema = AveragedModel(network, multi_avg_fn=average, use_buffers=True)
        self.ema.to(self.accelerator.device)
        optimiser = make_optimiser(objective, self.recipe)
        self.objective, self.optimiser = self.accelerator.prepare(objective, optimiser)

    @property
    def network(self) -> MovementNetwork:
        """The network being trained, without accelerate's wrapping."""
        return cast(Objective, self.accelerator.unwrap_model(self.objective)).network

    @property
    def kept(self) -> MovementNetwork:
        """The network to validate and keep: the averaged one where the recipe has it."""
        return cast(MovementNetwork, self.ema.module) if self.recipe.ema else self.network

    @property
    def stage(self) -> Stage:
        """The recipe's stage that the current epoch belongs to."""
        return self.recipe.stage(self.progress.epoch)

    @property
    def total_steps(self) -> int:
        """Optimiser steps of the whole recipe, on one device."""
        return sum(s.epochs * max(1, len(self.train) // s.batch) for s in self.recipe.stages)

    def batches(self) -> DataLoader[Item]:
        """Training batches of the current epoch; their order depends on seed and epoch alone."""
        teacher_size = self.recipe.teacher_size if self.args.teacher else 0
        views = Views(
            self.train,
            max(self.stage.size, teacher_size),
            self.recipe.augmentation,
            six=self.recipe.views == "six",
            seed=self.args.seed,
        )
        views.epoch = self.progress.epoch
        loader: DataLoader[Item] = DataLoader(
            views,
            self.stage.batch,
            shuffle=True,
            drop_last=len(views) > self.stage.batch,
            num_workers=self.args.workers,
            generator=torch.Generator().manual_seed(self.args.seed + self.progress.epoch),
            worker_init_fn=one_thread,
        )
        prepared: DataLoader[Item] = self.accelerator.prepare(loader)
        return prepared

    def save(self) -> None:
        """Write the checkpoint atomically: a kill at any time leaves the old or the new one."""
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
        self.accelerator.print(f"resumed in epoch {self.progress.epoch + 1}", flush=True)

    def finish_epoch(self, loss: float, accuracy: float) -> None:
        """Record an epoch, keep its network if it is the best yet, and save.

        Args:
            loss: cross-entropy on the validation pictures.
            accuracy: share of them read rightly.
        """
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
            "teacher": self.args.teacher[0] if self.args.teacher else None,
            "freeze": self.args.freeze,
            "seed": self.args.seed,
            "epochs": self.progress.epoch,
        }
        return {"training": training, "curves": columns(self.rows)}


def learning_rate(recipe: Recipe, progress: Progress, total_steps: int) -> float:
    """The learning rate of the next step."""
    if recipe.schedule == "halve2":
        return recipe.learning_rate * 0.5 ** (progress.epoch // 2)
    done, warm_up = progress.step / total_steps, 0.03
    if done < warm_up:
        return recipe.learning_rate * (done + 1e-3) / warm_up
    return recipe.learning_rate * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


def one_thread(_: int) -> None:
    """Initialise a process that loads pictures: the processes are the parallelism."""
    cv2.setNumThreads(0)
    torch.set_num_threads(1)
