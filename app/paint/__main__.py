"""Paint slowly from the command line.

    python -m app.paint photo.jpg painting.jpg painted.png --seconds 60
    python -m app.paint photo.jpg painted.png --preset gogh-the-starry-night --balance 0.7
    python -m app.paint photo.jpg one.jpg two.jpg painted.png --weights 2,1 --timelapse film.mp4

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
from app.film.timelapse import Timelapse
from app.gradients.commission import Commission, GatysStep, Plan, Style
from app.gradients.recipe import NETWORKS, PRESETS
from app.imaging import read_picture
from app.paint.arguments import PAINTER, PICTURES, check_files, parse
from app.paint.progress import Progress
from app.receipt import Receipt, encode_with_receipt
from app.slow_receipt import network_version, slow_receipt
from training.files import save_atomically

if TYPE_CHECKING:
    from app.gradients.gatys import Optimisation

_OVERRIDES = ("balance", "alpha", "beta", "variation", "optimiser", "scales", "steps")


def main(arguments: list[str] | None = None) -> None:
    """Read the command line and paint.

    Args:
        arguments: without the program's name; None reads the command line.

    Raises:
        SystemExit: with 1 after one sentence about what can be mended, with 2 about the command
            line, with 130 if it was interrupted twice or before there was a picture.
    """
    wish = parse(arguments)
    try:
        paint(wish)
    except UserError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("Interrupted; nothing was saved.", file=sys.stderr)
        sys.exit(130)


def paint(wish: argparse.Namespace) -> None:
    """Do what the command line says.

    Raises:
        UserError: a file cannot be read or written, or a wish is impossible.
    """
    check_files(wish)
    commission = commission_of(wish)
    optimisation, provider = prepare(wish, commission)
    print_plan(optimisation.plan)
    timelapse = Timelapse()
    ran = Progress()
    try:
        ran.follow(optimisation.run(), timelapse)
    except Exception:
        if ran.last:  # What was painted until then is not lost.
            save(wish.out, optimisation.picture, receipt_of(wish, commission, ran.last, provider))
            print(f"It broke off; the best picture so far is in {wish.out}.")
        raise
    assert ran.last
    picture = optimisation.picture
    save(wish.out, picture, receipt_of(wish, commission, ran.last, provider))
    height, width = picture.shape[:2]
    said = f"{wish.out}, {width} x {height} pixels."
    print(f"Stopped; the best picture so far is {said}" if ran.stopped else f"Painted {said}")
    if wish.timelapse:
        timelapse.add(picture)
        write = timelapse.gif if wish.timelapse.suffix.lower() == ".gif" else timelapse.mp4
        save_atomically(wish.timelapse, write)
        print(f"How it came about: {wish.timelapse}")


def commission_of(wish: argparse.Namespace) -> Commission:
    """Read the pictures and settle what is to be painted.

    Raises:
        UserError: a picture cannot be read, there is no such preset, or the weights are not as many
            as the styles.
    """
    count = len(wish.styles) + len(wish.preset)
    weights = wish.weights or [1.0] * count
    if len(weights) != count:
        raise UserError(f"{count} styles need as many weights, not {len(weights)}.")
    given = {name: getattr(wish, name) for name in _OVERRIDES}
    recipe = replace(PRESETS[wish.recipe], **{k: v for k, v in given.items() if v is not None})
    if wish.init or wish.start == PAINTER:
        recipe = replace(recipe, start="picture")
    elif wish.start:
        recipe = replace(recipe, start=wish.start)
    content = read_picture(wish.content)
    styles = tuple(
        replace(style, weight=weight)
        for style, weight in zip(styles_of(wish), weights, strict=True)
    )
    begin = read_picture(wish.init) if wish.init else None
    mask = np.array(Image.fromarray(read_picture(wish.mask)).convert("L")) if wish.mask else None
    if recipe.start == "picture" and begin is None:
        begin = painted_at_once(content, styles, wish.side, wish.preset)
    return Commission(
        content=content,
        styles=styles,
        recipe=recipe,
        seconds=None if wish.steps else wish.seconds,
        side=wish.side,
        start=begin,
        mask=mask,
        colours=wish.colours,
        seed=wish.seed,
    )


def styles_of(wish: argparse.Namespace) -> list[Style]:
    """Pictures to paint like, then presets.

    Raises:
        UserError: a picture cannot be read, or there is no such preset.
    """
    styles = [Style(read_picture(path)) for path in wish.styles]
    if wish.preset:
        from app.serving.style_targets import read_targets  # It loads ONNX Runtime.

        targets = read_targets(MODELS)
        for name in wish.preset:
            if name not in targets:
                raise UserError(f"There is no preset {name!r}; choose one of {', '.join(targets)}.")
            styles.append(Style(None, statistics=targets[name]))
    return styles


def painted_at_once(
    content: np.ndarray, styles: Sequence[Style], side: int | None, presets: Sequence[str] = ()
) -> np.ndarray:
    """The instant stylizer's result, uint8 RGB [h,w,3].

    Args:
        content: uint8 RGB [H,W,3].
        styles: pictures, and in the end as many presets as there are names of them.
        side: longest side of the result in pixels, at most.
        presets: the names.
    """
    from app.serving.studio import Studio
    from app.serving.warm_start import SIDE, warm_start

    studio = Studio.load(MODELS, provider="auto", require_gpu=False)
    vectors = [studio.stylizer.encode(s.picture) for s in styles if s.picture is not None]
    vectors += [studio.presets.named(name).vector for name in presets]
    weights = [style.weight for style in styles]
    return warm_start(studio.stylizer, content, vectors, weights, side=min(SIDE, side or SIDE))


def prepare(wish: argparse.Namespace, commission: Commission) -> tuple["Optimisation", str]:
    """Load PyTorch and the network, and try two steps. The second result is "CUDA" or "CPU"."""
    from app.gradients.features import best_device, load_network
    from app.gradients.gatys import Optimisation

    device = best_device()
    pooling = commission.recipe.pooling
    with tqdm(total=1, disable=None, leave=False, bar_format="{desc} {percentage:.0f}%") as bar:
        bar.set_description_str(f"Loading the {NETWORKS[wish.network]}")
        network = load_network(
            wish.network, device, pooling=pooling, report=lambda share: bar.update(share - bar.n)
        )
    provider = "CUDA" if device.type == "cuda" else "CPU"
    print(f"{PRESETS[wish.recipe].title} with the {NETWORKS[wish.network]}, on the {provider}")
    return Optimisation(commission, network, device), provider


def print_plan(plan: Plan) -> None:
    """Say what is going to be done, and how long it will take."""
    for number, level in enumerate(plan.levels, start=1):
        size = f"{level.width} x {level.height}"
        print(f"  scale {number}  {size:>11}  {level.steps:5} steps  {level.seconds:7.1f} s")
    print(f"  together {plan.steps:21} steps  {plan.seconds:7.1f} s, {plan.memory / 2**20:.0f} MB")
    for notice in plan.notices:
        print(f"  {notice}")


def receipt_of(
    wish: argparse.Namespace, commission: Commission, last: GatysStep, provider: str
) -> Receipt:
    """How the picture was painted."""
    return slow_receipt(
        commission,
        last,
        title=wish.content.name,
        styles=[*((path.name, "") for path in wish.styles), *((n, n) for n in wish.preset)],
        network=(NETWORKS[wish.network], network_version(wish.network)),
        provider=provider,
        start=wish.init.name if wish.init else "",
    )


def save(path: Path, picture: np.ndarray, receipt: Receipt) -> None:
    """Write a picture, uint8 RGB [H,W,3]; as PNG with its receipt."""
    kind = PICTURES[path.suffix.lower()]
    if kind == "PNG":
        content = encode_with_receipt(picture, receipt)
    else:
        file = io.BytesIO()
        Image.fromarray(picture).save(file, kind, quality=95)
        content = file.getvalue()
    save_atomically(path, lambda partial: partial.write_bytes(content))


if __name__ == "__main__":
    main()
