"""The endpoints of the Paint room, asked by a program."""

import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from app.receipt import read_receipt


@pytest.fixture(scope="module")
def app_address(paint_address: str) -> str:
    """Where `client` asks."""
    return paint_address


def test_styles_names_all_presets_with_their_rights(client, studio):
    said = client.predict(api_name="/styles")
    assert [style["name"] for style in said] == [preset.name for preset in studio.presets]
    assert all(style["rights"] for style in said)


def test_stylize_takes_a_preset(client, file):
    path = client.predict(
        handle_file(file), preset="the-cat", strength=0.5, colours="palette", api_name="/stylize"
    )
    with Image.open(path) as image:
        assert image.format == "PNG"
        assert image.size == (501, 350)
    receipt = read_receipt(path)
    assert receipt is not None
    assert receipt.styles[0].preset == "the-cat"
    assert receipt.settings["colours"] == "palette"


def test_stylize_takes_a_style_picture(client, file):
    path = client.predict(handle_file(file), handle_file(file), api_name="/stylize")
    receipt = read_receipt(path)
    assert receipt is not None
    assert receipt.styles[0].title == file.name


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("dada", 1, "style"), "no preset 'dada'"),
        (("the-cat", 3, "style"), "from 0 to 1"),
        (("the-cat", 1, "blue"), "must be one of"),
    ],
)
def test_mistakes_are_answered_with_a_sentence(client, file, arguments, sentence):
    with pytest.raises(AppError, match=sentence):
        client.predict(handle_file(file), None, *arguments, api_name="/stylize")
