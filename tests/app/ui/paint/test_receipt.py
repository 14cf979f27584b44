"""Receipts that are dropped on the Paint tab set its form."""

import numpy as np
import pytest

from app.receipt import Receipt, StyleShare, encode_with_receipt
from app.serving.resolution import NATIVE
from app.ui.paint.sitting import Wish
from tests.app.ui.paint.paint_tab import bring, upload


@pytest.mark.parametrize(
    ("written", "slider", "native"),
    [(1.5, 1.5, False), (NATIVE, 1, True), (None, 1, False), (7, 1, False), (False, 1, False)],
)
def test_a_receipt_sets_the_stroke_size(tab, said, tmp_path, written, slider, native):
    settings = {} if written is None else {"stroke size": written}
    receipt = Receipt((StyleShare("the-cat", 1, "the-cat"),), settings)
    png = encode_with_receipt(np.zeros((8, 8, 3), np.uint8), receipt)
    (tmp_path / "painted.png").write_bytes(png)
    shown = bring(tab, said, upload(tmp_path / "painted.png"))
    assert shown[tab.form.strokes]["values"] == [slider]
    assert shown[tab.form.native] is native


def test_a_receipt_sets_the_form(tab, said, tmp_path):
    receipt = Receipt(
        (StyleShare("the-cat", 3, "the-cat"), StyleShare("my own", 1), StyleShare("x", 1, "gone")),
        {"strength": 0.25, "colours": "palette", "style size": 99, "mask": True},
    )
    png = encode_with_receipt(np.zeros((8, 8, 3), np.uint8), receipt)
    (tmp_path / "painted.png").write_bytes(png)
    shown = bring(tab, said, upload(tmp_path / "painted.png"))
    assert shown[tab.state].visit is said[tab.state].visit
    assert shown[tab.state].brush.words() == "the-cat"
    assert shown[tab.form.strength]["values"] == [25]
    assert shown[tab.form.colours] == "palette"
    assert shown[tab.form.size]["values"] == [Wish().size]
    assert all(word in shown[tab.notice] for word in ("my own", "x", "mask"))


def test_titles_in_a_receipt_are_no_html(tab, said, tmp_path):
    receipt = Receipt((StyleShare("<img src=x>", 1),))
    (tmp_path / "p.png").write_bytes(encode_with_receipt(np.zeros((8, 8, 3), np.uint8), receipt))
    assert "<img" not in bring(tab, said, upload(tmp_path / "p.png"))[tab.notice]
