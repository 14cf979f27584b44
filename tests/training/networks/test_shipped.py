"""Reading weights back out of ONNX files that are none."""

from pathlib import Path

import pytest

from tests.damage import LFS_POINTER
from training.common.errors import UserError
from training.networks import load


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (LFS_POINTER, "is only Git LFS's pointer to the file; run `git lfs pull`"),
        ("<html>404: not found</html>", "is no ONNX file, or was cut short"),
    ],
)
def test_what_is_no_onnx_file_is_refused_in_a_sentence(
    tmp_path: Path, content: str, sentence: str
) -> None:
    (tmp_path / "a.onnx").write_text(content)
    with pytest.raises(UserError, match=rf"a\.onnx {sentence}"):
        load(tmp_path / "a.onnx")
