"""Train the style encoder and the stylizer together.

    python -m training.train_stylizer --photos PHOTOS --styles PAINTINGS --out runs/brush \
        --features vgg19_front.safetensors vgg19_distilled.safetensors
    python -m training.train_stylizer --photos PHOTOS --styles PAINTINGS --out runs/brush \
        --features imagenet

Of several feature files, each layer comes from the first that has it. A run writes checkpoint.pt
(every few minutes, atomically), model.safetensors, losses.csv, and sheet.png, which shows unseen
photographs in unseen styles: look at it. After a crash add `--resume`; on several GPUs put
`accelerate launch -m` in place of `python -m`.
"""

import argparse
import time
from dataclasses import asdict
from pathlib import Path
from typing import cast

import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from PIL import Image
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader, Subset

from training.files import save_atomically
from training.networks import unit_range
from training.networks.painter import Painter, load_painter, save_painter
from training.networks.vgg import load_features
from training.optimisers import make_muon
from training.run import one_thread
from training.schedule import Log, learning_rate
from training.style.objective import Losses, Objective, Weights
from training.style.pairs import Collection, Item, Pairs
from training.style.sheet import sheet, spread, squares

SHEET = 8
"""Photographs and styles on the sheet."""

EMA = 0.999
GRADIENT_NORM = 5.0


class StylizerRun:
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
        weights = Weights(args.alpha, args.beta, args.variation, args.identity)
        painter = load_painter(args.init)[0].train() if args.init else Painter()
        objective = Objective(painter, load_features(args.features, args.narrow), weights)
        objective = objective.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        optimiser = make_muon(painter, args.learning_rate)
        self.ema = AveragedModel(painter, multi_avg_fn=get_ema_multi_avg_fn(EMA))
        self.ema.to(self.accelerator.device)
        self.step = 0
        self.objective, self.optimiser = self.accelerator.prepare(objective, optimiser)

    @property
    def painter(self) -> Painter:
        """The networks being trained, without accelerate's wrapping."""
        objective: Objective = self.accelerator.unwrap_model(self.objective)
        return objective.painter

    def batches(self) -> DataLoader[Item]:
        """The batches that are still to come."""
        args, processes = self.args, self.accelerator.num_processes
        batch = args.batch * processes
        pairs = Pairs(self.collection, args.size, args.steps * batch, args.seed)
        rest = Subset(pairs, range(self.step * batch, len(pairs)))
        loader: DataLoader[Item] = DataLoader(
            rest, args.batch, num_workers=args.workers, worker_init_fn=one_thread
        )
        prepared: DataLoader[Item] = self.accelerator.prepare(loader)
        return prepared

    def take_step(
        self, photograph: torch.Tensor, style: torch.Tensor, same: torch.Tensor
    ) -> Losses:
        """One step of the optimiser on uint8 pictures [N,S,S,3]."""
        rate = learning_rate(self.step, self.args.steps, self.args.learning_rate)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        pictures = (unit_range(photograph), unit_range(style))
        seen = (p.contiguous(memory_format=torch.channels_last) for p in pictures)
        losses: Losses = self.objective(*seen, same)
        self.accelerator.backward(losses.total)
        self.accelerator.clip_grad_norm_(self.painter.parameters(), GRADIENT_NORM)
        self.optimiser.step()
        self.optimiser.zero_grad()
        self.ema.update_parameters(self.painter)
        self.step += 1
        return losses

    def save(self) -> None:
        """Write the checkpoint and the averaged networks atomically."""
        if not self.accelerator.is_main_process:
            return
        state = {
            "step": self.step,
            "painter": self.painter.state_dict(),
            "ema": self.ema.state_dict(),
            "optimiser": self.optimiser.state_dict(),
        }
        save_atomically(self.folder / "checkpoint.pt", lambda path: torch.save(state, path))
        save_painter(self.folder / "model.safetensors", cast(Painter, self.ema.module), self.card())

    def resume(self) -> None:
        """Go on from the checkpoint, if there is one."""
        path = self.folder / "checkpoint.pt"
        if not path.exists():
            return
        state = torch.load(path, map_location="cpu", weights_only=True)
        self.step = state["step"]
        self.painter.load_state_dict(state["painter"])
        self.ema.load_state_dict(state["ema"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.accelerator.print(f"resumed at step {self.step}", flush=True)

    def card(self) -> dict[str, object]:
        """What the networks' file says of their training."""
        args = self.args
        facts = ("steps", "batch", "size", "learning_rate", "seed")
        data = {
            "photographs": len(self.collection.photographs),
            "styles": len(self.collection.styles),
        }
        objective: Objective = self.accelerator.unwrap_model(self.objective)
        training = {name: getattr(args, name) for name in facts} | {
            "steps_done": self.step,
            "features": [Path(source).stem for source in args.features],
            "narrow": args.narrow,
            "losses": asdict(objective.weights),
        }
        return {"training": training, "data": data}

    def draw_sheet(self) -> None:
        """Write sheet.png: unseen photographs in unseen styles, by the averaged networks."""
        if not self.accelerator.is_main_process:
            return
        size, painter = max(192, self.args.size), cast(Painter, self.ema.module).eval()
        device = self.accelerator.device
        photographs = squares(spread(self.collection.unseen_photographs, SHEET), size).to(device)
        styles = squares(spread(self.collection.unseen_styles, SHEET), size).to(device)
        with self.accelerator.autocast():
            picture = sheet(painter.encoder, painter.stylizer, photographs, styles)
        image = Image.fromarray(picture)
        save_atomically(self.folder / "sheet.png", lambda path: image.save(path, "PNG"))


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Train the style encoder and the stylizer.")
    parser.add_argument("--photos", type=Path, required=True, help="folder of photographs")
    parser.add_argument("--styles", type=Path, required=True, help="folder of paintings")
    parser.add_argument("--features", nargs="+", required=True, help='VGG files, or "imagenet"')
    parser.add_argument("--narrow", action="store_true", help="a distilled VGG's own maps: faster")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    parser.add_argument("--init", type=Path, help="a model.safetensors, or onnx_models")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in --out")
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--batch", type=int, default=4, help="pictures a step on each device")
    parser.add_argument("--size", type=int, default=192, help="side of the crops in pixels")
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    for name, value in asdict(Weights()).items():
        parser.add_argument(f"--{name}", type=float, default=value, help="weight of that loss")
    parser.add_argument("--sheet-every", type=int, default=500, help="steps between sheets")
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
    run = StylizerRun(args)
    if args.resume:
        run.resume()
    log, saved = Log(args.out / "losses.csv", args.log_every), time.monotonic()
    for photograph, style, same in run.batches():
        losses = run.take_step(photograph, style, same)
        if run.accelerator.is_main_process:
            log.add(run.step, vars(losses))
        if run.step % args.sheet_every == 0:
            run.draw_sheet()
        if time.monotonic() - saved > args.save_every:
            run.save()
            saved = time.monotonic()
    run.save()
    run.draw_sheet()


if __name__ == "__main__":
    main()
