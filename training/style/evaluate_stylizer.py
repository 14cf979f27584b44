"""How well the stylizer paints held-out photographs in held-out styles.

    python -m training.style.evaluate_stylizer runs/NAME/model.safetensors --photos PHOTOS \
        --styles PAINTINGS --features vgg19_front.safetensors vgg19_distilled.safetensors \
        --lpips squeezenet.safetensors lpips_linear.safetensors

Losses: the same that training uses, of 16 pairs of a photograph and a style. Likeness of strokes
and colour leak (`training.style.likeness`): of one photograph, the astronaut of scikit-image at
320 pixels, in all of their styles; losses alone do not see whether all styles look the same.

Strengths below 1 tell what the style costs, so that two networks can be compared at one content
loss. For some pairs the losses also stand beside both ends of their scale, measured in the same
run: the untouched photograph (0 %) and Gatys' optimisation of 300 steps (100 %), which is run with
several weights of the style so that its style loss can be read off at the content loss that the
stylizer has. Writes evaluation.json and evaluation.png (photograph, style, stylizer, Gatys) beside
the networks, and puts the numbers into their file.

Optimisation is slow and needs no network: its pictures are kept in a folder and used again. To fill
it while a network trains, put `--only-gatys --gatys FOLDER` in place of the network.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from statistics import fmean

import numpy as np
import torch
from PIL import Image
from skimage import data
from skimage.metrics import structural_similarity
from torch import Tensor
from tqdm import tqdm

from training.common.errors import exit_on_user_error
from training.common.files import save_atomically
from training.common.preprocessing import resize
from training.data import Record
from training.networks import unit_range
from training.networks.style_transfer import StyleTransfer, load_style_transfer, save_style_transfer
from training.networks.vgg import Features, load_features
from training.run.arguments import add_style_pictures
from training.style.gatys import PictureCache
from training.style.likeness import colour_leak, stroke_likeness
from training.style.lpips import Lpips
from training.style.objective import Target
from training.style.pairs import Collection
from training.style.sheet import framed, spread, squares, to_pixels

BETAS = (0.3, 1.0, 3.0, 10.0, 30.0)
"""Weights of the style, one optimisation each."""

STRENGTHS = (0.25, 0.5, 0.75)
"""How far to go from the photograph's own style vector to the style's."""

ASTRONAUT_SIDE = 320


@dataclass(frozen=True)
class Score:
    """One picture: its losses (less is nearer), and its distance from the photograph.

    `lpips` is None without its weights; `ssim` is 1 for the photograph itself.
    """

    content: float
    style: float
    lpips: float | None
    ssim: float


class Pair:
    """A photograph and a style, and how a picture compares with both.

    Args:
        photograph: RGB float32 in [0,1] [1,3,S,S].
        style: likewise.
        features: what judges.
        lpips: the distance to report beside SSIM, or None.
    """

    def __init__(
        self, photograph: Tensor, style: Tensor, features: Features, lpips: Lpips | None
    ) -> None:
        self.photograph, self.style = photograph, style
        self.target, self.lpips = Target(features, photograph, style), lpips

    def optimised(self, cache: PictureCache, beta: float) -> Tensor:
        """What Gatys makes of the two, RGB float32 in [0,1] [1,3,S,S]."""
        return cache.picture(self.photograph, self.style, self.target.losses, beta)

    def score(self, picture: Tensor) -> Score:
        """Judge a picture, RGB float32 in [0,1] [1,3,S,S]."""
        with torch.no_grad():
            content, style = self.target.losses(picture)
            distance = self.lpips(picture, self.photograph).item() if self.lpips else None
        ours, photograph = (to_pixels(x[0]) for x in (picture, self.photograph))
        similarity = structural_similarity(ours, photograph, channel_axis=2)
        return Score(content.item(), style.item(), distance, float(similarity))


def style_at(content: float, curve: list[Score]) -> float:
    """The style loss that optimisation reaches at a content loss, between measured points."""
    points = sorted((score.content, score.style) for score in curve)
    contents, styles = zip(*points, strict=True)
    return float(np.exp(np.interp(content, contents, np.log(styles))))


def covered(photograph: Score, painted: Score, curve: list[Score]) -> float:
    """How much of the way from the photograph to Gatys a picture goes, at equal content loss."""
    best = style_at(painted.content, [photograph, *curve])
    return (photograph.style - painted.style) / (photograph.style - best)


@torch.inference_mode()
def evaluate(network: StyleTransfer, pairs: Sequence[Pair]) -> dict[str, object]:
    """Score the stylizer alone.

    Args:
        network: in evaluation mode.
        pairs: unseen photographs and styles.

    Returns:
        Mean scores of photograph and stylizer, with `STRENGTHS` too; likeness of strokes and
        colour leak.
    """
    scores: dict[str, list[Score]] = defaultdict(list)
    for pair in tqdm(pairs, "pairs"):
        scores["photograph"].append(pair.score(pair.photograph))
        scores["stylizer"].append(pair.score(network(pair.photograph, pair.style)))
        for strength in STRENGTHS:
            weaker = pair.score(at_strength(network, pair, strength))
            scores[f"stylizer, strength {strength:g}"].append(weaker)
    astronaut = resize(data.astronaut(), ASTRONAUT_SIDE, ASTRONAUT_SIDE)
    photograph = unit_range(torch.tensor(astronaut)[None])
    painted = torch.cat([network(photograph, pair.style) for pair in pairs])
    return {
        "pairs": len(pairs),
        "scores": {name: mean_score(each) for name, each in scores.items()},
        "stroke_likeness": stroke_likeness(photograph, painted),
        "colour_leak": fmean(colour_leak(astronaut, to_pixels(each)) for each in painted),
    }


def at_strength(network: StyleTransfer, pair: Pair, strength: float) -> Tensor:
    """Paint a pair with a style between the photograph's own (0) and the other (1)."""
    own, other = network.encoder(pair.photograph), network.encoder(pair.style)
    picture: Tensor = network.stylizer(pair.photograph, torch.lerp(own, other, strength))[0]
    return picture


