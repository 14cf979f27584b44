"""Compare networks: their accuracy, and the faithfulness of their heat maps.

    python -m export.assets.explanations runs/manifest.csv onnx_models/movement_classifier.onnx \
        runs/vit/model.safetensors --out onnx_models/comparison.json --pictures 60

Each network is asked as it is (or would be) served: by ONNX Runtime, with convolution kernels
stored in half precision, about the whole picture. As a sure network's curves fall and rise more
than a hesitant one's, all are first given the temperature that fits the validation paintings.

On some of the paintings that no network was trained with, of each movement as many, every heat map
of the movement that the network itself would name is measured too: the areas of deletion and
insertion (Petsiuk 2018) beside a random map's, and the rank correlation with the same explanation
of the same network with random weights (Adebayo 2018). "cam" is Grad-CAM at the last feature map as
well: for these heads both are one map but for a factor, so only one of them is measured; "grad-cam"
is a stage further inside.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import torch
from sklearn.metrics import recall_score
from torch.utils.data import DataLoader

from app.explain.cams import heat_maps
from app.explain.rollout import attention_rollout
from app.explain.sanity_check import randomized, rank_correlation
from app.serving.faithfulness import faithfulness
from export.benchmarks.timing import median_milliseconds
from export.onnx.classifier import to_onnx
from export.onnx.graph import round_weights
from export.onnx.session import cpu_session
from training import networks
from training.classifier.calibration import fit_temperature
from training.classifier.views import Views
from training.common.files import save_atomically
from training.common.preprocessing import SIZE, letterbox
from training.common.softmax import softmax
from training.data import TEST_SPLITS, Record, load_picture, read_manifest, share
from training.data.splits import count_seen, read_seen
from training.networks import MovementNetwork
from training.run.arguments import add_manifest, add_workers

RUNS = 30
"""Times a network's reading is clocked."""


@dataclass(frozen=True, eq=False)
class ModelUnderTest:
    """One network.

    Attributes:
        name: its architecture.
        network: in PyTorch.
        card: what its file says of it.
        session: the same in ONNX Runtime.
        size: bytes of the file that is, or would be, served.
    """

    name: str
    network: MovementNetwork
    card: dict[str, Any]
    session: ort.InferenceSession
    size: int

    @classmethod
    def load(cls, path: Path, threads: int) -> "ModelUnderTest":
        """Read a network; what was never exported is exported here, in memory."""
        network, card = networks.load(path)
        round_weights(network, least_dimensions=4)
        served = path.read_bytes() if path.suffix == ".onnx" else to_onnx(network, {})
        content = served if isinstance(served, bytes) else served.SerializeToString()
        return cls(card["network"], network, card, cpu_session(content, threads), len(content))

    def logits(self, views: np.ndarray) -> np.ndarray:
        """What it says of views, uint8 [N,S,S,3]: float32 [N,K]."""
        found: np.ndarray = self.session.run(["logits"], {"image": views})[0]
        return found


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
    model: ModelUnderTest,
    method: str,
    explain: Explain,
    records: list[Record],
    temperature: float,
) -> Explained:
    """Measure one explanation on some pictures."""

    def score(views: np.ndarray) -> np.ndarray:
        return softmax(model.logits(views) / temperature)

    rows, controls, cells = [], [], 0
    for number, record in enumerate(records):
        view, box = letterbox(load_picture(record.path))
        movement = int(model.logits(view[None])[0].argmax())
        heat = explain(model.network, view, movement)
        found = faithfulness(score, view, heat, movement, box=box, random_maps=1, seed=number)
        both = (found.map, found.random)
        areas = [area for curves in both for area in (curves.deletion_area, curves.insertion_area)]
        rows.append([*areas, found.gain])
        same = rank_correlation(heat, explain(randomized(model.network), view, movement))
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


def read_all(
    models: Sequence[ModelUnderTest], records: list[Record], workers: int
) -> list[np.ndarray]:
    """What each model gives of whole pictures, float32 [P,K] each."""
    logits: list[list[np.ndarray]] = [[] for _ in models]
    for image, _, _ in DataLoader(Views(records, SIZE), 8, num_workers=workers):
        for rows, model in zip(logits, models, strict=True):
            rows.append(model.logits(image.numpy()))
    return [np.concatenate(rows) for rows in logits]


def choose(records: list[Record], count: int) -> list[Record]:
    """Paintings of both tests, of each movement as many; always the same ones."""
    unseen = [record for record in records if record.split in TEST_SPLITS and record.label >= 0]
    shuffled = sorted(unseen, key=lambda record: share(Path(record.path).name))
    groups = [[r for r in shuffled if r.label == label] for label in {r.label for r in unseen}]
    return [record for row in zip_longest(*groups) for record in row if record][:count]


