"""The Report tab: how good the networks are, what they were made from, where they fail."""

from contextlib import suppress
from typing import Any

from app.errors import UserError
from app.serving.runtime import read_metadata
from app.ui.house import House
from app.ui.report.article import Section, report
from app.ui.report.comparison import compared, read_comparison
from app.ui.report.painters import instant, slow
from app.ui.widgets import html
from training.style.shipped import TEXTURE_FILE


class ReportTab:
    """Lays the tab out; to be made inside the tab. It never changes, so it has no events."""

    def __init__(self, house: House) -> None:
        folder, others = house.library.folder, list[tuple[Section, Any]]()
        comparison = read_comparison(folder / "comparison.json")
        if comparison:
            others.append((compared, comparison))
        others.append((instant, house.studio.stylizer.painter.metadata))
        with suppress(UserError):  # Paint slowly says what is missing, to whoever asks for it.
            others.append((slow, read_metadata(folder / TEXTURE_FILE)))
        html(report(house.classifier.metadata, others), "report")
