"""The endpoints of the Paint tab, asked by a program."""

import numpy as np
import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from app.generation_parameters import read_parameters


@pytest.fixture(scope="module")
def app_address(paint_address: str) -> str:
    """Where `client` asks."""
    return paint_address


def test_styles_names_all_presets_with_their_rights(client, bundle):
    facts = client.predict(api_name="/styles")
    assert [style["name"] for style in facts] == [preset.name for preset in bundle.presets]
    assert all(style["rights"] for style in facts)


def test_stylize_takes_a_preset(client, file):
    path = client.predict(
        handle_file(file), preset="the-cat", strength=0.5, colours="palette", api_name="/stylize"
    )
    with Image.open(path) as image:
        assert image.format == "PNG"
        assert image.size == (501, 350)
    parameters = read_parameters(path)
    assert parameters is not None
    assert parameters.styles[0].preset == "the-cat"
    assert parameters.settings["colours"] == "palette"


def test_stylize_takes_a_stroke_size(client, file):
    paths = [
        client.predict(handle_file(file), preset="the-cat", stroke_size=size, api_name="/stylize")
        for size in (0, 1, 2)
    ]
    stored = [read_parameters(path) for path in paths]
    assert [parameters.settings["stroke size"] for parameters in stored if parameters] == [
        0,
        1,
        2,
    ]
    own, usual, broad = (np.asarray(Image.open(path)).astype(int) for path in paths)
    np.testing.assert_array_equal(own, usual)  # It is smaller than the working size.
    assert np.abs(broad - usual).mean() > 1
    assert broad.shape == (350, 501, 3)


def test_stylize_takes_a_style_picture_and_notes_that_it_has_more_pages(client, file, tmp_path):
    with Image.open(file) as page:
        page.save(tmp_path / "style.tif", save_all=True, append_images=[page])
    style = handle_file(tmp_path / "style.tif")
    parameters = read_parameters(client.predict(handle_file(file), style, api_name="/stylize"))
    assert parameters is not None
    assert parameters.styles[0].title == "style.tif"
    assert "the first one was taken" in str(parameters.settings["note"])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("dada", 1, "style"), "no preset 'dada'"),
        (("the-cat", 3, "style"), "from 0 to 1"),
        (("the-cat", 1, "blue"), "must be one of"),
        (("the-cat", 1, "style", 5), "stroke size must be"),
    ],
)
def test_invalid_arguments_are_refused_in_a_sentence(client, file, arguments, sentence):
    with pytest.raises(AppError, match=sentence):
        client.predict(handle_file(file), None, *arguments, api_name="/stylize")
