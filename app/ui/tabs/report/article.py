"""The report on the networks, in plain words, from their own metadata and a file beside them."""

import logging
from collections.abc import Callable, Iterable
from typing import Any

from app.serving.model_card import ModelCard
from app.ui.tabs.report.details import calibration, confusion, data, scores, sources
from app.ui.tabs.report.learning import learning
from app.ui.tabs.report.opening import headline, limits, movements, strangers

logger = logging.getLogger(__name__)

Section = Callable[[Any], str]
"""Writes HTML from numbers; raises KeyError, IndexError, TypeError or ValueError without them."""

OPENING: tuple[Section, ...] = (headline, movements, strangers, limits)
"""What a visitor asks first."""

DETAILS: tuple[Section, ...] = (confusion, scores, calibration, sources, learning, data)
"""What is folded, of the reader."""


def report(card: ModelCard, others: Iterable[tuple[Section, Any]] = ()) -> str:
    """HTML of the whole report; a section whose numbers are not there is left out.

    Args:
        card: what the reader's file says of it.
        others: folded sections on other networks, each with its numbers.
    """
    opening = "".join(_written(section, card) for section in OPENING)
    details = "".join(_written(section, card) for section in DETAILS)
    details += "".join(_written(section, facts) for section, facts in others)
    if details:
        details = f'<h2>In detail</h2><div class="details">{details}</div>'
    return f'<article class="report">{opening}{details}</article>'


def _written(section: Section, facts: Any) -> str:
    try:
        return section(facts)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        logger.warning("no section on %s: %r", section.__name__, error)
        return ""
