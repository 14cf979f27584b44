"""Train the texture encoder to see as VGG19 does.

    python -m training.train_texture_encoder --photos PHOTOS --styles PAINTINGS --out runs/texture \
        --features vgg19_front.safetensors vgg19_distilled.safetensors
    python -m training.train_texture_encoder --photos PHOTOS --styles PAINTINGS --out runs/texture \
        --features imagenet

Of several feature files, each layer comes from the first that has it. A run writes checkpoint.pt
(every few minutes, atomically), model.safetensors and losses.csv. After a crash add `--resume`; on
several GPUs put `accelerate launch -m` in place of `python -m`.
"""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader, Subset

from training.files import save_atomically
from training.networks import unit_range
from training.networks.texture_encoder import (
    HEADS,
    TextureEncoder,
    load_texture_encoder,
    save_texture_encoder,
)
from training.networks.vgg import load_features
from training.optimisers import make_muon
from training.run import one_thread
from training.schedule import Log, learning_rate
from training.style.lessons import difference_losses, distillation_losses, picture_losses
from training.style.pairs import Collection, Item, Pairs
from training.style.principal import Components
from training.style.unfinished import Unfinished

EMA = 0.998
GRADIENT_NORM = 1.0
POOL = 12
"""Pictures that are being optimised, on each device."""

BASIS, BASIS_SIZE, BASIS_SEED = 256, 160, 1
"""Pictures to find the principal components with, their side, and which they are. They are the same
in every run, or a network that is trained further would find its lessons turned round."""


