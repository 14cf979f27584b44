"""Pictures that are the same for everybody, as files with addresses of their own."""

import re
from pathlib import Path

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app.imaging import data_uri
from app.ui.static_files import ROUTES, share, share_file, share_inline


@pytest.fixture
def browser() -> TestClient:
    return TestClient(Starlette(routes=ROUTES))


def test_a_shared_picture_may_be_kept_for_good(browser):
    answer = browser.get(share(b"RIFF of a kind"))
    assert answer.content == b"RIFF of a kind"
    assert answer.headers["content-type"] == "image/webp"
    assert "immutable" in answer.headers["cache-control"]


def test_another_content_has_another_address():
    assert share(b"one") == share(b"one") != share(b"two")


def test_a_file_is_sent_as_it_is(browser, tmp_path: Path):
    file = tmp_path / "a.webp"
    file.write_bytes(b"of a file")
    answer = browser.get(share_file(file))
    assert answer.content == b"of a file"
    assert "immutable" in answer.headers["cache-control"]


def test_files_that_were_not_shared_are_not_found(browser, tmp_path: Path):
    (tmp_path / "secret.webp").write_bytes(b"secret")
    for name in ("secret.webp", f"..%2F{tmp_path.name}%2Fsecret.webp", "0" * 20 + ".webp"):
        assert browser.get(f"/pictures/{name}").status_code == 404


def test_pictures_written_into_html_are_shared_and_the_rest_stays(browser):
    source = data_uri(np.full((9, 7, 3), 90, np.uint8))
    html = share_inline(f'<img src="{source}" alt="a"><b>data:image</b>')
    assert re.fullmatch(r'<img src="pictures/\w+\.webp" alt="a"><b>data:image</b>', html)
    picture = re.search(r'src="([^"]+)"', html)[1]
    assert data_uri(np.full((9, 7, 3), 90, np.uint8)) == source  # It is the same each time.
    assert browser.get(picture).content[:4] == b"RIFF"
