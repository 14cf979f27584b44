"""The endpoints, asked by a program as README says."""

import json
import urllib.request

import numpy as np
import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError
from PIL import Image

NAMES = {"Abstract", "Cubism", "Expressionism", "Impressionism", "Realism"}


def test_classify_tells_all_that_it_promises(client, file):
    said = client.predict(handle_file(file), api_name="/classify")
    assert set(said["probabilities"]) == NAMES
    assert sum(said["probabilities"].values()) == pytest.approx(1, abs=1e-4)
    assert said["confidence"] == pytest.approx(max(said["probabilities"].values()))
    likeliest = max(said["probabilities"], key=said["probabilities"].get)
    assert said["movement"] == (None if said["refusal"] else likeliest)
    assert said["outside"] == (said["refusal"] in ("photograph", "outside"))
    assert not said["between"] or said["between"][0] == likeliest
    assert said["words"]
    assert said["note"] == ""
    assert said["provider"] in ("CPU", "CUDA")
    assert said["milliseconds"] > 0


def test_classify_says_why_a_white_sheet_gets_no_verdict_and_that_there_are_more(client, tmp_path):
    sheet = Image.new("RGB", (400, 300), "white")
    sheet.save(tmp_path / "white.tif", save_all=True, append_images=[sheet])
    said = client.predict(handle_file(tmp_path / "white.tif"), api_name="/classify")
    assert said["note"] == "This TIFF has several pages; the first one was taken."
    assert (said["movement"], said["refusal"], said["outside"]) == (None, "plain", False)
    assert said["words"] == "nearly nothing to read"
    assert said["between"] == []


def test_heatmap_is_a_png_of_the_picture_s_own_size(client, file):
    path = client.predict(handle_file(file), "cubism", 0.9, api_name="/heatmap")
    with Image.open(path) as image:
        assert image.format == "PNG"
        assert image.size == (501, 350)


def test_heatmap_takes_the_likeliest_movement_and_a_usual_opacity(client, file):
    path = client.predict(picture=handle_file(file), api_name="/heatmap")
    assert Image.open(path).size == (501, 350)


def test_no_opacity_leaves_the_picture_as_it_is(client, file):
    path = client.predict(handle_file(file), "Realism", 0.0, api_name="/heatmap")
    np.testing.assert_array_equal(np.asarray(Image.open(path)), np.asarray(Image.open(file)))


def test_mistakes_are_answered_with_a_sentence(client, file, tmp_path):
    bad = tmp_path / "bad.png"
    bad.write_text("I am text")
    with pytest.raises(AppError, match="text file"):
        client.predict(handle_file(bad), api_name="/classify")
    with pytest.raises(AppError, match="no movement 'Dada'"):
        client.predict(handle_file(file), "Dada", api_name="/heatmap")
    with pytest.raises(AppError, match="from 0 to 1"):
        client.predict(handle_file(file), "", 3, api_name="/heatmap")


@pytest.mark.parametrize("mark", [{}, {"meta": {"_type": "gradio.FileData"}}])
def test_files_of_the_server_are_not_read_for_strangers(app_address, file, mark):
    """Here the file lies on the server's disk, but was never uploaded."""
    answer = ask(app_address, "classify", {"path": str(file), **mark})
    assert "event: error" in answer
    assert "probabilities" not in answer


def test_the_page_tells_programs_of_all_endpoints(app_address):
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
