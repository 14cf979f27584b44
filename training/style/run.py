"""What training runs on photographs and paintings have in common, whatever they train."""

import argparse
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from torch import Tensor, nn
from torch.utils.data import DataLoader, Subset

from training.networks.device import device_name
from training.run import checkpoint
from training.run.arguments import add_run_arguments, add_style_pictures
from training.run.checkpoint import CHECKPOINT
from training.run.optimisers import make_muon, moving_average
from training.run.processes import from_first, minimum, one_thread, start
from training.run.resident import ResidentPictures
from training.run.schedule import Log, Schedule, cosine_rate, set_rate
from training.style.pairs import Collection, Item, Pairs, resident_batches

CPU_BATCH, CPU_SIZE = 4, 192
GPU_BATCH, GPU_SIZE = 32, 256
"""Pictures a step, at most on a GPU, and the side of the crops in pixels."""

WARM_UP = 200
"""Steps in which the learning rate rises."""

LEFTOVERS = ("losses.csv", "sheet.png")
"""What training writes beside the checkpoint and the network."""

PICTURE_BYTES, RESERVE = 1_200_000_000, 8_000_000_000
"""GPU memory that a crop of `GPU_SIZE` takes in training, and that all resident pictures take."""


class StyleRun(ABC):
    """A training run on disk and in memory.

    Args:
        args: the command line, see `add_arguments`.
    """

    def __init__(self, args: argparse.Namespace) -> None:
        self.accelerator = start(args)
        self.args, self.step = args, 0
        self.folder: Path = args.out
        self.collection = Collection.read(args.photos, args.styles, args.splits, args.presets)
        self.schedule = Schedule(args.steps, args.minutes)
        self.before = from_first(
            lambda: checkpoint.claim(args.out, args.resume, args.overwrite), self.accelerator
        )
        if self.before is not None:
            adopt_settings(args, self.before["settings"])
        choose_batch(args, self.accelerator)
        self.settings = self._settings()
        if self.before is not None:
            path = self.folder / CHECKPOINT
            checkpoint.require_same(path, self.before["settings"], self.settings)

    def _settings(self) -> dict[str, Any]:
        """What decides the next step, for a checkpoint."""
        args, found = self.args, self.collection
        names = ("steps", "batch", "size", "learning_rate", "seed", "preset_share")
        numbers = {name: len(getattr(found, name)) for name in ("photographs", "styles", "presets")}
        features = [Path(source).stem for source in args.features]
        processes = {"processes": self.accelerator.num_processes}
        own = {name: getattr(args, name) for name in names}
        return own | {"features": features} | numbers | processes

    def prepare(self, network: nn.Module, whole: nn.Module, decay: float) -> Any:
        """Make the optimiser and the mean of a network's weights.

        Args:
            network: what is trained.
            whole: the module that is called, which holds it; or the network itself.
            decay: of the mean.

        Returns:
            `whole` as accelerate wants it called.
        """
        self.ema = moving_average(network, decay, self.accelerator.device, warm_up=True)
        optimiser = make_muon(network, self.args.learning_rate)
        prepared, self.optimiser = self.accelerator.prepare(whole, optimiser)
        return prepared

    together = 1
    """Neighbours in a batch that have one photograph."""

    @property
    @abstractmethod
    def trained(self) -> nn.Module:
        """The network being trained, without accelerate's wrapping."""

    @abstractmethod
    def take_step(self, photograph: Tensor, style: Tensor, same: Tensor) -> Mapping[str, Tensor]:
        """One step on uint8 pictures [N,S,S,3]; the losses by name, scalars."""

    @abstractmethod
    def save_model(self) -> None:
        """Write the averaged network with its card, atomically."""

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """What a checkpoint needs beside step, mean and optimiser."""

    @abstractmethod
    def restore(self, state: dict[str, Any]) -> None:
        """Load what `state` returned."""

    def batches(self) -> Iterable[tuple[Tensor, Tensor, Tensor]]:
        """The batches that are still to come."""
        args, accelerator = self.args, self.accelerator
        share = args.batch * accelerator.num_processes
        pairs = Pairs(
            self.collection,
            args.size,
            args.steps * share,
            args.seed,
            together=self.together,
            preset_share=args.preset_share,
        )
        if accelerator.device.type == "cuda":
            records = [*self.collection.photographs, *self.collection.styles]
            records += self.collection.presets
            pictures = ResidentPictures(records, accelerator.device, max(2, args.workers))
            self.schedule.resume(self.schedule.before)  # reading them is no training
            own = accelerator.process_index * args.batch
            starts = range(self.step * share + own, len(pairs), share)
            return resident_batches(pairs, pictures, [range(i, i + args.batch) for i in starts])
        rest = Subset(pairs, range(self.step * share, len(pairs)))
        loader: DataLoader[Item] = DataLoader(
            rest, args.batch, num_workers=args.workers, worker_init_fn=one_thread
        )
        prepared: Iterable[tuple[Tensor, Tensor, Tensor]] = accelerator.prepare(loader)
        return prepared

    def progress(self) -> float:
        """Share of the run that is over, 0..1, by the first process's clock."""
        return self.schedule.progress_everywhere(self.step, self.accelerator)

    def descend(self, total: Tensor, norm: float) -> None:
        """Step down the gradient of a loss, clipped to a norm, at the schedule's rate."""
        warm_up = (self.step + 1) / WARM_UP
        set_rate(self.optimiser, cosine_rate(self.args.learning_rate, self.progress(), warm_up))
        self.accelerator.backward(total)
        self.accelerator.clip_grad_norm_(self.trained.parameters(), norm)
        self.optimiser.step()
        self.optimiser.zero_grad()
        self.ema.update_parameters(self.trained)
        self.step += 1

    def save(self) -> None:
        """Write the checkpoint and the averaged network atomically."""
        if not self.accelerator.is_main_process:
            return
        state = {
            "settings": self.settings,
            "step": self.step,
            "seconds": self.schedule.seconds,
            "ema": self.ema.state_dict(),
            "optimiser": self.optimiser.state_dict(),
        } | self.state()
        checkpoint.write(self.folder, state)
        self.save_model()

    def resume(self, state: checkpoint.State) -> None:
        """Restore the state of a checkpoint."""
        self.step = state["step"]
        self.schedule.resume(state["seconds"])
        self.ema.load_state_dict(state["ema"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.restore(state)
        self.accelerator.print(f"resumed at step {self.step}", flush=True)

    def describe(self, **facts: object) -> dict[str, object]:
        """The card of the network's file, with facts of the run's own."""
        names = ("steps", "minutes", "batch", "size", "learning_rate", "seed", "preset_share")
        training = {name: getattr(self.args, name) for name in names} | {
            "init": self.args.init and self.args.init.name,
            "device": device_name(self.accelerator.device),
            "steps_done": self.step,
            "features": [Path(source).stem for source in self.args.features],
        }
        data = {
            "photographs": len(self.collection.photographs),
            "styles": len(self.collection.styles),
            "presets": len(self.collection.presets),
        }
        return {"training": training | facts, "data": data}

    def train(self) -> None:
        """Take all steps that are still to come, with a log and checkpoints."""
        args = self.args
        if self.before is not None:
            self.resume(self.before)
        elif self.accelerator.is_main_process:
            checkpoint.clear(self.folder, LEFTOVERS)
        log, saved = Log(args.out / "losses.csv", args.log_every), time.monotonic()
        for batch in self.batches():
            losses = self.take_step(*batch)
            if self.accelerator.is_main_process:
                log.add(self.step, losses)
            if self.progress() >= 1:
                break
            if time.monotonic() - saved > args.save_every:
                self.save()
                saved = time.monotonic()
        self.save()


def adopt_settings(args: argparse.Namespace, settings: Mapping[str, Any]) -> None:
    """Take from a checkpoint what the device decides where the command line does not."""
    for name in ("batch", "size"):
        if getattr(args, name) is None:
            setattr(args, name, settings[name])


def choose_batch(args: argparse.Namespace, accelerator: Accelerator) -> None:
    """Choose batch and size of the crops by the devices, where the command line does not."""
    device = accelerator.device
    gpu = device.type == "cuda"
    if args.size is None:
        args.size = GPU_SIZE if gpu else CPU_SIZE
    if args.batch is None:
        args.batch = CPU_BATCH
        if gpu:
            free = minimum(torch.cuda.mem_get_info(device)[0], accelerator) - RESERVE
            fits = int(free / (PICTURE_BYTES * (args.size / GPU_SIZE) ** 2)) // 2 * 2
            args.batch = min(max(fits, 2), GPU_BATCH)


def add_arguments(parser: argparse.ArgumentParser, *, steps: int, rate: float) -> None:
    """The command line that all these runs have; by default so many steps, at this rate."""
    add = parser.add_argument
    add_run_arguments(parser)
    add_style_pictures(parser, several=True)
    add("--presets", type=Path, help="folder of large paintings that shall be painted best")
    add("--preset-share", type=float, default=0.25, help="share of the styles that are presets")
    add("--init", type=Path, help="a model.safetensors, or what is shipped in onnx_models")
    add("--steps", type=int, default=steps, help="at most")
    add("--size", type=int, help="side of the crops in pixels; 256 on a GPU, 192 without")
    add("--learning-rate", type=float, default=rate)
    add("--save-every", type=float, default=120.0, help="seconds between saves")
    add("--log-every", type=int, default=50, help="steps between lines")
