"""Programs that end because of what a person gave them."""

from collections.abc import Callable

import pytest


def said_in_refusing(capsys, program: Callable[..., object], *arguments: object) -> str:
    """What a program writes to standard error that is to end with exit code 1, no traceback."""
    with pytest.raises(SystemExit) as ended:
        program(*arguments)
    assert ended.value.code == 1
    said = capsys.readouterr().err
    assert "Traceback" not in said
    return said
