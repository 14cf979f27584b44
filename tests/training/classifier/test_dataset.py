from pathlib import Path

import pytest
from torch.utils.data import DataLoader

from training.classifier.dataset import SixViews, Views
from training.common.errors import exit_on_user_error
from training.data import Record


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize("views", [Views, SixViews])
def test_a_picture_that_vanished_ends_a_program_with_its_name(tmp_path, capsys, views, workers):
    path: Path = tmp_path / "é gone.jpg"
    batches = DataLoader(views([Record(str(path), "Cubism")], 32), num_workers=workers)
    with pytest.raises(SystemExit), exit_on_user_error():
        next(iter(batches))
    reason = "This file could not be opened (no such file or directory)."
    assert capsys.readouterr().err == f"{path}: {reason}\n"
