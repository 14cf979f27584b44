"""The Report tab: how good the networks are, what they were made from, where they fail.

Everything in it is written from the networks' own metadata and a file beside them.
"""

import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from app.errors import UserError
from app.serving.model_card import ModelCard
from app.serving.runtime import read_metadata
from app.translation import gettext as _
from app.ui.components.widgets import html
from app.ui.context import AppContext
from app.ui.tabs.report.details import calibration, collections, confusion, data, learning, scores
from app.ui.tabs.report.networks import (
    read_comparison,
    stylizer,
    texture_encoder,
    transformer,
)
from app.ui.tabs.report.summary import headline, limits, movements, refusals
from training.common.shipped_files import TEXTURE_FILE

logger = logging.getLogger(__name__)

Section = Callable[[Any], str]
"""Writes HTML from numbers; raises KeyError, IndexError, TypeError or ValueError without them."""

SUMMARY: tuple[Section, ...] = (headline, movements, refusals, limits)
"""The first, open part."""

DETAILS: tuple[Section, ...] = (confusion, scores, calibration, collections, learning, data)
"""The folded parts on the classifier."""


class ReportTab:
    """Lays out the tab; to be created inside it. It never changes, so it has no events."""

    def __init__(self, context: AppContext) -> None:
        folder, others = context.assets.folder, list[tuple[Section, Any]]()
        comparison = read_comparison(folder / "comparison.json")
        if comparison:
            others.append((transformer, comparison))
        others.append((stylizer, context.bundle.stylizer.painter.metadata))
        with suppress(UserError):  # The Paint slowly tab says what is missing.
            others.append((texture_encoder, read_metadata(folder / TEXTURE_FILE)))
        html(report(context.classifier.metadata, others), "report")


def report(card: ModelCard, others: Iterable[tuple[Section, Any]] = ()) -> str:
    """HTML of the whole report; a section whose numbers are missing is left out.

    Args:
        card: of the classifier.
        others: folded sections on other networks, each with its numbers.
    """
    summary = "".join(_written(section, card) for section in SUMMARY)
    details = "".join(_written(section, card) for section in DETAILS)
    details += "".join(_written(section, facts) for section, facts in others)
    if details:
        title = _("In detail")
        details = f'<h2>{title}</h2><div class="details">{details}</div>'
    return f'<article class="report">{summary}{details}</article>'


def _written(section: Section, facts: Any) -> str:
    try:
        return section(facts)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        logger.warning("no section on %s: %r", section.__name__, error)
        return ""
