"""HTML of the reference map: where a picture lies, among which paintings, and a painting's card."""

import csv
import io
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape

from app.serving.reference_map import UNKNOWN, Cluster, Neighbour, Painting, ReferenceMap
from app.translation import gettext as _
from app.translation import ngettext
from app.ui.components.widgets import search_links
from app.ui.context import UploadedPicture
from app.ui.wording import in_a_sentence, in_words, out_of_a_hundred
from training.common.embedding_map import cluster_name

OTHERS = _("Other movements")
"""The legend's name for paintings of none of the classifier's movements."""

UNLIKE_ALL = _(
    "Nothing on the map is really like it: even its nearest painting is no more similar than any"
    " two paintings often are."
)

_CLOSE = _("Close")
CLOSE = (
    f'<button type="button" class="close" data-index="-1" aria-label="{_CLOSE}">&times;</button>'
)
"""HTML of the button that closes a card."""

LISTED = 12
"""Paintings that a search names; all that it finds are marked."""

_LIKENESS = (
    ("twin", _("nearly the same to the classifier")),
    ("first", _("very similar")),
    ("tenth", _("similar")),
    ("stranger", _("somewhat similar")),
)
_UNLIKE = _("hardly similar")

_WIDEST, _NARROWEST = 24, 14  # Letters of a label's line on the map, and on a phone.


def caption(reference_map: ReferenceMap) -> str:
    """HTML of the text under the map."""
    right, guessed = (
        out_of_a_hundred(reference_map.measured[name])
        for name in ("unseen_movement_on_map", "commonest_movement")
    )
    meaning = _(
        "Each dot is one of the {count} paintings that the classifier learned from, near to those"
        " in which it sees the same: brushwork, colour and form, as far as these tell movements"
        " apart. Nearness says nothing of subject, rank or influence, and how far two regions lie"
        " from each other means little."
    ).format(count=f"{len(reference_map.paintings):,}")
    controls = _(
        "Press a dot for its card. Press a movement to hide it, and twice to see it alone. Drag to"
        " move; zoom with the wheel, two fingers or the buttons below the map; the camera there"
        " saves it as a PNG."
    )
    tested = _(
        "Tested with paintings that the classifier had never seen: around {right} most dots are of"
        " their own movement; by guessing it would be {guessed}."
    ).format(right=right, guessed=guessed)
    return (
        f'<div class="map-caption"><p>{meaning}</p><p class="small">{controls} {tested}</p></div>'
    )


def label(cluster: Cluster) -> str:
    """A region's name in short lines."""
    movements, artists = _movements_and_artists(cluster)
    movements = movements[0].upper() + movements[1:]
    if len(movements) > _WIDEST:
        movements = movements.replace(" and ", "\nand ")
    return f"{movements}\n{artists}" if artists else movements


def short_label(cluster: Cluster) -> str:
    """A region's movements alone, in shorter lines, for a phone."""
    movements = _movements_and_artists(cluster)[0]
    movements = movements[0].upper() + movements[1:]
    return movements.replace(" and ", "\nand ") if len(movements) > _NARROWEST else movements


def likeness(similarity: float, references: Mapping[str, float]) -> str:
    """A cosine in words and as a number; `references` are those of `ReferenceMap.similarity`."""
    words = next((words for name, words in _LIKENESS if similarity >= references[name]), _UNLIKE)
    return f"{words} ({similarity:.2f})"


def likeness_explained(references: Mapping[str, float]) -> str:
    """What the words of `likeness` mean, in one sentence."""
    return _(
        "Similarity is a cosine, 1 for the same picture. Very similar: as half of all paintings are"
        " to their nearest, {first:.2f} or more; similar: as half are to their tenth nearest,"
        " {tenth:.2f}; somewhat similar: more than 19 of 20 pairs of paintings are, {stranger:.2f}."
    ).format(**references)


def name(painting: Painting) -> str:
    """What a painting is called; where its title is unknown, whose it is."""
    if painting.title == UNKNOWN and painting.artist:
        return _("A painting by {artist}").format(artist=painting.artist)
    return _("Title unknown") if painting.title == UNKNOWN else painting.title


def by_line(painting: Painting) -> str:
    """Who and when, as plain text."""
    return ", ".join(filter(None, (painting.artist, str(painting.year or ""))))


def school(painting: Painting) -> str:
    """A painting's movement in the collection's own word, often finer than ours."""
    return OTHERS if painting.style in ("", "other") else painting.style


def place_html(
    reference_map: ReferenceMap,
    uploaded: UploadedPicture,
    cluster: Cluster,
    neighbours: Sequence[Neighbour],
) -> str:
    """HTML of what a picture lies among, and in which region of the map.

    Args:
        reference_map: the map.
        uploaded: the picture.
        cluster: the region.
        neighbours: the nearest paintings, nearest first.
    """
    styles = [school(each.painting) for each in neighbours]
    artists = Counter(each.painting.artist for each in neighbours).most_common(3)
    names = in_words([artist for artist, _count in artists], "and")
    sentences = [_movements(neighbours), _region(cluster), in_a_sentence(uploaded.reading)]
    if neighbours[0].similarity < reference_map.similarity["stranger"]:
        sentences.append(UNLIKE_ALL)
    title = f"<cite>{escape(uploaded.title)}</cite>"
    eyebrow = _("{title} lies among").format(title=title)
    near = _("near {artists}").format(artists=names)
    return f"""
        <section class="verdict">
          <div aria-live="polite">
            <p class="eyebrow">{eyebrow}</p>
            <h2>{escape(cluster_name(styles))}</h2>
            <p class="sure">{escape(near)}</p>
            <p>{escape(" ".join(sentences))}</p>
          </div>
        </section>"""


