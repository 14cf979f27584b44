from pathlib import Path

import pytest

from export.assets.measurements import OUT, page, table

SHIPPED = Path("onnx_models")


def test_the_page_has_the_numbers_of_the_shipped_files() -> None:
    assert OUT.read_text(encoding="utf-8") == page(SHIPPED), (
        "run python -m export.assets.measurements"
    )


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="movement_classifier"):
        page(tmp_path)


def test_tables_are_markdown() -> None:
    assert table(["", "a"], [["b", 1]]) == "|  | a |\n| --- | --- |\n| b | 1 |\n"
