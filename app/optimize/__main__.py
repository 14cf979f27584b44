"""Paint slowly from the command line.

    python -m app.optimize photo.jpg painting.jpg painted.png --seconds 60
    python -m app.optimize photo.jpg painted.png --preset gogh-the-starry-night --balance 0.7
    python -m app.optimize photo.jpg one.jpg two.jpg painted.png --weights 2,1 --timelapse all.mp4

Ctrl-C saves the best picture so far; pressed twice it ends at once and saves nothing.
"""

import argparse
import io
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from tqdm import tqdm

from app import MODELS
from app.errors import UserError
from app.generation_parameters import GenerationParameters, encode_with_parameters
from app.imaging import read_picture
from app.optimize.cli import PICTURES, STYLIZER, Progress, check_files, parse
from app.optimize.parameters import generation_parameters, network_version
from app.optimize.recipe import NETWORKS, PRESETS
from app.optimize.spec import GatysStep, OptimizationSpec, Plan, StyleSpec
from app.video.timelapse import Timelapse
from training.common.files import save_atomically

if TYPE_CHECKING:
    from app.optimize.engine import Optimization

_OVERRIDES = ("balance", "alpha", "beta", "variation", "optimiser", "scales", "steps")


def main(arguments: list[str] | None = None) -> None:
    """Read the command line and paint.

    Args:
        arguments: without the program's name; None reads the command line.

    Raises:
        SystemExit: with 1 after one sentence about an error that a person can correct, with 2 about
            the command line, with 130 if it was interrupted twice or before there was a picture.
    """
    args = parse(arguments)
    try:
        paint(args)
    except UserError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("Interrupted; nothing was saved.", file=sys.stderr)
        sys.exit(130)


def paint(args: argparse.Namespace) -> None:
    """Do what the command line says.

    Raises:
        UserError: a file cannot be read or written, or the settings are impossible.
    """
    check_files(args)
    spec = read_spec(args)
    optimization, provider = prepare(args, spec)
    print_plan(optimization.plan)
    timelapse = Timelapse()
    progress = Progress()
    try:
        progress.follow(optimization.run(), timelapse)
    except Exception:
        if progress.last:  # What was painted until then is not lost.
            save(args.out, optimization.picture, parameters_of(args, spec, progress.last, provider))
            print(f"It broke off; the best picture so far is in {args.out}.")
        raise
    assert progress.last
    picture = optimization.picture
    save(args.out, picture, parameters_of(args, spec, progress.last, provider))
    height, width = picture.shape[:2]
    saved = f"{args.out}, {width} x {height} pixels."
    print(
        f"Stopped; the best picture so far is {saved}" if progress.stopped else f"Painted {saved}"
    )
    if args.timelapse:
        timelapse.add(picture)
        write = timelapse.gif if args.timelapse.suffix.lower() == ".gif" else timelapse.mp4
        save_atomically(args.timelapse, write)
        print(f"How it came about: {args.timelapse}")


def read_spec(args: argparse.Namespace) -> OptimizationSpec:
    """Read the pictures, and build the spec of what is painted.

    Raises:
        UserError: a picture cannot be read, there is no such preset, or the weights are not as many
            as the styles.
    """
    count = len(args.styles) + len(args.preset)
    weights = args.weights or [1.0] * count
    if len(weights) != count:
        raise UserError(f"{count} styles need as many weights, not {len(weights)}.")
    given = {name: getattr(args, name) for name in _OVERRIDES}
    recipe = replace(PRESETS[args.recipe], **{k: v for k, v in given.items() if v is not None})
    if args.init or args.start == STYLIZER:
        recipe = replace(recipe, start="picture")
    elif args.start:
        recipe = replace(recipe, start=args.start)
    content = read_picture(args.content)
    styles = tuple(
        replace(style, weight=weight)
        for style, weight in zip(styles_of(args), weights, strict=True)
    )
    begin = read_picture(args.init) if args.init else None
    mask = np.array(Image.fromarray(read_picture(args.mask)).convert("L")) if args.mask else None
    if recipe.start == "picture" and begin is None:
        begin = painted_at_once(content, styles, args.side, args.preset)
    return OptimizationSpec(
        content=content,
        styles=styles,
        recipe=recipe,
        seconds=None if args.steps else args.seconds,
        side=args.side,
        start=begin,
        mask=mask,
        colours=args.colours,
        seed=args.seed,
    )


