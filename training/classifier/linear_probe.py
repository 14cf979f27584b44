"""The yardstick: logistic regression on the frozen features of an ImageNet-trained trunk."""

from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score, recall_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from training.classifier.prediction import read_whole
from training.classifier.teachers import teacher_class
from training.data import TEST_SPLITS, Record
from training.networks import unit_range

SIZE = 224
"""Side of what the trunk sees, whatever size the measured network likes best."""

INVERSE_REGULARISATION = 3e-4


def probe_features(name: str, path: Path, records: list[Record]) -> np.ndarray:
    """Pooled features of whole, letterboxed pictures, float32 [P,D]."""
    trunk = teacher_class(name)([path])
    return read_whole(
        trunk, lambda image: trunk(unit_range(image)).vector, records, SIZE, doing="yardstick"
    )


def linear_probe(name: str, path: Path, records: list[Record]) -> dict[str, object]:
    """Accuracy, macro-recall and macro-F1 of the probe on both test splits.

    Args:
        name: a key of training.classifier.teachers.TEACHERS.
        path: its weights.
        records: the manifest; pictures of no movement are left out.
    """
    used = ("train", *TEST_SPLITS)
    records = [record for record in records if record.label >= 0 and record.split in used]
    features = probe_features(name, path, records)
    labels = np.array([record.label for record in records])
    splits = np.array([record.split for record in records])
    probe = make_pipeline(
        StandardScaler(), LogisticRegression(C=INVERSE_REGULARISATION, max_iter=300)
    )
    probe.fit(features[splits == "train"], labels[splits == "train"])
    result: dict[str, object] = {"name": f"logistic regression on frozen {name} features"}
    for split in TEST_SPLITS:
        truth, said = labels[splits == split], probe.predict(features[splits == split])
        result[split] = {
            "accuracy": float(accuracy_score(truth, said)),
            "macro_recall": float(recall_score(truth, said, average="macro")),
            "macro_f1": float(f1_score(truth, said, average="macro")),
        }
    return result
