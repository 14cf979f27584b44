"""The Report tab: how good the networks are, what they were made from, where they fail."""

from contextlib import suppress
from typing import Any

from app.errors import UserError
from app.serving.runtime import read_metadata
from app.ui.components.widgets import html
from app.ui.context import AppContext
from app.ui.tabs.report.article import Section, report
from app.ui.tabs.report.comparison import compared, read_comparison
from app.ui.tabs.report.painters import instant, slow
from training.style.shipped_files import TEXTURE_FILE


class ReportTab:
    """Lays the tab out; to be made inside the tab. It never changes, so it has no events."""

    def __init__(self, context: AppContext) -> None:
        folder, others = context.assets.folder, list[tuple[Section, Any]]()
        comparison = read_comparison(folder / "comparison.json")
        if comparison:
            others.append((compared, comparison))
        others.append((instant, context.bundle.stylizer.painter.metadata))
        with suppress(UserError):  # Paint slowly says what is missing, to whoever asks for it.
            others.append((slow, read_metadata(folder / TEXTURE_FILE)))
        html(report(context.classifier.metadata, others), "report")
