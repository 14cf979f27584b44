import pytest
from torch.utils.data import DataLoader, Dataset

from training.common.errors import UserError, exit_on_user_error


class OneMissing(Dataset):
    def __len__(self):
        return 1

    def __getitem__(self, index):
        raise UserError("The picture é.jpg is gone; please make the manifest again.")


@exit_on_user_error()
def fails(error):
    raise error


@pytest.mark.parametrize("workers", [0, 1])
def test_a_program_ends_with_the_sentence_alone_even_from_a_loading_process(workers, capsys):
    with pytest.raises(SystemExit) as caught, exit_on_user_error():
        next(iter(DataLoader(OneMissing(), num_workers=workers)))
    assert caught.value.code == 1
    sentence = "The picture é.jpg is gone; please make the manifest again.\n"
    assert capsys.readouterr().err == sentence


def test_a_missing_file_is_named(capsys, tmp_path):
    with pytest.raises(SystemExit) as caught, exit_on_user_error():
        (tmp_path / "manifest.csv").open()
    assert caught.value.code == 1
    assert capsys.readouterr().err == f"{tmp_path}/manifest.csv: No such file or directory.\n"


def test_an_interrupted_program_prints_that_it_was(capsys):
    with pytest.raises(SystemExit) as caught:
        fails(KeyboardInterrupt())
    assert caught.value.code == 130
    assert capsys.readouterr().err == "Interrupted.\n"


def test_a_bug_keeps_its_traceback():
    with pytest.raises(ZeroDivisionError):
        fails(ZeroDivisionError())