def accuracies(logits: np.ndarray, records: list[Record]) -> dict[str, float]:
    """Share of each test's paintings that is read rightly."""
    right = logits.argmax(1) == [record.label for record in records]
    splits = np.array([record.split for record in records])
    return {name: float(right[splits == name].mean()) for name in TEST_SPLITS}


def macro_recalls(logits: np.ndarray, records: list[Record]) -> dict[str, float]:
    """Mean over the movements of the share of each test's paintings that is recognised."""
    labels, predicted = np.array([record.label for record in records]), logits.argmax(1)
    splits = np.array([record.split for record in records])
    return {
        name: float(
            recall_score(labels[splits == name], predicted[splits == name], average="macro")
        )
        for name in TEST_SPLITS
    }


def facts(model: ModelUnderTest) -> dict[str, Any]:
    """What there is to say of a network before it is asked anything."""
    metrics = model.card.get("metrics", {})
    own = {
        name: {views: found[views]["accuracy"] for views in ("one_view", "six_views")}
        for name, found in metrics.get("splits", {}).items()
    }
    training = model.card.get("training", {})
    return {
        "network": model.name,
        "parameters": sum(weight.numel() for weight in model.network.parameters()),
        "megabytes": model.size / 1e6,
        "training": {key: training.get(key) for key in ("recipe", "init", "teacher", "epochs")},
        "card": own or None,
    }


def compare(
    models: Sequence[ModelUnderTest], records: list[Record], pictures: int, workers: int
) -> dict[str, Any]:
    """All there is to say of some networks on the records of a manifest."""
    read = [r for r in records if r.split in ("validation", *TEST_SPLITS) and r.label >= 0]
    labels = np.array([record.label for record in read])
    tested = np.array([record.split in TEST_SPLITS for record in read])
    tests, chosen = [r for r in read if r.split in TEST_SPLITS], choose(read, pictures)
    clocks = {str(i): model.logits for i, model in enumerate(models)}
    times = median_milliseconds(clocks, letterbox(load_picture(read[0].path))[0][None], RUNS)
    rows = []
    for i, logits in enumerate(read_all(models, read, workers)):
        model = models[i]
        temperature = fit_temperature(logits[~tested], labels[~tested])
        row = facts(model) | {
            "milliseconds": times[str(i)],
            "accuracy": accuracies(logits[tested], tests),
            "macro_recall": macro_recalls(logits[tested], tests),
            "explanations": [],
        }
        shown = ("network", "milliseconds", "accuracy", "macro_recall")
        print({key: row[key] for key in shown}, flush=True)
        for method, explain in explanations(model.name).items():
            found = explained(model, method, explain, chosen, temperature)
            row["explanations"].append(asdict(found))
            print(found, flush=True)
        rows.append(row)
    counts = {name: sum(r.split == name for r in tests) for name in TEST_SPLITS}
    return {"pictures": len(chosen), "tests": counts, "networks": rows}


def kept(path: Path, found: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of an earlier file on other kinds of networks, if it is of as many pictures."""
    if not path.exists():
        return []
    earlier = json.loads(path.read_text())
    if any(earlier.get(key) != found[key] for key in ("pictures", "tests")):
        return []
    named = {row["network"] for row in found["networks"]}
    return [row for row in earlier["networks"] if row["network"] not in named]


def main() -> None:
    """Read the command line, compare, write the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_manifest(parser)
    parser.add_argument("networks", type=Path, nargs="+", help=".onnx or .safetensors files")
    parser.add_argument("--out", type=Path, default=Path("onnx_models/comparison.json"))
    parser.add_argument("--pictures", type=int, default=60, help="to measure explanations on")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--seen", type=Path, help="CSV of files that may have been learned from")
    add_workers(parser)
    args = parser.parse_args()
    models = [ModelUnderTest.load(path, args.threads) for path in args.networks]
    records = read_manifest(args.manifest)
    found = compare(models, records, args.pictures, args.workers)
    found["networks"] += kept(args.out, found)
    if args.seen:
        found["seen"] = count_seen(records, read_seen(args.seen))
    found |= {"engine": f"ONNX Runtime {ort.__version__}", "threads": args.threads}
    text = json.dumps(found, indent=1)
    save_atomically(args.out, lambda path: path.write_text(text + "\n"))


if __name__ == "__main__":
    main()
