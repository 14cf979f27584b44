from collections.abc import Iterator

import pytest

from export.app_start import running_app


@pytest.fixture(scope="session")
def app_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the real app, started once for all tests that need it."""
    with running_app(tmp_path_factory.mktemp("app")) as (_, address):
        yield address