class TextureRun:
    """A training run on disk and in memory.

    Args:
        args: the command line.
    """

    def __init__(self, args: argparse.Namespace) -> None:
        self.accelerator = Accelerator(mixed_precision="bf16", cpu=args.cpu)
        set_seed(args.seed)
        torch.set_flush_denormal(True)  # see training.run
        self.args = args
        self.folder: Path = args.out
        self.collection = Collection.read(args.photos, args.styles)
        network = load_texture_encoder(args.init)[0].train() if args.init else TextureEncoder()
        network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        optimiser = make_muon(network, args.learning_rate)
        self.ema = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(EMA))
        self.ema.to(self.accelerator.device)
        self.step = 0
        self.pool = Unfinished(POOL, args.size, args.seed + self.accelerator.process_index)
        self.network, self.optimiser = self.accelerator.prepare(network, optimiser)
        self.teacher = self._teacher()

    def _teacher(self) -> Components:
        features = load_features(self.args.features).to(self.accelerator.device)
        features = features.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        pairs = Pairs(self.collection, BASIS_SIZE, BASIS // 2, BASIS_SEED)
        generator = torch.Generator().manual_seed(0)

        def batches() -> Iterator[Tensor]:
            for i in range(len(pairs)):
                photograph, style, _ = pairs[i]
                pictures = unit_range(torch.stack([photograph, style]))
                # A picture may begin as noise, which needs components of its own.
                grain = torch.randn(pictures.shape, generator=generator)
                share = torch.rand(2, 1, 1, 1, generator=generator) * 0.3
                yield torch.cat([pictures, (pictures + share * grain).clamp(0, 1)]).to(
                    self.accelerator.device
                )

        with self.accelerator.autocast():
            teacher = Components(features, HEADS, batches())
        shares = "  ".join(f"{name} {share:.4f}" for name, share in teacher.energy.items())
        self.accelerator.print(f"energy in the components: {shares}", flush=True)
        return teacher

    @property
    def plain(self) -> TextureEncoder:
        """The network being trained, without accelerate's wrapping."""
        network: TextureEncoder = self.accelerator.unwrap_model(self.network)
        return network

    def batches(self) -> DataLoader[Item]:
        """The batches that are still to come."""
        args = self.args
        batch = args.batch * self.accelerator.num_processes
        pairs = Pairs(self.collection, args.size, args.steps * batch, args.seed)
        rest = Subset(pairs, range(self.step * batch, len(pairs)))
        loader: DataLoader[Item] = DataLoader(
            rest, args.batch, num_workers=args.workers, worker_init_fn=one_thread
        )
        prepared: DataLoader[Item] = self.accelerator.prepare(loader)
        return prepared

    def take_step(self, photograph: Tensor, style: Tensor) -> dict[str, Tensor]:
        """One step of the optimiser, and of the unfinished pictures, on uint8 [N,S,S,3]."""
        rate = learning_rate(self.step, self.args.steps, self.args.learning_rate)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        fresh = unit_range(photograph), unit_range(style)
        slots = self.pool.visit(self.step, *(x.cpu() for x in fresh))
        slots = slots.to(self.accelerator.device)
        slots.picture.requires_grad_()
        pictures = torch.cat([slots.picture, slots.photograph, slots.style, *fresh])
        pictures = pictures.contiguous(memory_format=torch.channels_last)
        with self.accelerator.autocast():
            maps = self.network(pictures)
            taught = self.teacher(pictures.detach())
            losses = distillation_losses(maps, taught)
            differences = difference_losses(maps, taught, len(slots.where))
            unfinished = picture_losses(maps, slots.beta)
        (gradient,) = torch.autograd.grad(unfinished, slots.picture, retain_graph=True)
        total = torch.stack(list(losses.values())).mean()
        total = total + self.args.content * differences["content"]
        total = total + self.args.style * differences["style"]
        self.accelerator.backward(total)
        self.accelerator.clip_grad_norm_(self.network.parameters(), GRADIENT_NORM)
        self.optimiser.step()
        self.optimiser.zero_grad()
        self.pool.descend(slots, gradient)
        self.ema.update_parameters(self.plain)
        self.step += 1
        return losses | differences

    def save(self) -> None:
        """Write the checkpoint and the averaged network atomically."""
        if not self.accelerator.is_main_process:
            return
        state = {
            "step": self.step,
            "network": self.plain.state_dict(),
            "ema": self.ema.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "pool": self.pool.tensors,
        }
        save_atomically(self.folder / "checkpoint.pt", lambda path: torch.save(state, path))
        network = cast(TextureEncoder, self.ema.module)
        save_texture_encoder(self.folder / "model.safetensors", network, self.card())

    def resume(self) -> None:
        """Go on from the checkpoint, if there is one."""
        path = self.folder / "checkpoint.pt"
        if not path.exists():
            return
        state = torch.load(path, map_location="cpu", weights_only=True)
        self.step, self.pool.tensors = state["step"], state["pool"]
        self.plain.load_state_dict(state["network"])
        self.ema.load_state_dict(state["ema"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.accelerator.print(f"resumed at step {self.step}", flush=True)

    def card(self) -> dict[str, object]:
        """What the network's file says of its training."""
        facts = ("steps", "batch", "size", "learning_rate", "content", "style", "seed")
        training = {name: getattr(self.args, name) for name in facts} | {
            "steps_done": self.step,
            "features": [Path(source).stem for source in self.args.features],
            "energy": self.teacher.energy,
        }
        data = {
            "photographs": len(self.collection.photographs),
            "styles": len(self.collection.styles),
        }
        return {"training": training, "data": data}


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=Path, required=True, help="folder of photographs")
    parser.add_argument("--styles", type=Path, required=True, help="folder of paintings")
    parser.add_argument("--features", nargs="+", required=True, help='VGG files, or "imagenet"')
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    parser.add_argument("--init", type=Path, help="a model.safetensors, or the shipped .onnx file")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in --out")
    parser.add_argument("--steps", type=int, default=10_000)
    parser.add_argument("--batch", type=int, default=4, help="photographs a step on each device")
    parser.add_argument("--size", type=int, default=192, help="side of the crops in pixels")
    parser.add_argument("--learning-rate", type=float, default=2e-3)
    for name, weight in (("content", 1.0), ("style", 10.0)):
        words = f"weight of what the encoder is mistaken about in a picture's {name}"
        parser.add_argument(f"--{name}", type=float, default=weight, help=words)
    parser.add_argument("--save-every", type=float, default=180.0, help="seconds between saves")
    parser.add_argument("--log-every", type=int, default=50, help="steps between lines")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2, help="processes that load pictures")
    parser.add_argument("--cpu", action="store_true", help="do not use a GPU")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Train for as many steps as were asked for."""
    args = parse_args(argv)
    args.out.mkdir(parents=True, exist_ok=True)
    run = TextureRun(args)
    if args.resume:
        run.resume()
    log, saved = Log(args.out / "losses.csv", args.log_every), time.monotonic()
    for photograph, style, _ in run.batches():
        losses = run.take_step(photograph, style)
        if run.accelerator.is_main_process:
            log.add(run.step, losses)
        if time.monotonic() - saved > args.save_every:
            run.save()
            saved = time.monotonic()
    run.save()


if __name__ == "__main__":
    main()
