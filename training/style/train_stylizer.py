"""Train the style encoder and the stylizer together.

    python -m training.style.train_stylizer --photos PHOTOS --styles PAINTINGS --out runs/brush \
        --features vgg19_front.safetensors vgg19_distilled.safetensors
    python -m training.style.train_stylizer --photos PHOTOS --styles PAINTINGS --out runs/brush \
        --features imagenet

Of several feature files, each layer comes from the first that has it. A run writes checkpoint.pt
(every few minutes, atomically), model.safetensors, losses.csv, and sheet.png, which shows unseen
photographs in unseen styles: look at it. After a crash repeat the command with
`--resume`; on several GPUs put `accelerate launch -m` in place of `python -m`.
"""

import argparse
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, cast

import torch
from PIL import Image
from torch import Tensor

from training.common.errors import exit_on_user_error
from training.common.files import save_atomically
from training.networks import unit_range
from training.networks.style_transfer import StyleTransfer, load_style_transfer, save_style_transfer
from training.networks.vgg import load_features
from training.run.processes import seed_step
from training.style.objective import Losses, StylizerObjective, Weights
from training.style.run import StyleRun, add_arguments
from training.style.sheet import sheet, spread, squares

SHEET = 8
"""Photographs and styles on the sheet."""

EMA = 0.999
GRADIENT_NORM = 5.0


class StylizerRun(StyleRun):
    """A training run on disk and in memory.

    Args:
        args: the command line.
    """

    def __init__(self, args: argparse.Namespace) -> None:
        super().__init__(args)
        weights = Weights(**{field.name: getattr(args, field.name) for field in fields(Weights)})
        network = load_style_transfer(args.init)[0].train() if args.init else StyleTransfer()
        features = load_features(args.features, args.narrow)
        content = load_features(args.features[-1:], narrow=True)
        objective = StylizerObjective(network, features, weights, content)
        objective = objective.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.objective = self.prepare(network, objective, EMA)

    together = 2

    @property
    def trained(self) -> StyleTransfer:
        """The networks being trained, without accelerate's wrapping."""
        objective: StylizerObjective = self.accelerator.unwrap_model(self.objective)
        return objective.network

    def take_step(self, photograph: Tensor, style: Tensor, same: Tensor) -> Mapping[str, Tensor]:
        """One step of the optimiser on uint8 pictures [N,S,S,3], and now and then a sheet."""
        seed_step(self.args.seed, self.step, self.accelerator)
        pictures = (unit_range(photograph), unit_range(style))
        seen = (p.contiguous(memory_format=torch.channels_last) for p in pictures)
        losses: Losses = self.objective(*seen, same)
        self.descend(losses.total, GRADIENT_NORM)
        if self.step % self.args.sheet_every == 0:
            self.draw_sheet()
        return vars(losses)

    def state(self) -> dict[str, Any]:
        """Both networks' weights."""
        return {"painter": self.trained.state_dict()}

    def restore(self, state: dict[str, Any]) -> None:
        """Load them from a checkpoint."""
        self.trained.load_state_dict(state["painter"])

    def save_model(self) -> None:
        """Write the averaged networks atomically."""
        save_style_transfer(
            self.folder / "model.safetensors", cast(StyleTransfer, self.ema.module), self.card()
        )

    def card(self) -> dict[str, object]:
        """What the networks' file says of their training."""
        objective: StylizerObjective = self.accelerator.unwrap_model(self.objective)
        return self.describe(narrow=self.args.narrow, losses=asdict(objective.weights))

    def draw_sheet(self) -> None:
        """Write sheet.png: unseen photographs in unseen styles, by the averaged networks."""
        if not self.accelerator.is_main_process:
            return
        size, network = max(192, self.args.size), cast(StyleTransfer, self.ema.module).eval()
        device = self.accelerator.device
        photographs = squares(spread(self.collection.unseen_photographs, SHEET), size).to(device)
        styles = squares(spread(self.collection.unseen_styles, SHEET), size).to(device)
        with self.accelerator.autocast():
            picture = sheet(network.encoder, network.stylizer, photographs, styles)
        image = Image.fromarray(picture)
        save_atomically(self.folder / "sheet.png", lambda path: image.save(path, "PNG"))


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Train the style encoder and the stylizer.")
    add_arguments(parser, steps=20_000, rate=1e-3)
    parser.add_argument("--narrow", action="store_true", help="a distilled VGG's own maps: faster")
    for name, value in asdict(Weights()).items():
        parser.add_argument(f"--{name}", type=float, default=value, help="weight of that loss")
    parser.add_argument("--sheet-every", type=int, default=500, help="steps between sheets")
    return parser.parse_args(argv)


@exit_on_user_error()
def main(argv: list[str] | None = None) -> None:
    """Train for as many steps as were asked for."""
    run = StylizerRun(parse_args(argv))
    run.train()
    run.draw_sheet()


if __name__ == "__main__":
    main()
