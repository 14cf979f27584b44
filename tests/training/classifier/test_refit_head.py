import numpy as np
import pytest
import torch

from export.onnx.classifier import describe
from training.classifier import refit_head
from training.classifier.refit_head import embed_two_views, embeddings, main, refit
from training.common.errors import UserError
from training.data import read_manifest, write_manifest
from training.networks import build, load, measured, save


def six(embeddings, labels):
    """Six equal views of each picture."""
    return np.repeat(embeddings[:, None], 6, 1), labels


def test_the_layer_becomes_the_best_linear_one():
    rng = np.random.default_rng(0)
    network = build("small_cnn").eval()
    centres = rng.normal(size=(5, 256))

    def draw(count):
        labels = np.arange(count) % 5
        noisy = centres[labels] + rng.normal(size=(count, 256))
        return noisy.astype(np.float32), labels

    train, validation = draw(400), six(*draw(100))
    network.temperature.fill_(1.7)
    strength, scores = refit(network, train, validation)
    assert strength > 0
    predicted = network.classifier(torch.from_numpy(validation[0][:, 0])).argmax(1).numpy()
    assert scores.accuracy == pytest.approx((predicted == validation[1]).mean())
    assert scores.accuracy > 0.95
    assert network.temperature == 1


def test_rare_movements_are_found_more_often_with_logit_adjustment(monkeypatch):
    monkeypatch.setattr(refit_head, "STRENGTHS", (0.01,))  # to choose one takes five times as long
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(5, 256)) * 0.12
    network = build("small_cnn").eval()

    def draw(counts):
        labels = np.repeat(np.arange(5), counts)
        noisy = centres[labels] + rng.normal(size=(len(labels), 256))
        return noisy.astype(np.float32), labels

    counts = np.array((600, 300, 300, 300, 40))
    train, validation = draw(counts), six(*draw((100,) * 5))
    biases, rare, macro = [], [], []
    for tau in (0.0, 0.5, 1.0):
        _, scores = refit(network, train, validation, tau * np.log(counts / counts.sum()))
        predicted = network.classifier(torch.from_numpy(validation[0][:, 0])).argmax(1).numpy()
        rare.append((predicted == 4)[validation[1] == 4].mean())
        macro.append(scores.macro_recall)
        biases.append(network.classifier.bias[4].item())
    assert rare == sorted(rare)
    assert rare[2] > rare[0] + 0.2
    assert macro[2] > macro[0] + 0.05
    assert biases == sorted(biases)


def test_nothing_but_the_movement_layer_changes_and_its_measurements_go(manifest, tmp_path, capsys):
    torch.manual_seed(0)
    path = tmp_path / "model.safetensors"
    network = build("small_cnn")
    network.temperature.fill_(1.7)
    facts = {"metrics": {"splits": {}}, "outside_threshold": 0.5, "data": {"rights": "mine"}}
    card = measured(network, {"training": {"epochs": 1}, "curves": {"epoch": [1]}}, **facts)
    save(path, network, "small_cnn", card)
    before, _ = load(path)
    main([str(path), str(manifest), "--workers", "0", "--logit-adjustment", "0.25"])
    after, card = load(path)
    assert card.keys() == {"network", "training", "curves"}
    assert card["training"]["epochs"] == 1
    assert card["training"]["head"]["C"] == pytest.approx(0.01, rel=20)
    assert card["training"]["head"]["logit_adjustment"] == 0.25
    labels = [r.label for r in read_manifest(manifest) if r.split == "train" and r.label >= 0]
    counts = np.bincount(labels)
    assert card["training"]["adjustment"] == pytest.approx(0.25 * np.log(counts / counts.sum()))
    changed = {
        name
        for (name, old), new in zip(
            before.state_dict().items(), after.state_dict().values(), strict=True
        )
        if not torch.equal(old, new)
    }
    assert changed == {"classifier.weight", "classifier.bias", "temperature"}
    assert after.temperature == 1
    assert capsys.readouterr().out.count("macro-recall") == 2
    with pytest.raises(UserError, match="metrics"):
        describe(after, card)  # so it is not exported before it is measured again


def test_a_movement_without_pictures_is_named(manifest, tmp_path, capsys):
    path = tmp_path / "model.safetensors"
    save(path, build("small_cnn"), "small_cnn", {})
    some = [record for record in read_manifest(manifest) if record.movement != "Cubism"]
    write_manifest(tmp_path / "some.csv", some)
    with pytest.raises(SystemExit) as ended:
        main([str(path), str(tmp_path / "some.csv"), "--workers", "0"])
    assert ended.value.code == 1
    assert "no train pictures of Cubism" in capsys.readouterr().err


def test_six_views_of_a_picture_begin_with_the_whole(manifest):
    torch.manual_seed(0)
    network, records = build("small_cnn"), read_manifest(manifest)[:3]
    whole = embeddings(network, records, 0)
    views = embeddings(network, records, 0, six=True)
    assert views.shape == (3, 6, 256)
    same, other = (np.abs(views[:, i] - whole).mean() for i in (0, 1))
    assert same < 0.2 * other  # not 0: bfloat16


def test_the_layer_is_fitted_to_whole_pictures_and_to_random_views(manifest):
    torch.manual_seed(0)
    network, records = build("small_cnn"), read_manifest(manifest)[:3]
    seen, labels = embed_two_views(network, records, 0)
    assert seen.shape == (6, 256)
    np.testing.assert_allclose(seen[:3], embeddings(network, records, 0))
    assert np.abs(seen[3:] - seen[:3]).max() > 0.01
    assert labels.tolist() == 2 * [record.label for record in records]
