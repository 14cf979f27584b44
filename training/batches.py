"""The batches that a classifier's training run reads, from files or from the GPU's memory."""

import argparse
from collections.abc import Iterable
from dataclasses import replace

import cv2
import torch
from accelerate import Accelerator, skip_first_batches
from accelerate.utils import gather
from torch import Tensor
from torch.utils.data import DataLoader

from training.data import Record
from training.dataset import Item, Views
from training.recipes import Recipe, Stage
from training.resident import ResidentPictures
from training.resident_views import resident_views
from training.teachers import teacher_class

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
        args: the command line of training.train_classifier.
        recipe: how the pictures are seen.
        train: the training pictures.
        validation: the validation pictures.
    """

    def __init__(
        self,
        accelerator: Accelerator,
        args: argparse.Namespace,
        recipe: Recipe,
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
        own, processes = self.accelerator.process_index, self.accelerator.num_processes
        together = batch * processes
        if len(order) < together:
            return [order[own::processes]]
        starts = range(0, len(order) - together + 1, together)
        return [order[start + own * batch :][:batch] for start in starts]

    def whole(self) -> Batches:
        """The validation pictures, letterboxed; a GPU reads them once and keeps them.

        All epochs are judged at the size that training ends with, for losses at different sizes
        cannot be compared.
        """
        views = Views(self.validation, self.recipe.stages[-1].size)
        batches: Batches = DataLoader(views, 64, num_workers=self.args.workers)
        if self.pictures is None:
            return batches
        if self._whole is None:
            device = self.accelerator.device
            self._whole = [(image.to(device), labels, kinds) for image, labels, kinds in batches]
        return self._whole


def settle(recipe: Recipe, accelerator: Accelerator, batch: int | None) -> Recipe:
    """A recipe with batches of so many pictures; None leaves them, or on a GPU fits its memory.

    Sizes stay the recipe's: they decide what is learned, and the last is what is validated.
    """
    device = accelerator.device
    if batch is not None:
        stages = [replace(stage, batch=batch) for stage in recipe.stages]
    elif device.type == "cuda":
        free = torch.tensor([torch.cuda.mem_get_info(device)[0]], device=device)
        room = int(gather(free).min()) - RESERVE  # the same for all processes
        stages = [replace(stage, batch=fitting(room, stage.size)) for stage in recipe.stages]
    else:
        return recipe
    return replace(recipe, stages=tuple(stages))


def fitting(room: int, size: int) -> int:
    """How many pictures of this side are trained with at once in so many bytes, 2..GPU_BATCH."""
    fits = int(room / (PICTURE_BYTES * (size / PICTURE_SIZE) ** 2))
    return min(max(fits, 2), GPU_BATCH)


def one_thread(_: int) -> None:
    """Initialise a process that loads pictures: the processes are the parallelism."""
    cv2.setNumThreads(0)
    torch.set_num_threads(1)