def nearest_html(neighbours: Sequence[Neighbour], references: Mapping[str, float]) -> str:
    """HTML of the nearest paintings by name, nearest first; each can be pressed."""
    rows = "".join(
        _row(
            each.index,
            each.painting,
            f"{school(each.painting)}, {likeness(each.similarity, references)}",
            f'<b class="rank">{rank}</b>',
        )
        for rank, each in enumerate(neighbours, start=1)
    )
    title = _("Its {count} nearest paintings").format(count=len(neighbours))
    note = _(
        "The numbers are those on the map. Names come from the collections that the paintings were"
        " gathered from."
    )
    return (
        f'<h3>{title}</h3><ol class="painting-list">{rows}</ol>'
        f'<p class="small">{note} {escape(likeness_explained(references))}</p>'
    )


def found_html(reference_map: ReferenceMap, found: Sequence[int], words: str) -> str:
    """HTML of what a search found: some of it by name, and the places of all, to be marked.

    Args:
        reference_map: the map.
        found: indices into `ReferenceMap.paintings`.
        words: what was searched for.
    """
    if not words.strip():
        return ""
    if not found:
        nothing = _("No painting on the map has {words} in its artist, title and year.")
        return f'<p class="small" role="status">{escape(nothing.format(words=repr(words)))}</p>'
    paintings = [reference_map.paintings[index] for index in found]
    pairs = zip(found[:LISTED], paintings, strict=False)
    rows = "".join(_row(index, each, school(each)) for index, each in pairs)
    places = json.dumps([(each.x, each.y) for each in paintings])
    if len(found) > LISTED:
        sentence = _("{count} paintings are marked on the map; these are the first {listed}.")
    else:
        sentence = ngettext(
            "{count} painting is marked on the map.",
            "{count} paintings are marked on the map.",
            len(found),
        )
    return (
        f'<p role="status" data-places="{places}">'
        f"{sentence.format(count=len(found), listed=LISTED)}</p>"
        f'<ul class="painting-list found">{rows}</ul>'
    )


def card_html(index: int, painting: Painting, comparison: str) -> str:
    """HTML of the card of a painting; its place is marked on the map.

    Args:
        index: into `ReferenceMap.paintings`.
        painting: what is known of it.
        comparison: see `comparison`, or "".
    """
    known = (painting.artist, "" if painting.title == UNKNOWN else painting.title)
    links = _("Look it up on {links}.").format(links=search_links(*filter(None, known)))
    place = json.dumps([(painting.x, painting.y)])
    return f"""
        <article data-number="{index}" data-places="{place}" aria-live="polite">
          {CLOSE}
          <p class="eyebrow">{escape(school(painting))}</p>
          <h3>{escape(name(painting))}</h3>
          <p>{escape(by_line(painting))}</p>
          <p class="small">{escape(comparison)}</p>
          <p class="small">{links}</p>
        </article>"""


def comparison(rank: int | None, similarity: float, references: Mapping[str, float]) -> str:
    """A sentence on how like the visitor's picture a painting is.

    Args:
        rank: which of the nearest it is, from 1, or None.
        similarity: a cosine.
        references: see `likeness`.
    """
    words = likeness(similarity, references)
    if rank is None:
        return _("Compared with your picture: {likeness}.").format(likeness=words)
    sentence = _("Compared with your picture: {likeness}, number {rank} of its nearest.")
    return sentence.format(likeness=words, rank=rank)


def table(neighbours: Sequence[Neighbour]) -> bytes:
    """The nearest paintings as a CSV file."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("similarity", "title", "artist", "year", "movement", "style", "x", "y"))
    for each in neighbours:
        painting = each.painting
        facts = (painting.title, painting.artist, painting.year, painting.movement, painting.style)
        writer.writerow((f"{each.similarity:.4f}", *facts, painting.x, painting.y))
    return text.getvalue().encode()


def _row(index: int, painting: Painting, note: str, before: str = "") -> str:
    """An item of a list, to be pressed; `before` is HTML."""
    unknown = painting.title == UNKNOWN
    who = str(painting.year or "") if unknown and painting.artist else by_line(painting)
    return (
        f'<li><button type="button" data-index="{index}">{before}'
        f"<cite>{escape(name(painting))}</cite><span>{escape(who)}</span>"
        f'<span class="small">{escape(note)}</span></button></li>'
    )


def _movements_and_artists(cluster: Cluster) -> tuple[str, str]:
    """Both parts of a region's name."""
    movements, _colon, artists = cluster.name.partition(": ")
    parts = (_("other art") if part == "other" else part for part in movements.split(" and "))
    return " and ".join(parts), artists


def _movements(neighbours: Sequence[Neighbour]) -> str:
    """A sentence on how many of them are of which movement."""
    movements = [each.painting.movement for each in neighbours]
    counts = Counter(_("of other movements") if each == "other" else each for each in movements)
    (first, most), *rest = counts.most_common()
    if not rest:
        sentence = _("All of its {count} nearest paintings are {movement}.")
        return sentence.format(count=most, movement=first)
    part = ngettext("{count} is {movement}", "{count} are {movement}", most)
    parts = [part.format(count=most, movement=first), *(f"{n} {each}" for each, n in rest)]
    sentence = _("Of its {count} nearest paintings, {parts}.")
    return sentence.format(count=len(neighbours), parts=in_words(parts, "and"))


def _region(cluster: Cluster) -> str:
    """A sentence on the region, whose borders are vague."""
    movements, artists = _movements_and_artists(cluster)
    if not artists:
        return _("Typical of that region of the map: {movements}.").format(movements=movements)
    sentence = _("Typical of that region of the map: {movements}, such as {artists}.")
    return sentence.format(movements=movements, artists=in_words(artists.split(", "), "and"))
