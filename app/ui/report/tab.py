"""The Report tab: how good the network is, what it was made from, where it fails."""

from app.ui.house import House
from app.ui.report.article import report
from app.ui.report.comparison import read_comparison
from app.ui.widgets import html


class ReportTab:
    """Lays the tab out; to be made inside the tab. It never changes, so it has no events."""

    def __init__(self, house: House) -> None:
        comparison = read_comparison(house.library.folder / "comparison.json")
        html(report(house.classifier.metadata, comparison), "report")
