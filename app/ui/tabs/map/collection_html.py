"""HTML of a visitor's collection: its regions, near-duplicates, search results and failures."""

import base64
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

from app.collection.embed import Entry
from app.collection.in_memory import Collection
from app.collection.scan import Failure
from app.translation import gettext as _
from app.translation import ngettext
from app.ui.tabs.map.reference_html import CLOSE, likeness, likeness_explained
from app.ui.wording import percent

_SAMPLES = 6  # Pictures of a region that are shown.
_DUPLICATES = 12  # Pictures of a group of near-duplicates.
_GROUPS = 30  # Groups of near-duplicates; the others are in the table.
_FAILURES = 50  # The others are counted.


def regions_html(collection: Collection) -> str:
    """For each region its name, how many pictures, what they are, and those in its middle."""
    rows = []
    embedding_map = collection.embedding_map
    for number, name in enumerate(embedding_map.names):
        members = np.flatnonzero(embedding_map.clusters == number)
        places = embedding_map.coordinates[members]
        distances = np.linalg.norm(places - np.median(places, axis=0), axis=1)
        middle = members[np.argsort(distances, kind="stable")][:_SAMPLES]
        tiles = "".join(_tile(collection.entries[i], index=int(i)) for i in middle)
        groups = Counter(collection.facts[index].group for index in members)
        counts = ", ".join(f"{count} {escape(group)}" for group, count in groups.most_common(3))
        size = ngettext("{count} picture", "{count} pictures", len(members))
        rows.append(
            f'<li><div><h3>{escape(name)}</h3><p class="small">{size.format(count=len(members))}:'
            f' {counts}</p></div><div class="collection-tiles">{tiles}</div></li>'
        )
    return f'<ol class="collection-regions">{"".join(rows)}</ol>' if rows else ""


def duplicates_html(collection: Collection) -> str:
    """Groups of near-duplicates, the largest first."""
    groups = collection.duplicates
    if not groups:
        nothing = _("No duplicates were found.")
        return f'<p class="small">{nothing}</p>'
    rows = []
    for group in groups[:_GROUPS]:
        some = [(int(index), collection.entries[index]) for index in group[:_DUPLICATES]]
        tiles = "".join(
            _tile(each, f"{each.width} &times; {each.height}", index) for index, each in some
        )
        more = _("and {count} more").format(count=len(group) - _DUPLICATES)
        more = f"<p>{more}</p>" if len(group) > _DUPLICATES else ""
        rows.append(f'<li class="collection-tiles">{tiles}{more}</li>')
    more = _("{count} more groups are in the table.").format(count=len(groups) - _GROUPS)
    more = f'<p class="small">{more}</p>' if len(groups) > _GROUPS else ""
    return f'<ol class="collection-duplicates">{"".join(rows)}</ol>{more}'


def neighbours_html(
    collection: Collection,
    query: Entry,
    indices: np.ndarray,
    similarities: np.ndarray,
    references: Mapping[str, float],
) -> str:
    """The picture that was searched with, and those most like it, the most alike first.

    Args:
        collection: where they were found.
        query: the picture that was searched with.
        indices: of the k pictures most like it, int [k].
        similarities: their cosines, float [k].
        references: cosines to compare these with, of `ReferenceMap.similarity`.
    """
    tiles = ""
    for rank, (index, similarity) in enumerate(
        zip(indices.tolist(), similarities.tolist(), strict=True), start=1
    ):
        words = f"{rank}. {likeness(similarity, references)}"
        tiles += f"<li>{_tile(collection.entries[index], words, index)}</li>"
    meaning = _(
        "Those of your pictures in which the classifier sees most nearly the same: brushwork,"
        " colour and form, as far as these tell movements apart, not what is depicted."
    )
    query_tile = _tile(query, _("your picture"))
    return (
        f'<div class="collection-neighbours">{query_tile}'
        f'<ol class="collection-tiles">{tiles}</ol></div>'
        f'<p class="small">{meaning} {likeness_explained(references)}</p>'
    )


def card_html(collection: Collection, index: int) -> str:
    """The card of one picture; its place is marked on the map."""
    entry, fact = collection.entries[index], collection.facts[index]
    place = json.dumps([collection.embedding_map.coordinates[index].round(4).tolist()])
    verdict = fact.group
    if fact.group == fact.movement:
        names = fact.movement
        if fact.between:
            names = _("{first}, or {second}").format(first=fact.movement, second=fact.between)
        verdict = f"{names}, {percent(fact.confidence)}"
    size = _("{width} \N{MULTIPLICATION SIGN} {height} pixels")
    if region := collection.embedding_map.cluster(index):
        size = _("{width} \N{MULTIPLICATION SIGN} {height} pixels, in the region {region}")
    size = size.format(width=entry.width, height=entry.height, region=region)
    return f"""
        <article data-number="{index}" data-places="{place}" aria-live="polite">
          {CLOSE}
          <img src="{_source(entry)}" alt="">
          <h3>{escape(entry.source.name)}</h3>
          <p>{escape(verdict)}</p>
          <p class="small">{escape(size)}</p>
        </article>"""


def failures_html(failures: Sequence[Failure]) -> str:
    """What could not be read, and why."""
    rows = [f"<li><b>{escape(each.name)}</b>: {escape(each.problem)}</li>" for each in failures]
    if len(rows) > _FAILURES:
        more = _("and {count} more").format(count=len(rows) - _FAILURES)
        rows[_FAILURES:] = [f"<li>{more}</li>"]
    return f'<ul class="problems">{"".join(rows)}</ul>' if rows else ""


def _tile(entry: Entry, below: str = "", index: int | None = None) -> str:
    """A thumbnail with its file's name.

    Args:
        entry: the picture.
        below: HTML for the line below the name.
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
