"""The endpoint of the heat maps, asked by a program."""

import numpy as np
import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError
from PIL import Image


def test_explain_paints_the_picture_and_says_how_faithful_that_is(client, file):
    path, facts = client.predict(
        handle_file(file), method="layercam", depth=5, movement="cubism", api_name="/explain"
    )
    with Image.open(path) as image:
        assert image.format == "PNG"
        assert image.size == (501, 350)
    assert (facts["movement"], facts["method"]) == ("Cubism", "layercam")
    assert (facts["depth"], facts["layer"]) == (5, "conv4_block8")
    scores = ("probability", "deletion", "insertion", "random_deletion", "random_insertion")
    assert all(0 <= facts[name] <= 1 for name in scores)
    assert "Hiding the brightest tenth" in facts["words"]


def test_without_wishes_it_is_grad_cam_of_the_likeliest_movement_like_the_exact_map(client, file):
    grad, facts = client.predict(handle_file(file), api_name="/explain")
    exact, same = client.predict(handle_file(file), "cam", api_name="/explain")
    said = client.predict(handle_file(file), api_name="/classify")
    likeliest = max(said["probabilities"], key=said["probabilities"].get)
    assert facts["movement"] == same["movement"] == likeliest
    assert (facts["method"], facts["depth"], facts["layer"]) == ("grad-cam", 9, "conv5_block16")
    one, other = (np.asarray(Image.open(path)).astype(int) for path in (grad, exact))
    assert np.abs(one - other).max() <= 3


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("grad", 9, ""), "no method 'grad'"),
        (("grad-cam", 10, ""), "from 1 to 9"),
        (("grad-cam", 0, ""), "from 1 to 9"),
        (("cam", 4, ""), "depth 9 only"),
        (("grad-cam", 4, "Dada"), "no movement 'Dada'"),
    ],
)
def test_invalid_arguments_are_refused_in_a_sentence(client, file, arguments, sentence):
    with pytest.raises(AppError, match=sentence):
        client.predict(handle_file(file), *arguments, api_name="/explain")
