"""The batches that a classifier's training run reads, from files or from the GPU's memory."""

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path

import torch
from accelerate import Accelerator, skip_first_batches
from torch import Tensor
from torch.utils.data import DataLoader

from training.classifier.device_views import resident_views
from training.classifier.recipes import Stage, TrainingRecipe, with_batches
from training.classifier.teachers import teacher_class
from training.classifier.views import Item, Views
from training.common.errors import UserError
from training.common.movements import MOVEMENTS
from training.data import Record
from training.run.processes import minimum, one_thread
from training.run.resident import ResidentPictures

GPU_BATCH = 128
"""Pictures a step, at most, where the GPU's memory decides."""

PICTURE_BYTES, PICTURE_SIZE = 150_000_000, 224
"""GPU memory that a picture of this side takes in training: twice what DenseNet-121 keeps for its
gradients in bfloat16 (73 MB; the other networks keep less)."""

RESERVE = 2_000_000_000
"""GPU memory for weights, their gradients and means, and for making views."""

Batches = Iterable[tuple[Tensor, Tensor, Tensor]]
"""Images uint8 [N,size,size,3]; labels and kinds, int64 [N]."""


class RunBatches:
    """Batches of training and validation pictures.

    Args:
        accelerator: where they are wanted; on CUDA all training pictures are read at once.
        args: the command line of training.classifier.train.
        recipe: how the pictures are seen.
        train: the training pictures.
        validation: the validation pictures.
    """

    def __init__(
        self,
        accelerator: Accelerator,
        args: argparse.Namespace,
        recipe: TrainingRecipe,
        train: list[Record],
        validation: list[Record],
    ) -> None:
        self.accelerator, self.args, self.recipe = accelerator, args, recipe
        self.train, self.validation = train, validation
        self.teacher_size = 0
        if args.teacher:
            self.teacher_size = args.teacher_size or teacher_class(args.teacher[0]).size
        self.pictures: ResidentPictures | None = None
        self._whole: Batches | None = None
        if accelerator.device.type == "cuda":
            self.keep_on_device()

    @property
    def _process(self) -> tuple[int, int]:
        """This process's index, and how many there are."""
        return self.accelerator.process_index, self.accelerator.num_processes

    def steps(self, stage: Stage) -> int:
        """Optimiser steps of an epoch: each takes a batch on every process, the rest is dropped."""
        together = stage.batch * self.accelerator.num_processes
        return max(1, len(self.train) // together)

    def keep_on_device(self) -> None:
        """Read all training pictures, no larger than the smallest crop asks for."""
        largest = max(self.teacher_size, *(stage.size for stage in self.recipe.stages))
        shorter = round(largest / self.recipe.augmentation.smallest_crop)
        self.pictures = ResidentPictures(
            self.train,
            self.accelerator.device,
            max(2, self.args.workers),
            None if self.recipe.views == "six" else shorter,
        )

    def training(self, stage: Stage, epoch: int, done: int) -> Batches:
        """An epoch's batches after those that are done; seed and epoch decide their order."""
        views = Views(
            self.train,
            max(stage.size, self.teacher_size),
            self.recipe.augmentation,
            six=self.recipe.views == "six",
            seed=self.args.seed,
        )
        views.epoch = epoch
        generator = torch.Generator().manual_seed(self.args.seed + epoch)
        if self.pictures is not None:
            order = torch.randperm(len(views), generator=generator).tolist()
            return resident_views(views, self.pictures, self._own(order, stage.batch)[done:])
        loader: DataLoader[Item] = DataLoader(
            views,
            stage.batch,
            shuffle=True,
            drop_last=len(views) > stage.batch * self.accelerator.num_processes,
            num_workers=self.args.workers,
            generator=generator,
            worker_init_fn=one_thread,
        )
        rest: Batches = skip_first_batches(self.accelerator.prepare(loader), done)
        return rest

    def _own(self, order: list[int], batch: int) -> list[list[int]]:
        """This process's batches of an epoch; as in a DataLoader, the last pictures are dropped."""
        own, processes = self._process
        together = batch * processes
        if len(order) < together:
            return [order[own::processes]]
        starts = range(0, len(order) - together + 1, together)
        return [order[start + own * batch :][:batch] for start in starts]

    def whole(self) -> Batches:
        """This process's share of the validation pictures, letterboxed.

        A GPU reads them once and keeps them.

        All epochs are judged at the size that training ends with, for losses at different sizes
        cannot be compared.
        """
        own, processes = self._process
        views = Views(self.validation[own::processes], self.recipe.stages[-1].size)
        batches: Batches = DataLoader(views, 64, num_workers=self.args.workers)
        if self.pictures is None:
            return batches
        if self._whole is None:
            device = self.accelerator.device
            self._whole = [(image.to(device), labels, kinds) for image, labels, kinds in batches]
        return self._whole


def require_pictures(
    args: argparse.Namespace, train: list[Record], validation: list[Record], processes: int
) -> None:
    """Check that there are training and validation pictures.

    Args:
        args: the command line of training.classifier.train.
        train: the training pictures.
        validation: the validation pictures.
        processes: that train together.

    Raises:
        UserError: a movement has no pictures, or a batch would be a single one.
    """
    require_movements(args.manifest, "train", train)
    require_movements(args.manifest, "validation", validation)
    if args.batch is not None and args.batch < 2:
        raise UserError("Batch normalisation needs two pictures at once: give --batch 2 or more.")
    if len(train) < 2 * processes:
        raise UserError(
            f"{len(train)} training pictures are too few for {processes} processes: batch "
            "normalisation needs two in each."
        )


def require_movements(manifest: Path, split: str, records: Sequence[Record]) -> None:
    """Check that each movement has a picture.

    Args:
        manifest: where the records are from.
        split: of the records, to be named.
        records: the pictures of that split.

    Raises:
        UserError: one has none.
    """
    missing = sorted(set(MOVEMENTS) - {record.movement for record in records})
    if missing:
        raise UserError(
            f"{manifest} holds no {split} pictures of {', '.join(missing)}: add some, or make "
            "another split with training.data."
        )


def choose_batch(recipe: TrainingRecipe, accelerator: Accelerator) -> TrainingRecipe:
    """A recipe whose batches fit the memory of the smallest GPU; as it is without any."""
    device = accelerator.device
    if device.type != "cuda":
        return recipe
    free = minimum(torch.cuda.mem_get_info(device)[0], accelerator) - RESERVE
    return with_batches(recipe, [batch_that_fits(free, stage.size) for stage in recipe.stages])


def batch_that_fits(free: int, size: int) -> int:
    """How many pictures of this side are trained with at once in so many bytes, 2..GPU_BATCH."""
    fits = int(free / (PICTURE_BYTES * (size / PICTURE_SIZE) ** 2))
    return min(max(fits, 2), GPU_BATCH)
