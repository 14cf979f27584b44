"""Fit the last layer of a trained network once more, exactly.

    python -m training.classifier.refit_head runs/mine/model.safetensors runs/manifest.csv
    python -m training.classifier.refit_head runs/mine/model.safetensors runs/manifest.csv \
        --logit-adjustment 0.5

Training ends with a last layer that dropout, label smoothing and a short schedule have left
underconfident: rare movements are hardly ever predicted. With the trunk frozen, the best linear
layer is a convex problem (classifier re-training, Kang et al. 2020): logistic regression on the
embeddings of training pictures, each seen twice: whole, and in a random view as in training, so
that the layer does not take over what a file's proportions tell (see training.classifier.views).
What it takes over of the movements' frequencies is then subtracted from its biases, tau times
(post-hoc logit adjustment, Menon et al. 2021, section 4.1), as the training loss of
`--logit-adjustment` does; on the embeddings of classifier 0.2 this gave a lower balanced loss than
weighting the pictures by rarity. The regularisation is the one with the lowest balanced
cross-entropy on validation pictures (see training.classifier.validation), six views of each, as the
app averages them.

What had been measured of the old layer is taken out of the file: run `training.classifier.evaluate`
next.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from torch import Tensor

from training.classifier.batches import require_movements
from training.classifier.losses import log_prior
from training.classifier.prediction import read_whole
from training.classifier.validation import Scores, scores_of
from training.classifier.views import Augmentation
from training.common.errors import exit_on_user_error
from training.common.preprocessing import SIZE, average_views
from training.data import Record, read_manifest
from training.networks import MovementNetwork, load, save, target, unmeasured
from training.run.arguments import add_manifest, add_workers

STRENGTHS = (0.001, 0.003, 0.01, 0.03, 0.1)
"""Inverse regularisations to choose from."""

LOGIT_ADJUSTMENT = 1.0
"""tau, where the command line gives no other: as in training, see training.classifier.recipes."""


def embeddings(
    network: MovementNetwork,
    records: list[Record],
    workers: int,
    *,
    six: bool = False,
    augmentation: Augmentation | None = None,
) -> np.ndarray:
    """What the last layer sees of pictures; arguments as of `read_whole`.

    Returns:
        float32 [P,C] of whole pictures or random views, [P,6,C] of six views.
    """
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def read(image: Tensor) -> Tensor:
        seen = network.normalise(image).contiguous(memory_format=torch.channels_last)
        embedding: Tensor = network.norm(network(seen).embedding)
        return embedding

    return read_whole(
        network, read, records, SIZE, workers=workers, six=six, augmentation=augmentation
    )


def embed_two_views(
    network: MovementNetwork, records: list[Record], workers: int
) -> tuple[np.ndarray, np.ndarray]:
    """Embeddings of whole pictures and of a random view of each, float32 [2P,C]; labels, [2P]."""
    found = [
        embeddings(network, records, workers, augmentation=augmentation)
        for augmentation in (None, Augmentation())
    ]
    return np.concatenate(found), np.tile([record.label for record in records], 2)


def refit(
    network: MovementNetwork,
    train: tuple[np.ndarray, np.ndarray],
    validation: tuple[np.ndarray, np.ndarray],
    adjustment: np.ndarray | float = 0.0,
) -> tuple[float, Scores]:
    """Replace the weights of the movement layer, in place; its temperature becomes 1.

    Args:
        network: the network.
        train: `embeddings` float [P,C] and labels int [P]; every class occurs.
        validation: likewise, but of six views, [P,6,C].
        adjustment: float [K], subtracted from the biases.

    Returns:
        The inverse regularisation that was chosen, and the validation pictures' scores with it.
    """
    best: tuple[float, Scores, np.ndarray, np.ndarray] | None = None
    for strength in STRENGTHS:
        model = LogisticRegression(C=strength, max_iter=2000).fit(*train)
        bias = model.intercept_ - adjustment
        scores = scores_of(average_views(validation[0] @ model.coef_.T + bias), validation[1])
        if best is None or scores.balanced_loss < best[1].balanced_loss:
            best = strength, scores, model.coef_, bias
    assert best is not None
    strength, scores, weight, bias = best
    with torch.no_grad():
        network.classifier.weight.copy_(torch.from_numpy(weight))
        network.classifier.bias.copy_(torch.from_numpy(bias))
        network.temperature.fill_(1)
    return strength, scores


def judge(network: MovementNetwork, seen: np.ndarray, labels: np.ndarray) -> Scores:
    """Scores of the movement layer as it is, on `embeddings` of six views and labels."""
    with torch.inference_mode():
        logits = network.classifier(torch.from_numpy(seen).to(network.classifier.weight.device))
    return scores_of(average_views(logits.cpu().numpy()), labels)


def parse_args(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "network", type=Path, help="model.safetensors of a run, or the shipped .onnx"
    )
    add_manifest(parser)
    parser.add_argument(
        "--out", type=Path, help=".safetensors to write; by default the network's own"
    )
    parser.add_argument(
        "--logit-adjustment",
        type=float,
        default=LOGIT_ADJUSTMENT,
        metavar="TAU",
        help="how far rare movements are favoured, 0 to 1",
    )
    add_workers(parser, 2)
    return parser.parse_args(argv)


@exit_on_user_error()
def main(argv: list[str] | None = None) -> None:
    """Read the command line, refit, write the network back."""
    args = parse_args(argv)
    out = target(args.network, args.out)
    network, card = load(args.network)
    records = [record for record in read_manifest(args.manifest) if record.label >= 0]
    splits = {name: [r for r in records if r.split == name] for name in ("train", "validation")}
    for name, pictures in splits.items():
        require_movements(args.manifest, name, pictures)
    train = embed_two_views(network, splits["train"], args.workers)
    validation = (
        embeddings(network, splits["validation"], args.workers, six=True),
        np.array([record.label for record in splits["validation"]]),
    )
    before = judge(network, *validation)
    prior = log_prior(torch.from_numpy(train[1]), network.classifier.out_features).numpy()
    adjustment = args.logit_adjustment * prior
    strength, after = refit(network, train, validation, adjustment)
    card = unmeasured(card)
    facts = {"fit": "logistic regression", "C": strength, "logit_adjustment": args.logit_adjustment}
    changed = {"head": facts, "adjustment": adjustment.tolist()}
    card["training"] = {**card.get("training", {}), **changed}
    out.parent.mkdir(parents=True, exist_ok=True)
    save(out, network.cpu(), card.pop("network"), card)
    print(f"refitted with C = {strength:g}; on {len(validation[1])} validation pictures:")
    for when, scores in (("before", before), ("after", after)):
        print(
            f"{when:6}  accuracy {scores.accuracy:.1%}  macro-recall {scores.macro_recall:.1%}  "
            f"balanced loss {scores.balanced_loss:.3f}"
        )
    print("next: python -m training.classifier.evaluate")


if __name__ == "__main__":
    main()
