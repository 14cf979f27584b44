"""HTML of a visitor's collection: its regions, its near-duplicates, and what is like a picture."""

import base64
from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

from app.collection.embed import Entry
from app.collection.gathered import Collection, Neighbour
from app.collection.scan import Failure
from app.ui.map.art_words import likeness

_SAMPLES = 6  # Pictures of a region that are shown.
_COPIES = 12  # Of a group of near-duplicates.
_GROUPS = 30  # Of near-duplicates; more are in the table.
_PROBLEMS = 50  # More are counted.


def regions_html(collection: Collection) -> str:
    """For each region its name, how many pictures, what they are, and those in its middle."""
    rows = []
    for number, name in enumerate(collection.chart.names):
        members = np.flatnonzero(collection.chart.clusters == number)
        places = collection.chart.coordinates[members]
        away = np.linalg.norm(places - np.median(places, axis=0), axis=1)
        middle = members[np.argsort(away, kind="stable")][:_SAMPLES]
        tiles = "".join(_tile(collection.entries[index]) for index in middle)
        groups = Counter(collection.facts[index].group for index in members)
        said = ", ".join(f"{count} {escape(group)}" for group, count in groups.most_common(3))
        rows.append(
            f'<li><div><h3>{escape(name)}</h3><p class="small">{_pictures(len(members))}: {said}'
            f'</p></div><div class="own-tiles">{tiles}</div></li>'
        )
    return f'<ol class="own-regions">{"".join(rows)}</ol>' if rows else ""


def duplicates_html(collection: Collection) -> str:
    """Groups of near-duplicates, the largest first."""
    groups = collection.duplicates
    if not groups:
        return '<p class="small">No picture is here twice, as far as we can see.</p>'
    rows = []
    for group in groups[:_GROUPS]:
        some = [collection.entries[index] for index in group[:_COPIES]]
        tiles = "".join(_tile(each, f"{each.width} &times; {each.height}") for each in some)
        more = f"<p>and {len(group) - _COPIES} more</p>" if len(group) > _COPIES else ""
        rows.append(f'<li class="own-tiles">{tiles}{more}</li>')
    more = ""
    if len(groups) > _GROUPS:
        more = f'<p class="small">{len(groups) - _GROUPS} more groups are in the table.</p>'
    return f'<ol class="own-copies">{"".join(rows)}</ol>{more}'


def neighbours_html(
    collection: Collection,
    asked: Entry,
    found: Sequence[Neighbour],
    marks: Mapping[str, float],
) -> str:
    """The picture that was brought, and those most like it, the most alike first.

    Args:
        collection: where they were found.
        asked: the picture that was brought.
        found: those most like it.
        marks: cosines to compare theirs with, of `ArtMap.similarity`.
    """
    tiles = "".join(
        f"<li>{_tile(collection.entries[each.index], likeness(each.similarity, marks))}</li>"
        for each in found
    )
    return (
        f'<div class="own-similar">{_tile(asked, "what you brought")}'
        f'<ol class="own-tiles">{tiles}</ol></div>'
        '<p class="small">Those of your pictures in which the reader sees most nearly the same:'
        " brushwork, colour and form, as far as these tell movements apart, not what is depicted."
        "</p>"
    )


def failures_html(failures: Sequence[Failure]) -> str:
    """What could not be read, and why."""
    rows = [f"<li><b>{escape(each.name)}</b>: {escape(each.problem)}</li>" for each in failures]
    if len(rows) > _PROBLEMS:
        rows[_PROBLEMS:] = [f"<li>and {len(rows) - _PROBLEMS} more</li>"]
    return f'<ul class="problems">{"".join(rows)}</ul>' if rows else ""


def _tile(entry: Entry, below: str = "") -> str:
    """A thumbnail with its file's name; `below` is HTML of what else is said of it."""
    source, name = base64.b64encode(entry.thumbnail).decode(), escape(entry.source.name)
    return (
        f'<figure class="own-tile" title="{name}">'
        f'<img src="data:image/webp;base64,{source}" alt="">'
        f"<figcaption><span>{name}</span>{below}</figcaption></figure>"
    )


def _pictures(count: int) -> str:
    return f"{count} picture" if count == 1 else f"{count} pictures"
