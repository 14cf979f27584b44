import importlib.util
import json
import sys

import pytest

from export.benchmarks import store


def test_stores_are_written_and_searched_in_a_fresh_process(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["store", "--size", "60", "--at-once", "40"])
    store.main()
    *_, last = capsys.readouterr().out.splitlines()
    first, *others = json.loads(last)
    assert first["store"] == "numpy"
    assert first["pictures"] == 60
    assert first["search_p50_ms"] > 0
    assert first["found_of_exact"] == 1
    assert len(others) == (importlib.util.find_spec("lancedb") is not None)
    assert all(other["found_of_exact"] > 0.9 for other in others)
