"""What the processes of one training run must have in common, and what each has of its own.

DistributedDataParallel makes weights and gradients equal. The rest is done here: the running
statistics of batch normalisation, of which each process sees its own share of the pictures; random
numbers, which must differ, else all processes drop the same units; and what is read from disk,
which may exist on the first machine only.
"""

import argparse
from collections.abc import Callable
from typing import TypeVar, cast

import cv2
import torch
from accelerate import Accelerator
from accelerate.utils import broadcast, broadcast_object_list, set_seed
from torch import nn

from training.common.errors import UserError

Value = TypeVar("Value")


def start(args: argparse.Namespace) -> Accelerator:
    """Begin a run in this process: its device, bfloat16, and its random numbers.

    Args:
        args: a command line with `add_run_arguments`.
    """
    accelerator = Accelerator(mixed_precision="bf16", cpu=args.cpu)
    set_seed(args.seed)
    # Adam's second moments shrink into denormals, which cost a CPU ten times as much. Threads
    # inherit this, so it comes before any of them is started.
    torch.set_flush_denormal(True)
    return accelerator


def one_thread(_: int) -> None:
    """Initialise a process that loads pictures: the processes are the parallelism."""
    cv2.setNumThreads(0)
    torch.set_num_threads(1)


def seed_step(seed: int, step: int, accelerator: Accelerator) -> None:
    """Seed torch for one step: a resumed run draws the same, and each process something else."""
    processes = accelerator.num_processes
    torch.manual_seed((seed * 1_000_003 + step) * processes + accelerator.process_index)


def share_buffers(module: nn.Module) -> None:
    """Give the buffers of a module, in place, the first process's values.

    It is its state that a checkpoint holds: so a resumed run ends as if it had not been killed.
    """
    with torch.no_grad():
        for buffer in module.buffers():
            broadcast(buffer)


def from_first(make: Callable[[], Value], accelerator: Accelerator) -> Value:
    """What a function gives in the first process, picklable, in all of them.

    Raises:
        UserError: in all of them, where the first one's function raises it.
    """
    made: Value | UserError | None = None
    if accelerator.is_main_process:
        try:
            made = make()
        except UserError as error:
            made = error
    (shared,) = broadcast_object_list([made])
    if isinstance(shared, UserError):
        raise shared
    return cast(Value, shared)


def minimum(number: int, accelerator: Accelerator) -> int:
    """The smallest of all processes' numbers, below 2^53."""
    numbers = torch.tensor([float(number)], dtype=torch.float64, device=accelerator.device)
    return int(accelerator.gather(numbers).min())
