"""HTML of a visitor's collection: its regions, its near-duplicates, and what is like a picture."""

import base64
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

from app.collection.embed import Entry
from app.collection.in_memory import Collection, Neighbour
from app.collection.scan import Failure
from app.ui.tabs.map.reference_html import likeness, likeness_explained
from app.ui.wording import percent

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
        tiles = "".join(_tile(collection.entries[i], index=int(i)) for i in middle)
        groups = Counter(collection.facts[index].group for index in members)
        said = ", ".join(f"{count} {escape(group)}" for group, count in groups.most_common(3))
        rows.append(
            f'<li><div><h3>{escape(name)}</h3><p class="small">{_pictures(len(members))}: {said}'
            f'</p></div><div class="collection-tiles">{tiles}</div></li>'
        )
    return f'<ol class="collection-regions">{"".join(rows)}</ol>' if rows else ""


def duplicates_html(collection: Collection) -> str:
    """Groups of near-duplicates, the largest first."""
    groups = collection.duplicates
    if not groups:
        return '<p class="small">No picture is here twice, as far as we can see.</p>'
    rows = []
    for group in groups[:_GROUPS]:
        some = [(int(index), collection.entries[index]) for index in group[:_COPIES]]
        tiles = "".join(
            _tile(each, f"{each.width} &times; {each.height}", index) for index, each in some
        )
        more = f"<p>and {len(group) - _COPIES} more</p>" if len(group) > _COPIES else ""
        rows.append(f'<li class="collection-tiles">{tiles}{more}</li>')
    more = ""
    if len(groups) > _GROUPS:
        more = f'<p class="small">{len(groups) - _GROUPS} more groups are in the table.</p>'
    return f'<ol class="collection-duplicates">{"".join(rows)}</ol>{more}'


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
    said = [f"{n}. {likeness(each.similarity, marks)}" for n, each in enumerate(found, start=1)]
    tiles = "".join(
        f"<li>{_tile(collection.entries[each.index], words, each.index)}</li>"
        for each, words in zip(found, said, strict=True)
    )
    return (
        f'<div class="collection-neighbours">{_tile(asked, "your picture")}'
        f'<ol class="collection-tiles">{tiles}</ol></div>'
        '<p class="small">Those of your pictures in which the classifier sees most nearly the same:'
        " brushwork, colour and form, as far as these tell movements apart, not what is depicted."
        f" {likeness_explained(marks)}</p>"
    )


def card_html(collection: Collection, index: int) -> str:
    """The card of one picture; its place is marked on the map."""
    entry, fact = collection.entries[index], collection.facts[index]
    place = json.dumps([collection.chart.coordinates[index].round(4).tolist()])
    said = fact.group
    if fact.group == fact.movement:
        between = f", or {fact.between}" if fact.between else ""
        said = f"{fact.movement}{between}, {percent(fact.confidence)}"
    region = collection.chart.cluster(index)
    among = f", in the region {region}" if region else ""
    return f"""
        <article data-number="{index}" data-places="{place}" aria-live="polite">
          <button type="button" class="close" data-index="-1" aria-label="Close">&times;</button>
          <img src="{_source(entry)}" alt="">
          <h3>{escape(entry.source.name)}</h3>
          <p>{escape(said)}</p>
          <p class="small">{entry.width} &times; {entry.height} pixels{escape(among)}</p>
        </article>"""


def failures_html(failures: Sequence[Failure]) -> str:
    """What could not be read, and why."""
    rows = [f"<li><b>{escape(each.name)}</b>: {escape(each.problem)}</li>" for each in failures]
    if len(rows) > _PROBLEMS:
        rows[_PROBLEMS:] = [f"<li>and {len(rows) - _PROBLEMS} more</li>"]
    return f'<ul class="problems">{"".join(rows)}</ul>' if rows else ""


def _tile(entry: Entry, below: str = "", index: int | None = None) -> str:
    """A thumbnail with its file's name.

    Args:
        entry: the picture.
        below: HTML of what else is said of it.
        index: of a picture on the map, which can be pressed.
    """
    name = escape(entry.source.name)
    picture = f'<img src="{_source(entry)}" alt="{"" if index is None else name}">'
    if index is not None:
        picture = f'<button type="button" data-index="{index}">{picture}</button>'
    return (
        f'<figure class="collection-tile" title="{name}">{picture}'
        f"<figcaption><span>{name}</span>{below}</figcaption></figure>"
    )


def _source(entry: Entry) -> str:
    return f"data:image/webp;base64,{base64.b64encode(entry.thumbnail).decode()}"


def _pictures(count: int) -> str:
    return f"{count} picture" if count == 1 else f"{count} pictures"
