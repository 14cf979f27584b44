import json

import pytest

from app.errors import UserError
from app.serving.model_card import ModelCard

METADATA = {
    "name": "a network",
    "version": "1.0",
    "license": "MIT",
    "network": "small_cnn",
    "opset": "18",
    "movements": '["Cubism", "Realism"]',
    "kinds": '["a painting", "a photograph"]',
    "preprocessing": '{"size": 192}',
    "temperature": "1.5",
    "outside_threshold": "0.8",
    "bias": "[0.5, -0.5]",
    "training": '{"epochs": 3}',
    "data": "{}",
    "metrics": '{"splits": {}}',
    "curves": '{"epoch": [1, 2]}',
}


def test_metadata_is_parsed() -> None:
    card = ModelCard.parse(METADATA)
    assert card.movements == ("Cubism", "Realism")
    assert card.licence == "MIT"
    assert (card.opset, card.temperature, card.bias) == (18, 1.5, (0.5, -0.5))
    assert card.training == json.loads(METADATA["training"])


@pytest.mark.parametrize("key", METADATA)
def test_a_missing_entry_is_named(key: str) -> None:
    rest = {name: value for name, value in METADATA.items() if name != key}
    with pytest.raises(UserError, match=f"no entry '{key}'"):
        ModelCard.parse(rest)


def test_an_entry_that_is_not_json_is_named() -> None:
    with pytest.raises(UserError, match="'metrics' is not JSON"):
        ModelCard.parse(METADATA | {"metrics": "{"})
