"""Background jobs that end, fail, or are left by their visitor."""

import threading

import pytest

from app.ui import background_job


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background_job, "POLL_INTERVAL", 0.005)


def test_it_yields_until_the_work_is_done():
    enough = threading.Event()
    taken = 0
    for _ in background_job.run_in_background(lambda: enough.wait(5), lambda: None):
        taken += 1
        if taken == 3:
            enough.set()
    assert taken >= 3


def test_an_error_of_the_work_is_raised():
    def fail() -> None:
        raise KeyError("this")

    ended = []
    with pytest.raises(KeyError, match="this"):
        list(background_job.run_in_background(fail, lambda: ended.append(True)))
    assert ended == [True]


def test_leaving_ends_the_work_without_waiting_for_it():
    enough, allowed, finished = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        enough.wait(5)
        allowed.wait(5)
        finished.set()

    following = background_job.run_in_background(work, enough.set)
    next(following)
    following.close()
    assert enough.is_set()
    assert not finished.is_set()
    allowed.set()
    assert finished.wait(5)