def styles_of(args: argparse.Namespace) -> list[StyleSpec]:
    """Pictures to paint like, then presets.

    Raises:
        UserError: a picture cannot be read, or there is no such preset.
    """
    styles = [StyleSpec(read_picture(path)) for path in args.styles]
    if args.preset:
        from app.serving.presets import read_targets  # This import loads ONNX Runtime.

        targets = read_targets(MODELS)
        for name in args.preset:
            if name not in targets:
                raise UserError(f"There is no preset {name!r}; choose one of {', '.join(targets)}.")
            styles.append(StyleSpec(None, statistics=targets[name]))
    return styles


def painted_at_once(
    content: np.ndarray, styles: Sequence[StyleSpec], side: int | None, presets: Sequence[str] = ()
) -> np.ndarray:
    """The instant stylizer's result, uint8 RGB [h,w,3].

    Args:
        content: uint8 RGB [H,W,3].
        styles: pictures, and in the end as many presets as there are names of them.
        side: longest side of the result in pixels, at most.
        presets: the names.
    """
    from app.serving.stylizer import WARM_START_SIDE, warm_start
    from app.serving.stylizer_bundle import StylizerBundle

    bundle = StylizerBundle.load(MODELS, provider="auto", require_gpu=False)
    vectors = [bundle.stylizer.encode(s.picture) for s in styles if s.picture is not None]
    vectors += [bundle.presets.named(name).vector for name in presets]
    weights = [style.weight for style in styles]
    side = min(WARM_START_SIDE, side or WARM_START_SIDE)
    return warm_start(bundle.stylizer, content, vectors, weights, side=side)


def prepare(args: argparse.Namespace, spec: OptimizationSpec) -> tuple["Optimization", str]:
    """Load PyTorch and the network, and try two steps. The second result is "CUDA" or "CPU"."""
    from app.optimize.engine import Optimization
    from app.optimize.features import load_network
    from training.networks.device import best_device

    device = best_device()
    pooling = spec.recipe.pooling
    with tqdm(total=1, disable=None, leave=False, bar_format="{desc} {percentage:.0f}%") as bar:
        bar.set_description_str(f"Loading the {NETWORKS[args.network]}")
        network = load_network(
            args.network, device, pooling=pooling, report=lambda share: bar.update(share - bar.n)
        )
    provider = "CUDA" if device.type == "cuda" else "CPU"
    print(f"{PRESETS[args.recipe].title} with the {NETWORKS[args.network]}, on the {provider}")
    return Optimization(spec, network, device), provider


def print_plan(plan: Plan) -> None:
    """Say what is going to be done, and how long it will take."""
    for number, level in enumerate(plan.levels, start=1):
        size = f"{level.width} x {level.height}"
        print(f"  scale {number}  {size:>11}  {level.steps:5} steps  {level.seconds:7.1f} s")
    print(f"  together {plan.steps:21} steps  {plan.seconds:7.1f} s, {plan.memory / 2**20:.0f} MB")
    for notice in plan.notices:
        print(f"  {notice}")


def parameters_of(
    args: argparse.Namespace, spec: OptimizationSpec, last: GatysStep, provider: str
) -> GenerationParameters:
    """How the picture was painted."""
    return generation_parameters(
        spec,
        last,
        title=args.content.name,
        styles=[*((path.name, "") for path in args.styles), *((n, n) for n in args.preset)],
        network=(NETWORKS[args.network], network_version(args.network)),
        provider=provider,
        start=args.init.name if args.init else "",
    )


def save(path: Path, picture: np.ndarray, parameters: GenerationParameters) -> None:
    """Write a picture, uint8 RGB [H,W,3]; as PNG with its parameters."""
    kind = PICTURES[path.suffix.lower()]
    if kind == "PNG":
        content = encode_with_parameters(picture, parameters)
    else:
        file = io.BytesIO()
        Image.fromarray(picture).save(file, kind, quality=95)
        content = file.getvalue()
    save_atomically(path, lambda partial: partial.write_bytes(content))


if __name__ == "__main__":
    main()
