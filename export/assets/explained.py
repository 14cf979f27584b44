"""How far an explanation can be trusted: is it faithful, and is it about what was learned?

Of each heat map, for the movement that the network itself would name: the areas of deletion and
insertion (Petsiuk 2018) beside a random map's, and the rank correlation with the same explanation
of the same network with random weights (Adebayo 2018).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from app.explain.cams import heat_maps
from app.explain.rollout import attention_rollout
from app.explain.sanity_check import randomised, rank_correlation
from app.serving.classifier import softmax
from app.serving.faithfulness import faithfulness
from export.assets.model_under_test import ModelUnderTest
from training.common.preprocessing import letterbox
from training.data import Record, load_picture
from training.networks import MovementNetwork

INNER = {
    "densenet121": "denseblock3",
    "efficientnet_lite2": "_blocks.14",
    "resnet18": "layer3",
    "resnet50": "layer3",
    "small_cnn": "11",
    "vit_tiny": "block9",
}
"""By network, a module of its trunk whose map has cells of 16 pixels, before the last stage."""

Explain = Callable[[MovementNetwork, np.ndarray, int], np.ndarray]
"""Network, view uint8 [S,S,3] and movement to a heat map, float32 [h,w]."""


@dataclass(frozen=True)
class Explained:
    """How far one explanation of one network can be trusted; means over all pictures.

    Attributes:
        method: "cam", "grad-cam" or "rollout".
        cells: of the heat map along one side.
        deletion: area under the probability while the brightest places are hidden; small is good.
        insertion: area while they are uncovered; large is good.
        random_deletion: the same of random maps.
        random_insertion: the same of random maps.
        gain: how much better than random, both areas together.
        error: standard error of `gain`.
        control: rank correlation with the map of random weights; near 0 is good.
    """

    method: str
    cells: int
    deletion: float
    insertion: float
    random_deletion: float
    random_insertion: float
    gain: float
    error: float
    control: float | None


def explanations(name: str) -> dict[str, Explain]:
    """The methods for an architecture, by name."""

    def at(method: str, spot: str | None) -> Explain:
        def explain(network: MovementNetwork, view: np.ndarray, movement: int) -> np.ndarray:
            place = spot or last_place(network)
            weights = [float(i == movement) for i in range(network.classifier.out_features)]
            return heat_maps(network, view, weights, method, [place])[place]

        return explain

    found = {"cam": at("cam", None), "grad-cam": at("grad-cam", INNER[name])}
    if name.startswith("vit"):
        found["rollout"] = lambda network, view, _: attention_rollout(network, view)
    return found


def last_place(network: MovementNetwork) -> str:
    """The module of the trunk that gives the last feature map."""
    return [name for name, _ in network.features.named_children()][-1]


def explained(
    candidate: ModelUnderTest,
    method: str,
    explain: Explain,
    records: list[Record],
    temperature: float,
) -> Explained:
    """Measure one explanation on some pictures."""

    def score(views: np.ndarray) -> np.ndarray:
        return softmax(candidate.logits(views) / temperature)

    rows, controls, cells = [], [], 0
    for number, record in enumerate(records):
        view, box = letterbox(load_picture(record.path))
        movement = int(candidate.logits(view[None])[0].argmax())
        heat = explain(candidate.network, view, movement)
        found = faithfulness(score, view, heat, movement, box=box, randoms=1, seed=number)
        both = (found.map, found.random)
        areas = [area for curves in both for area in (curves.deletion_area, curves.insertion_area)]
        rows.append([*areas, found.gain])
        same = rank_correlation(heat, explain(randomised(candidate.network), view, movement))
        controls += [] if same is None else [same]
        cells = heat.shape[0]
    deletion, insertion, random_deletion, random_insertion, gain = np.mean(rows, axis=0).tolist()
    error = float(np.std([row[-1] for row in rows], ddof=1) / np.sqrt(len(rows)))
    return Explained(
        method=method,
        cells=cells,
        deletion=deletion,
        insertion=insertion,
        random_deletion=random_deletion,
        random_insertion=random_insertion,
        gain=gain,
        error=error,
        control=float(np.mean(controls)) if controls else None,
    )
