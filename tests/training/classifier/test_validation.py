import numpy as np
import pytest
import torch
from accelerate import Accelerator
from sklearn.metrics import accuracy_score, balanced_accuracy_score, log_loss

from training.classifier.validation import scores_of, validate
from training.networks import build


@pytest.fixture
def predictions():
    """Logits and labels of pictures of which some movements have few."""
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(5), (40, 30, 20, 10, 3))
    return (rng.normal(size=(103, 5)) + 1.5 * np.eye(5)[labels]).astype(np.float32), labels


def test_scores_are_those_of_scikit_learn(predictions):
    logits, labels = predictions
    probabilities = torch.from_numpy(logits).double().softmax(1).numpy()
    rarity = (1 / np.bincount(labels))[labels]
    found = scores_of(logits, labels)
    assert found.loss == pytest.approx(log_loss(labels, probabilities), rel=1e-4)
    balanced = log_loss(labels, probabilities, sample_weight=rarity)
    assert found.balanced_loss == pytest.approx(balanced, rel=1e-4)
    assert found.accuracy == pytest.approx(accuracy_score(labels, logits.argmax(1)))
    macro_recall = balanced_accuracy_score(labels, logits.argmax(1))
    assert found.macro_recall == pytest.approx(macro_recall)
    assert found.macro_recall != pytest.approx(found.accuracy, abs=0.005)


def test_movements_without_pictures_are_left_out(predictions):
    logits, labels = predictions
    some = labels != 3
    recalls = [(logits[labels == k].argmax(1) == k).mean() for k in (0, 1, 2, 4)]
    found = scores_of(logits[some], labels[some])
    assert found.macro_recall == pytest.approx(np.mean(recalls))


def test_batches_do_not_matter():
    torch.manual_seed(0)
    network, accelerator = build("small_cnn"), Accelerator(cpu=True)
    images = torch.randint(0, 256, (12, 32, 32, 3), dtype=torch.uint8)
    labels = torch.arange(12) % 5

    def batches(size):
        parts = zip(images.split(size), labels.split(size), strict=True)
        return [(image, label, label) for image, label in parts]

    whole = validate(network, batches(12), accelerator)
    assert validate(network, batches(5), accelerator) == pytest.approx(whole, rel=1e-5)
    assert not network.training
