"""How well the texture encoder agrees with its teacher on held-out pictures.

    python -m training.style.evaluate_texture_encoder runs/NAME/model.safetensors --photos PHOTOS \
        --styles PAINTINGS --features vgg19_front.safetensors vgg19_distilled.safetensors

Three questions, each to held-out pictures. Do two pictures differ as much, in every layer's style
and content, as they do for the teacher (correlation over all pairs)? Do the losses pull a picture
the same way (cosine of their gradients)? And how good is a picture that was optimised by the
encoder, judged by the teacher's losses, beside one that was optimised by the teacher in as many
steps (ratio of the totals)? Writes evaluation.json and evaluation.png (photograph, style, by the
encoder, by the teacher) beside the network, and puts the numbers into its file.

The teacher's optimised pictures need no encoder: they are kept in a folder and used again.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean

import numpy as np
import torch
from PIL import Image
from scipy.stats import pearsonr, spearmanr
from torch import Tensor
from tqdm import tqdm

from training.common.errors import exit_on_user_error
from training.common.files import save_atomically
from training.networks.texture_encoder import (
    HEADS,
    TextureEncoder,
    load_texture_encoder,
    save_texture_encoder,
)
from training.networks.vgg import Network, load_features
from training.run.arguments import add_style_pictures
from training.style.gatys import LossesOf, PictureCache, optimise
from training.style.losses import gram_matrix
from training.style.objective import Target
from training.style.pairs import Collection
from training.style.sheet import framed, spread, squares, to_pixels


def distances(vectors: Tensor) -> Tensor:
    """The relative squared distance of each vector from each other one, as the losses have it.

    Args:
        vectors: float [N,D].

    Returns:
        float64 [N,N-1]: of vector i from all others, each divided by the other one's energy.
    """
    products = (vectors @ vectors.T).double()
    energy = products.diagonal()
    relative = (energy[:, None] + energy - 2 * products) / energy
    others = ~torch.eye(len(vectors), dtype=torch.bool)
    return relative[others].view(len(vectors), -1)


@torch.no_grad()
def compare_distances(
    encoder: TextureEncoder, teacher: Network, pictures: Tensor
) -> dict[str, dict[str, dict[str, float]]]:
    """How both networks' distances between pictures go together.

    Args:
        encoder: in evaluation mode.
        teacher: has all of its layers.
        pictures: RGB float32 in [0,1] [N,3,S,S].

    Returns:
        By "style" (of Gram matrices) and "content" (of maps), layer, and kind of correlation.
    """
    summaries: dict[str, Callable[[Tensor], Tensor]] = {
        "style": lambda maps: gram_matrix(maps).flatten(1),
        "content": lambda maps: maps.flatten(1),
    }
    found: dict[str, dict[str, dict[str, float]]] = {kind: {} for kind in summaries}
    networks: tuple[Network, Network] = (encoder, teacher)
    for name in tqdm(HEADS, "distances"):
        seen = [
            torch.cat([network(picture[None], [name])[name] for picture in pictures])
            for network in networks
        ]
        for kind, summary in summaries.items():
            ours, theirs = (distances(summary(maps)).flatten().numpy() for maps in seen)
            found[kind][name] = {
                "pearson": float(pearsonr(ours, theirs).statistic),
                "spearman": float(spearmanr(ours, theirs).statistic),
            }
    return found


@dataclass(frozen=True)
class Score:
    """The teacher's losses of a picture; `total` is content + beta * style."""

    content: float
    style: float
    total: float


@dataclass(frozen=True)
class Trial:
    """What became of one photograph and one style.

    Attributes:
        pictures: photograph, style, by the encoder, by the teacher; RGB float32 [3,S,S] each.
        scores: of the first and the last two.
        cosines: of both networks' gradients, at the photograph and half-way to the teacher's
            picture.
    """

    pictures: tuple[Tensor, Tensor, Tensor, Tensor]
    scores: tuple[Score, Score, Score]
    cosines: tuple[float, float]

    @property
    def ratio(self) -> float:
        """The encoder's total over the teacher's."""
        return self.scores[1].total / self.scores[2].total


def gradient(picture: Tensor, losses_of: LossesOf, beta: float) -> Tensor:
    """Of content + beta * style by the pixels, flattened."""
    picture = picture.clone().requires_grad_()
    content, style = losses_of(picture)
    return torch.autograd.grad((content + beta * style).sum(), picture)[0].flatten()


