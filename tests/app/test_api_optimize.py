"""The endpoint of the Paint slowly tab, asked by a program."""

import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from app.generation_parameters import read_parameters


@pytest.fixture(scope="module")
def app_address(paint_address: str) -> str:
    """Where `client` asks."""
    return paint_address


def test_optimize_paints_for_a_given_time_and_says_how(client, file, painting, tmp_path):
    page = Image.fromarray(255 - painting)
    page.save(tmp_path / "style.tif", save_all=True, append_images=[page])
    style = handle_file(tmp_path / "style.tif")
    path, facts = client.predict(handle_file(file), style, seconds=3, api_name="/optimize")
    with Image.open(path) as image:
        assert image.format == "PNG"
        assert image.size == (facts["plan"][-1]["width"], facts["plan"][-1]["height"])
    assert facts["steps"] == sum(scale["steps"] for scale in facts["plan"])
    assert facts["losses"][-1]["style"] < facts["losses"][0]["style"]
    assert "the first one was taken" in facts["notices"][-1]
    assert (facts["network"], facts["recipe"]) == ("texture", "deep-brush")
    parameters = read_parameters(path)
    assert parameters is not None
    assert parameters.settings["painted"] == "slowly"


def test_optimize_paints_like_a_preset(client, file):
    arguments = {"seconds": 1.5, "preset": "the-cat", "balance": 0.8}
    path, _ = client.predict(handle_file(file), **arguments, api_name="/optimize")
    parameters = read_parameters(path)
    assert parameters is not None
    assert [style.preset for style in parameters.styles] == ["the-cat"]
    assert parameters.settings["balance"] == 0.8


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"preset": "nothing"}, "no preset"),
        ({"preset": "cubism"}, "painting at once"),
        ({"preset": "the-cat", "balance": 2}, "from 0 to 1"),
    ],
)
def test_an_invalid_preset_or_balance_is_refused_in_a_sentence(client, file, arguments, sentence):
    with pytest.raises(AppError, match=sentence):
        client.predict(handle_file(file), **arguments, api_name="/optimize")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [((0, "gatys"), "1 to 600 seconds"), ((1e9, "gatys"), "1 to 600"), ((5, "dada"), "no recipe")],
)
def test_invalid_arguments_are_refused_in_a_sentence(client, file, arguments, sentence):
    with pytest.raises(AppError, match=sentence):
        client.predict(handle_file(file), handle_file(file), *arguments, api_name="/optimize")
