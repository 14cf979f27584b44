"""What a visitor does on the Paint tab, outside of a page."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from app.ui.notice import Said
from app.ui.paint.tab import PaintTab

MARK = {"_type": "gradio.FileData"}


def press(index: int) -> Any:
    return SimpleNamespace(index=index, value=None)


def upload(path: Path, name: str = "holiday.png") -> dict[str, Any]:
    return {"path": str(path), "orig_name": name, "meta": MARK}


def after(tab: PaintTab, said: dict[Any, Any], shown: dict[Any, Any]) -> dict[Any, Any]:
    """What the page says once it shows an answer."""
    values = {part: v["value"] if isinstance(v, dict) and "value" in v else v
              for part, v in shown.items()}  # fmt: skip
    return said | {part: value for part, value in values.items() if part in said}


def bring(tab: PaintTab, said: Said, sent: dict[str, Any]) -> Said:
    return tab.bringing._bring(said | {tab.bringing.sent: sent})
