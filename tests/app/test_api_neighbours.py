"""The endpoint /neighbours, called by a program."""

import json
import urllib.request

import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError


def test_neighbours_and_place_of_a_picture(client, file):
    answer = client.predict(handle_file(file), 3, api_name="/neighbours")
    assert set(answer) == {"x", "y", "cluster", "note", "neighbours"}
    assert answer["note"] == ""
    assert max(abs(answer["x"]), abs(answer["y"])) <= 1
    assert answer["cluster"]
    assert len(answer["neighbours"]) == 3
    facts = {"title", "artist", "year", "movement", "style", "similarity", "x", "y"}
    for found in answer["neighbours"]:
        assert set(found) == facts
        assert found["title"]
        assert found["artist"]
    cosines = [found["similarity"] for found in answer["neighbours"]]
    assert 1 >= cosines[0] >= cosines[1] >= cosines[2] >= -1


def test_ten_neighbours_are_the_default_and_a_hundred_the_maximum(client, file):
    usual = client.predict(picture=handle_file(file), api_name="/neighbours")
    most = client.predict(handle_file(file), 100, api_name="/neighbours")
    assert len(usual["neighbours"]) == 10
    assert len(most["neighbours"]) == 100
    assert most["neighbours"][:10] == usual["neighbours"]
    assert (most["x"], most["y"]) == (usual["x"], usual["y"])


@pytest.mark.parametrize("k", [0, -1, 101, 2.5, "many", True, None])
def test_other_numbers_are_refused(client, file, k):
    with pytest.raises(AppError, match="whole number from 1 to 100"):
        client.predict(handle_file(file), k, api_name="/neighbours")


def test_a_file_that_is_no_picture_is_refused(client, tmp_path):
    bad = tmp_path / "bad.png"
    bad.write_text("I am text")
    with pytest.raises(AppError, match="text file"):
        client.predict(handle_file(bad), api_name="/neighbours")


def test_the_endpoint_is_documented(app_address):
    with urllib.request.urlopen(f"{app_address}gradio_api/info") as answer:
        endpoint = json.load(answer)["named_endpoints"]["/neighbours"]
    assert "cosine" in endpoint["description"]
    assert [p["parameter_name"] for p in endpoint["parameters"]] == ["picture", "k"]
    assert endpoint["parameters"][1]["parameter_default"] == 10
