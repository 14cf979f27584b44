"""Train the texture encoder to compute VGG19's style features.

    python -m training.style.train_texture_encoder --photos PHOTOS --styles PAINTINGS \
        --out runs/texture --features vgg19_front.safetensors vgg19_distilled.safetensors
    python -m training.style.train_texture_encoder --photos PHOTOS --styles PAINTINGS \
        --out runs/texture --features imagenet

Of several feature files, each layer comes from the first that has it. A run writes checkpoint.pt
(every few minutes, atomically), model.safetensors and losses.csv. After a crash repeat the
command with `--resume`; on several GPUs put `accelerate launch -m` in place of `python -m`.
"""

import argparse
from collections.abc import Iterator, Mapping
from typing import Any, cast

import torch
from torch import Tensor

from training.common.errors import exit_on_user_error
from training.networks import unit_range
from training.networks.texture_encoder import (
    HEADS,
    TextureEncoder,
    load_texture_encoder,
    save_texture_encoder,
)
from training.networks.vgg import load_features
from training.style.distillation import (
    Components,
    difference_losses,
    distillation_losses,
    fit_heads,
    picture_losses,
)
from training.style.intermediate_images import IntermediateImages
from training.style.pairs import Pairs
from training.style.run import StyleRun, add_arguments

EMA = 0.998
GRADIENT_NORM = 1.0
POOL = 12
"""Pictures that are being optimised, on each device."""

BASIS, BASIS_SIZE, BASIS_SEED = 256, 160, 1
"""Pictures to find the principal components with, their side, and which they are. A network that is
trained further has its heads fitted to the components first."""


class TextureRun(StyleRun):
    """A training run on disk and in memory.

    Args:
        args: the command line.
    """

    def __init__(self, args: argparse.Namespace) -> None:
        super().__init__(args)
        network = load_texture_encoder(args.init)[0].train() if args.init else TextureEncoder()
        network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.teacher = self._teacher()
        if args.init:
            fit_heads(network.to(self.accelerator.device), self.teacher, self._basis())
        self.network = self.prepare(network, network, EMA)
        self.pool = IntermediateImages(POOL, args.size, args.seed + self.accelerator.process_index)

    def _basis(self) -> Iterator[Tensor]:
        """Pictures to find components with, RGB float32 in [0,1] [4,3,S,S] each."""
        pairs = Pairs(self.collection, BASIS_SIZE, BASIS // 2, BASIS_SEED)
        generator = torch.Generator().manual_seed(0)
        for i in range(len(pairs)):
            photograph, style, _ = pairs[i]
            pictures = unit_range(torch.stack([photograph, style]))
            # A picture may begin as noise, which needs components of its own.
            grain = torch.randn(pictures.shape, generator=generator)
            share = torch.rand(2, 1, 1, 1, generator=generator) * 0.3
            both = torch.cat([pictures, (pictures + share * grain).clamp(0, 1)])
            yield both.to(self.accelerator.device)

    def _teacher(self) -> Components:
        features = load_features(self.args.features).to(self.accelerator.device)
        features = features.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        with self.accelerator.autocast():
            teacher = Components(features, HEADS, self._basis())
        shares = "  ".join(f"{name} {share:.4f}" for name, share in teacher.energy.items())
        self.accelerator.print(f"energy in the components: {shares}", flush=True)
        return teacher

    @property
    def trained(self) -> TextureEncoder:
        """The network being trained, without accelerate's wrapping."""
        network: TextureEncoder = self.accelerator.unwrap_model(self.network)
        return network

    def take_step(self, photograph: Tensor, style: Tensor, same: Tensor) -> Mapping[str, Tensor]:
        """One step of the optimiser, and of the intermediate pictures, on uint8 [N,S,S,3].

        Whether both are the same picture makes no difference here.
        """
        fresh = unit_range(photograph), unit_range(style)
        slots = self.pool.slots(self.step, *(x.cpu() for x in fresh))
        slots = slots.to(self.accelerator.device)
        slots.picture.requires_grad_()
        pictures = torch.cat([slots.picture, slots.photograph, slots.style, *fresh])
        pictures = pictures.contiguous(memory_format=torch.channels_last)
        with self.accelerator.autocast():
            maps = self.network(pictures)
            target_maps = self.teacher(pictures.detach())
            losses = distillation_losses(maps, target_maps)
            differences = difference_losses(maps, target_maps, len(slots.where))
            optimised = picture_losses(maps, slots.beta)
        (gradient,) = torch.autograd.grad(optimised, slots.picture, retain_graph=True)
        total = torch.stack(list(losses.values())).mean()
        total = total + self.args.content * differences["content"]
        total = total + self.args.style * differences["style"]
        self.descend(total, GRADIENT_NORM)
        self.pool.descend(slots, gradient)
        return losses | differences

    def state(self) -> dict[str, Any]:
        """The network's weights, and the intermediate pictures."""
        return {"network": self.trained.state_dict(), "pool": self.pool.tensors}

    def restore(self, state: dict[str, Any]) -> None:
        """Take both back; the pictures are the first process's, the others begin new ones."""
        self.trained.load_state_dict(state["network"])
        if self.accelerator.is_main_process:
            self.pool.tensors = state["pool"]

    def save_model(self) -> None:
        """Write the averaged network atomically."""
        network = cast(TextureEncoder, self.ema.module)
        save_texture_encoder(self.folder / "model.safetensors", network, self.card())

    def card(self) -> dict[str, object]:
        """What the network's file says of its training."""
        args = self.args
        return self.describe(content=args.content, style=args.style, energy=self.teacher.energy)


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_arguments(parser, steps=10_000, rate=2e-3)
    for name, weight in (("content", 1.0), ("style", 10.0)):
        words = f"weight of what the encoder is mistaken about in a picture's {name}"
        parser.add_argument(f"--{name}", type=float, default=weight, help=words)
    return parser.parse_args(argv)


@exit_on_user_error()
def main(argv: list[str] | None = None) -> None:
    """Train for as many steps as were asked for."""
    TextureRun(parse_args(argv)).train()


if __name__ == "__main__":
    main()