def compare(
    network: StyleTransfer,
    pairs: Sequence[Pair],
    cache: PictureCache,
    betas: Sequence[float] = BETAS,
) -> tuple[dict[str, object], list[list[Tensor]]]:
    """Score the stylizer beside optimisation.

    Args:
        network: in evaluation mode.
        pairs: unseen photographs and styles.
        cache: of the optimisations.
        betas: weights of the style, one optimisation each.

    Returns:
        The numbers, means over all pairs; and for each pair the four pictures to look at.
    """
    scores: dict[str, list[Score]] = defaultdict(list)
    shares, rows = [], []
    for pair in tqdm(pairs, "pairs"):
        with torch.no_grad():
            painted = network(pair.photograph, pair.style)
        gatys = {beta: pair.optimised(cache, beta) for beta in betas}
        photograph, ours = pair.score(pair.photograph), pair.score(painted)
        ladder = {beta: pair.score(picture) for beta, picture in gatys.items()}
        shares.append(covered(photograph, ours, list(ladder.values())))
        nearest = min(ladder, key=lambda beta: abs(ladder[beta].content - ours.content))
        rows.append([x[0] for x in (pair.photograph, pair.style, painted, gatys[nearest])])
        scores["photograph"].append(photograph)
        scores["stylizer"].append(ours)
        for beta, score in ladder.items():
            scores[f"gatys, beta {beta:g}"].append(score)
    means = {name: mean_score(each) for name, each in scores.items()}
    facts = {"pairs": len(pairs), "gatys_steps": cache.steps, "covered": fmean(shares)}
    return facts | {"scores": means}, rows


def mean_score(scores: list[Score]) -> dict[str, float | None]:
    """Means of every number, None where it was not measured."""
    names = list(asdict(scores[0]))
    each = {name: [getattr(score, name) for score in scores] for name in names}
    return {name: None if None in values else fmean(values) for name, values in each.items()}


def make_pairs(args: argparse.Namespace, count: int) -> list[Pair]:
    """So many unseen photographs with unseen styles, one of each a pair."""
    if not count:
        return []
    collection = Collection.read(args.photos, args.styles, args.splits)
    features = load_features(args.features)
    lpips = Lpips(*args.lpips) if args.lpips else None

    def pick(records: list[Record]) -> Tensor:
        return squares(spread(records, count), args.size)

    pictures = pick(collection.unseen_photographs), pick(collection.unseen_styles)
    return [
        Pair(photograph[None], style[None], features, lpips)
        for photograph, style in zip(*pictures, strict=True)
    ]


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("network", type=Path, nargs="?", help="model.safetensors of a run")
    add_style_pictures(parser)
    parser.add_argument("--lpips", nargs=2, type=Path, help="SqueezeNet and LPIPS's linear layers")
    parser.add_argument("--pairs", type=int, default=16)
    parser.add_argument(
        "--optimised", type=int, default=4, help="pairs that are optimised, 0 for none"
    )
    parser.add_argument("--size", type=int, default=256, help="side of the pictures in pixels")
    parser.add_argument("--steps", type=int, default=300, help="of each optimisation")
    parser.add_argument("--beta", type=float, nargs="+", default=BETAS, help="weights of the style")
    parser.add_argument(
        "--gatys", type=Path, help="where optimised pictures are kept; beside the network"
    )
    parser.add_argument("--only-gatys", action="store_true", help="fill that folder, then end")
    args = parser.parse_args(argv)
    if not args.network and not args.only_gatys:
        parser.error("a network is needed, except with --only-gatys")
    if not args.network and not args.gatys:
        parser.error("without a network, --gatys must say where to keep the pictures")
    args.gatys = args.gatys or args.network.parent / "gatys"
    return args


@exit_on_user_error()
def main(argv: list[str] | None = None) -> None:
    """Read the command line, measure, write and print."""
    args = parse_args(argv)
    optimised = make_pairs(args, args.optimised)
    cache = PictureCache(args.gatys, tuple(args.features), args.steps)
    if args.only_gatys:
        for pair, beta in tqdm(list(product(optimised, args.beta)), "optimising"):
            pair.optimised(cache, beta)
        return
    network, card = load_style_transfer(args.network)
    numbers = evaluate(network, make_pairs(args, args.pairs)) | {"size": args.size}
    folder = args.network.parent
    if optimised:
        numbers["gatys"], rows = compare(network, optimised, cache, args.beta)
        lines = [np.concatenate([framed(to_pixels(x)) for x in row], 1) for row in rows]
        Image.fromarray(np.concatenate(lines)).save(folder / "evaluation.png")
    text = json.dumps(numbers, indent=1)
    save_atomically(folder / "evaluation.json", lambda path: path.write_text(text))
    save_style_transfer(args.network, network, card | {"metrics": numbers})
    print(text)


if __name__ == "__main__":
    main()
