"""The endpoints, asked by a program as README says."""

import json
import urllib.request

import numpy as np
import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError
from PIL import Image

NAMES = {"Abstract", "Cubism", "Expressionism", "Impressionism", "Realism"}


def test_classify_answers_with_all_fields(client, file):
    answer = client.predict(handle_file(file), api_name="/classify")
    assert set(answer["probabilities"]) == NAMES
    assert sum(answer["probabilities"].values()) == pytest.approx(1, abs=1e-4)
    assert answer["confidence"] == pytest.approx(max(answer["probabilities"].values()))
    likeliest = max(answer["probabilities"], key=answer["probabilities"].get)
    assert answer["movement"] == (None if answer["refusal"] else likeliest)
    assert answer["outside"] == (answer["refusal"] in ("photograph", "outside"))
    assert not answer["between"] or answer["between"][0] == likeliest
    assert answer["words"]
    assert answer["note"] == ""
    assert answer["provider"] in ("CPU", "CUDA")
    assert answer["milliseconds"] > 0


def test_classify_gives_a_refusal_and_a_note_on_further_pages(client, tmp_path):
    sheet = Image.new("RGB", (400, 300), "white")
    sheet.save(tmp_path / "white.tif", save_all=True, append_images=[sheet])
    answer = client.predict(handle_file(tmp_path / "white.tif"), api_name="/classify")
    assert answer["note"] == "This TIFF has several pages; the first one was taken."
    assert (answer["movement"], answer["refusal"], answer["outside"]) == (None, "plain", False)
    assert answer["words"] == "nearly nothing to read"
    assert answer["between"] == []


def test_heatmap_is_a_png_of_the_pictures_size(client, file):
    path = client.predict(handle_file(file), "cubism", 0.9, api_name="/heatmap")
    with Image.open(path) as image:
        assert image.format == "PNG"
        assert image.size == (501, 350)


def test_heatmap_defaults_to_the_likeliest_movement(client, file):
    path = client.predict(picture=handle_file(file), api_name="/heatmap")
    assert Image.open(path).size == (501, 350)


def test_opacity_0_gives_the_picture(client, file):
    path = client.predict(handle_file(file), "Realism", 0.0, api_name="/heatmap")
    np.testing.assert_array_equal(np.asarray(Image.open(path)), np.asarray(Image.open(file)))


def test_invalid_arguments_are_refused_in_a_sentence(client, file, tmp_path):
    bad = tmp_path / "bad.png"
    bad.write_text("I am text")
    with pytest.raises(AppError, match="text file"):
        client.predict(handle_file(bad), api_name="/classify")
    with pytest.raises(AppError, match="no movement 'Dada'"):
        client.predict(handle_file(file), "Dada", api_name="/heatmap")
    with pytest.raises(AppError, match="from 0 to 1"):
        client.predict(handle_file(file), "", 3, api_name="/heatmap")


@pytest.mark.parametrize("mark", [{}, {"meta": {"_type": "gradio.FileData"}}])
def test_files_of_the_server_cannot_be_read(app_address, file, mark):
    """Here the file lies on the server's disk, but was never uploaded."""
    answer = ask(app_address, "classify", {"path": str(file), **mark})
    assert "event: error" in answer
    assert "probabilities" not in answer


def test_the_page_lists_all_endpoints(app_address):
    with urllib.request.urlopen(f"{app_address}gradio_api/info") as answer:
        endpoints = json.load(answer)["named_endpoints"]
    assert set(endpoints) == {
        *("/classify", "/heatmap", "/explain", "/neighbours", "/activation"),
        *("/stylize", "/styles", "/optimize"),
    }
    assert "calibrated" in endpoints["/classify"]["description"]
    names = [p["parameter_name"] for p in endpoints["/heatmap"]["parameters"]]
    assert names == ["picture", "movement", "opacity"]


def ask(address: str, endpoint: str, *data: object) -> str:
    """Call an endpoint without a client library; the raw stream of events."""
    url = f"{address}gradio_api/call/{endpoint}"
    body = json.dumps({"data": data}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        event = json.load(answer)["event_id"]
    with urllib.request.urlopen(f"{url}/{event}") as answer:
        return answer.read().decode()
