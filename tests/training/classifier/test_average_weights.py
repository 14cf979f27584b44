import pytest
import torch

from training.classifier.average_weights import average, main
from training.common.errors import UserError
from training.networks import build, load, measured, save


def test_weights_lie_between_those_before_and_after():
    before = {"weight": torch.zeros(3), "steps": torch.tensor(2)}
    after = {"weight": torch.tensor([1.0, 2.0, 4.0]), "steps": torch.tensor(5)}
    found = average(before, after, 0.25)
    torch.testing.assert_close(found["weight"], torch.tensor([0.25, 0.5, 1.0]))
    assert found["steps"] == 5
    torch.testing.assert_close(average(before, after, 1.0), after)
    assert not average(before, after, 0.0)["weight"].any()


def test_the_file_holds_the_mean_and_nothing_that_was_measured_of_either(tmp_path):
    paths = []
    for seed in range(2):
        torch.manual_seed(seed)
        network = build("small_cnn").eval()
        path = tmp_path / f"{seed}.safetensors"
        card = {"network": "small_cnn", "training": {"recipe": "quick"}}
        card = measured(network, card, metrics={"x": 1}, outside_threshold=0.5, data={})
        save(path, network, card.pop("network"), card)
        paths.append(path)
    out = tmp_path / "mean.safetensors"
    main([*map(str, paths), "--share", "0.3", "--out", str(out)])
    (one, _), (two, _), (mean, card) = (load(path) for path in (*paths, out))
    wanted = 0.7 * one.classifier.weight + 0.3 * two.classifier.weight
    torch.testing.assert_close(mean.classifier.weight, wanted)
    assert "metrics" not in card
    assert card["training"] == {"recipe": "quick", "averaged": {"share": 0.3}}


def test_networks_without_a_mean_are_refused(tmp_path, capsys):
    with pytest.raises(UserError, match="different architectures"):
        average({"weight": torch.zeros(3)}, {"weight": torch.zeros(4)}, 0.5)
    with pytest.raises(SystemExit):
        main(["a", "b", "--share", "1.5", "--out", str(tmp_path / "c.safetensors")])
    assert "--share is 1.5" in capsys.readouterr().err
