"""How well the stylizer paints photographs and styles that it has never seen.

    python -m training.evaluate_stylizer runs/NAME/model.safetensors --photos PHOTOS \
        --styles PAINTINGS --features vgg19_front.safetensors vgg19_distilled.safetensors \
        --lpips squeezenet.safetensors lpips_linear.safetensors

The same losses that training uses, beside both ends of their scale measured in the same run: the
untouched photograph (0 %) and Gatys' optimisation of 300 steps (100 %), which is run with several
weights of the style so that its style loss can be read off at the content loss that the stylizer
has. Writes evaluation.json and evaluation.png (photograph, style, stylizer, Gatys) beside the
networks, and puts the numbers into their file.
"""

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean

import numpy as np
import torch
from PIL import Image
from skimage.metrics import structural_similarity
from torch import Tensor
from tqdm import tqdm

from training.data import Record
from training.files import save_atomically
from training.networks.painter import Painter, load_painter, save_painter
from training.networks.vgg import Features, load_features
from training.style.gatys import Judge, optimise
from training.style.losses import content_loss
from training.style.lpips import Lpips
from training.style.objective import CONTENT_LAYERS, STYLE_LAYERS, Target
from training.style.pairs import Collection
from training.style.sheet import framed, spread, squares, to_pixels

BETAS = (0.3, 1.0, 3.0, 10.0, 30.0)
"""Weights of the style, one optimisation each."""


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
        self.features, self.lpips = features, lpips
        with torch.no_grad():
            self.target = Target(features(style, STYLE_LAYERS))
            self.content = features(photograph, CONTENT_LAYERS)

    @property
    def judge(self) -> Judge:
        """Content loss and style loss of a picture, differentiable."""

        def losses(picture: Tensor) -> tuple[Tensor, Tensor]:
            maps = self.features(picture, {*STYLE_LAYERS, *CONTENT_LAYERS})
            each = [content_loss(maps[name], self.content[name]) for name in CONTENT_LAYERS]
            return torch.stack(each).mean(), self.target.loss(maps).mean()

        return losses

    def score(self, picture: Tensor) -> Score:
        """Judge a picture, RGB float32 in [0,1] [1,3,S,S]."""
        with torch.no_grad():
            content, style = self.judge(picture)
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


def evaluate(
    painter: Painter, pairs: list[Pair], steps: int
) -> tuple[dict[str, object], list[list[Tensor]]]:
    """Score everything.

    Args:
        painter: in evaluation mode.
        pairs: unseen photographs and styles.
        steps: of each optimisation.

    Returns:
        The numbers, means over all pairs; and for each pair the four pictures to look at.
    """
    scores: dict[str, list[Score]] = {}
    shares, rows = [], []
    for pair in tqdm(pairs, "pairs"):
        with torch.no_grad():
            painted = painter(pair.photograph, pair.style)
        gatys = {beta: optimise(pair.photograph, pair.judge, beta, steps) for beta in BETAS}
        pictures = {"photograph": pair.photograph, "stylizer": painted}
        pictures |= {f"gatys, beta {beta:g}": picture for beta, picture in gatys.items()}
        found = {name: pair.score(picture) for name, picture in pictures.items()}
        for name, score in found.items():
            scores.setdefault(name, []).append(score)
        curve = [found[f"gatys, beta {beta:g}"] for beta in BETAS]
        shares.append(covered(found["photograph"], found["stylizer"], curve))
        nearest = min(
            gatys, key=lambda beta: abs(scores_of(found, beta) - found["stylizer"].content)
        )
        rows.append([x[0] for x in (pair.photograph, pair.style, painted, gatys[nearest])])
    means = {name: mean_score(each) for name, each in scores.items()}
    facts = {"pairs": len(pairs), "gatys_steps": steps, "covered": fmean(shares)}
    return facts | {"scores": means}, rows


def scores_of(found: dict[str, Score], beta: float) -> float:
    """Content loss of the optimisation with that weight."""
    return found[f"gatys, beta {beta:g}"].content


def mean_score(scores: list[Score]) -> dict[str, float | None]:
    """Means of every number, None where it was not measured."""
    names = list(asdict(scores[0]))
    each = {name: [getattr(score, name) for score in scores] for name in names}
    return {name: None if None in values else fmean(values) for name, values in each.items()}


def make_pairs(args: argparse.Namespace) -> list[Pair]:
    """Unseen photographs with unseen styles, one of each a pair."""
    collection = Collection.read(args.photos, args.styles)
    features = load_features(args.features)
    lpips = Lpips(*args.lpips) if args.lpips else None

    def pick(records: list[Record]) -> Tensor:
        return squares(spread(records, args.pairs), args.size)

    pictures = pick(collection.unseen_photographs), pick(collection.unseen_styles)
    return [
        Pair(photograph[None], style[None], features, lpips)
        for photograph, style in zip(*pictures, strict=True)
    ]


def main() -> None:
    """Read the command line, measure, write and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("network", type=Path, help="model.safetensors of a run")
    parser.add_argument("--photos", type=Path, required=True, help="folder of photographs")
    parser.add_argument("--styles", type=Path, required=True, help="folder of paintings")
    parser.add_argument("--features", nargs="+", required=True, help='VGG files, or "imagenet"')
    parser.add_argument("--lpips", nargs=2, type=Path, help="SqueezeNet and LPIPS's linear layers")
    parser.add_argument("--pairs", type=int, default=8)
    parser.add_argument("--size", type=int, default=256, help="side of the pictures in pixels")
    parser.add_argument("--steps", type=int, default=300, help="of each optimisation")
    args = parser.parse_args()
    painter, card = load_painter(args.network)
    numbers, rows = evaluate(painter, make_pairs(args), args.steps)
    numbers["size"] = args.size
    folder = args.network.parent
    lines = [np.concatenate([framed(to_pixels(x)) for x in row], 1) for row in rows]
    Image.fromarray(np.concatenate(lines)).save(folder / "evaluation.png")
    text = json.dumps(numbers, indent=1)
    save_atomically(folder / "evaluation.json", lambda path: path.write_text(text))
    save_painter(args.network, painter, card | {"metrics": numbers})
    print(text)


if __name__ == "__main__":
    main()