def run_trial(
    encoder: TextureEncoder,
    teacher: Network,
    photograph: Tensor,
    style: Tensor,
    cache: PictureCache,
    beta: float,
) -> Trial:
    """Optimise a photograph [1,3,S,S] towards a style by both networks, and judge."""
    ours = Target(encoder, photograph, style).losses
    theirs = Target(teacher, photograph, style).losses
    by_teacher = cache.picture(photograph, style, theirs, beta)
    found = optimise(photograph, ours, beta, cache.steps)

    def score(picture: Tensor) -> Score:
        with torch.no_grad():
            content, painterly = (loss.item() for loss in theirs(picture))
        return Score(content, painterly, content + beta * painterly)

    def cosine(picture: Tensor) -> float:
        found, by_teacher = (gradient(picture, losses_of, beta) for losses_of in (ours, theirs))
        return torch.cosine_similarity(found, by_teacher, dim=0).item()

    return Trial(
        (photograph[0], style[0], found[0], by_teacher[0]),
        (score(photograph), score(found), score(by_teacher)),
        (cosine(photograph), cosine((photograph + by_teacher) / 2)),
    )


def summarise(trials: Sequence[Trial], steps: int, beta: float) -> dict[str, object]:
    """The numbers of all trials, means but for `ratios`."""

    def mean(scores: Sequence[Score]) -> dict[str, float]:
        return {name: fmean(asdict(score)[name] for score in scores) for name in asdict(scores[0])}

    names = ("photograph", "encoder", "teacher")
    scores = zip(*(trial.scores for trial in trials), strict=True)
    start, half = zip(*(trial.cosines for trial in trials), strict=True)
    return {
        "pairs": len(trials),
        "steps": steps,
        "beta": beta,
        "ratio": fmean(trial.ratio for trial in trials),
        "ratios": [trial.ratio for trial in trials],
        "scores": {name: mean(each) for name, each in zip(names, scores, strict=True)},
        "gradient_cosine": {"at the photograph": fmean(start), "half-way": fmean(half)},
    }


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("network", type=Path, help="model.safetensors of a run")
    add_style_pictures(parser)
    parser.add_argument("--pictures", type=int, default=32, help="to take distances between")
    parser.add_argument("--pairs", type=int, default=4, help="photographs and styles to optimise")
    parser.add_argument("--size", type=int, default=192, help="side of the pictures in pixels")
    parser.add_argument("--steps", type=int, default=300, help="of each optimisation")
    parser.add_argument("--beta", type=float, default=30.0, help="weight of the style")
    parser.add_argument("--gatys", type=Path, help="where the teacher's pictures are kept")
    args = parser.parse_args(argv)
    args.gatys = args.gatys or args.network.parent / "gatys"
    return args


@exit_on_user_error()
def main(argv: list[str] | None = None) -> None:
    """Read the command line, measure, write and print."""
    args = parse_args(argv)
    encoder, card = load_texture_encoder(args.network)
    encoder.requires_grad_(False)
    teacher = load_features(args.features)
    collection = Collection.read(args.photos, args.styles, args.splits)
    unseen = collection.unseen_photographs, collection.unseen_styles

    pictures = torch.cat([squares(spread(x, args.pictures // 2), args.size) for x in unseen])
    correlation = compare_distances(encoder, teacher, pictures)

    cache = PictureCache(args.gatys, tuple(args.features), args.steps)
    pairs = zip(*(squares(spread(x, args.pairs), args.size) for x in unseen), strict=True)
    trials = [
        run_trial(encoder, teacher, photograph[None], style[None], cache, args.beta)
        for photograph, style in tqdm(list(pairs), "optimising")
    ]
    numbers = {
        "size": args.size,
        "pictures": len(pictures),
        "correlation": correlation,
        "gatys": summarise(trials, args.steps, args.beta),
    }
    folder = args.network.parent
    lines = [np.concatenate([framed(to_pixels(x)) for x in t.pictures], 1) for t in trials]
    Image.fromarray(np.concatenate(lines)).save(folder / "evaluation.png")
    text = json.dumps(numbers, indent=1)
    save_atomically(folder / "evaluation.json", lambda path: path.write_text(text))
    save_texture_encoder(args.network, encoder, card | {"metrics": numbers})
    print(text)


if __name__ == "__main__":
    main()
