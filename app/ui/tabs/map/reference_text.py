"""What the map of art says of a picture, as HTML: where it lies, and among which paintings."""

import csv
import io
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape

from app.serving.reference_map import UNKNOWN, Cluster, Neighbour, Painting, ReferenceMap
from app.ui.components.widgets import search_links
from app.ui.context import UploadedPicture
from app.ui.wording import in_a_sentence, in_words, out_of_a_hundred
from training.common.embedding_map import cluster_name

OTHERS = "Other movements"
"""How paintings of none of the classifier's movements are called in the legend."""

LONELY = (
    "Nothing on the map is really like it: even its nearest painting is no more similar than any"
    " two paintings often are."
)

LISTED = 12
"""Paintings that a search names; all that it finds are marked."""

_LIKENESS = (
    ("twin", "nearly the same to the classifier"),
    ("first", "very similar"),
    ("tenth", "similar"),
    ("stranger", "somewhat similar"),
)
_FAR = "hardly similar"

_WIDEST, _NARROWEST = 24, 14  # Letters of a label's line on the map, and on a phone.


def caption(reference_map: ReferenceMap) -> str:
    """HTML of the text under the map."""
    right, guessed = (
        out_of_a_hundred(reference_map.measured[name])
        for name in ("unseen_movement_on_map", "commonest_movement")
    )
    return (
        f'<div class="map-caption"><p>Each dot is one of the {len(reference_map.paintings):,}'
        " paintings that the classifier learned from, near to those in which it sees the same:"
        " brushwork, colour and form, as far as these tell movements apart. Nearness says nothing"
        " of subject, rank or influence, and how far two regions lie from each other means"
        " little.</p>"
        '<p class="small">Press a dot for its card. Press a movement to hide it, and twice to see'
        " it alone. Drag to move; zoom with the wheel, two fingers or the buttons below the map;"
        " the camera there saves it as a PNG."
        f" Tried on paintings that the classifier had never seen: around {right} most dots are of"
        f" their own movement; by guessing it would be {guessed}.</p></div>"
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
    movements, _ = _movements_and_artists(cluster)
    movements = movements[0].upper() + movements[1:]
    return movements.replace(" and ", "\nand ") if len(movements) > _NARROWEST else movements


def likeness(similarity: float, marks: Mapping[str, float]) -> str:
    """A cosine in words and as a number; `marks` are those of `ReferenceMap.similarity`."""
    words = next((words for mark, words in _LIKENESS if similarity >= marks[mark]), _FAR)
    return f"{words} ({similarity:.2f})"


def likeness_explained(marks: Mapping[str, float]) -> str:
    """What the words of `likeness` mean, in one sentence."""
    return (
        "Similarity is a cosine, 1 for the same picture. Very similar: as half of all paintings are"
        f" to their nearest, {marks['first']:.2f} or more; similar: as half are to their tenth"
        f" nearest, {marks['tenth']:.2f}; somewhat similar: more than 19 of 20 pairs of paintings"
        f" are, {marks['stranger']:.2f}."
    )


def name(painting: Painting) -> str:
    """What a painting is called; where its title is unknown, whose it is."""
    if painting.title == UNKNOWN and painting.artist:
        return f"A painting by {painting.artist}"
    return painting.title


def by_line(painting: Painting) -> str:
    """Who and when, as plain text."""
    return ", ".join(filter(None, (painting.artist, str(painting.year or ""))))


def school(painting: Painting) -> str:
    """A painting's movement in the collection's own word, often finer than ours."""
    return OTHERS if painting.style in ("", "other") else painting.style


def whereabouts(
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
    styles = [school(found.painting) for found in neighbours]
    artists = Counter(found.painting.artist for found in neighbours).most_common(3)
    near = in_words([artist for artist, _ in artists], "and")
    sentences = [_movements(neighbours), _region(cluster), in_a_sentence(uploaded.reading)]
    if neighbours[0].similarity < reference_map.similarity["stranger"]:
        sentences.append(LONELY)
    return f"""
        <section class="verdict">
          <div aria-live="polite">
            <p class="eyebrow"><cite>{escape(uploaded.title)}</cite> lies among</p>
            <h2>{escape(cluster_name(styles))}</h2>
            <p class="sure">near {escape(near)}</p>
            <p>{escape(" ".join(sentences))}</p>
          </div>
        </section>"""


def nearest_html(neighbours: Sequence[Neighbour], marks: Mapping[str, float]) -> str:
    """HTML of the nearest paintings by name, nearest first; each can be pressed."""
    rows = "".join(
        _row(
            found.index,
            found.painting,
            f"{school(found.painting)}, {likeness(found.similarity, marks)}",
            f'<b class="rank">{number}</b>',
        )
        for number, found in enumerate(neighbours, start=1)
    )
    return (
        f"<h3>Its {len(neighbours)} nearest paintings</h3>"
        f'<ol class="labels">{rows}</ol>'
        '<p class="small">The numbers are those on the map. Names come from the collections that'
        f" the paintings were gathered from. {escape(likeness_explained(marks))}</p>"
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
        return (
            f'<p class="small" role="status">No painting on the map has {escape(repr(words))} in'
            " its artist, title and year.</p>"
        )
    paintings = [reference_map.paintings[index] for index in found]
    pairs = zip(found[:LISTED], paintings, strict=False)
    rows = "".join(_row(index, each, school(each)) for index, each in pairs)
    places = json.dumps([(each.x, each.y) for each in paintings])
    noun = "painting is" if len(found) == 1 else "paintings are"
    first = f"; these are the first {LISTED}" if len(found) > LISTED else ""
    return (
        f'<p role="status" data-places="{places}">{len(found)} {noun} marked on the map{first}.</p>'
        f'<ul class="labels found">{rows}</ul>'
    )


def card_html(index: int, painting: Painting, beside: str) -> str:
    """HTML of the card of a painting; its place is marked on the map.

    Args:
        index: into `ReferenceMap.paintings`.
        painting: what is known of it.
        beside: a sentence on how like the visitor's picture it is, or "".
    """
    title, school_ = name(painting), school(painting)
    known = (painting.artist, "" if painting.title == UNKNOWN else painting.title)
    place = json.dumps([(painting.x, painting.y)])
    return f"""
        <article data-number="{index}" data-places="{place}" aria-live="polite">
          <button type="button" class="close" data-index="-1" aria-label="Close">&times;</button>
          <p class="eyebrow">{escape(school_)}</p>
          <h3>{escape(title)}</h3>
          <p>{escape(by_line(painting))}</p>
          <p class="small">{escape(beside)}</p>
          <p class="small">Look it up on {search_links(*filter(None, known))}.</p>
        </article>"""


def beside(number: int | None, similarity: float, marks: Mapping[str, float]) -> str:
    """A sentence on how like the visitor's picture a painting is.

    Args:
        number: which of the nearest it is, from 1, or None.
        similarity: a cosine.
        marks: see `likeness`.
    """
    nearest = "" if number is None else f", number {number} of its nearest"
    return f"Compared with your picture: {likeness(similarity, marks)}{nearest}."


def table(neighbours: Sequence[Neighbour]) -> bytes:
    """The nearest paintings as a CSV file."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("similarity", "title", "artist", "year", "movement", "style", "x", "y"))
    for found in neighbours:
        painting = found.painting
        facts = (painting.title, painting.artist, painting.year, painting.movement, painting.style)
        writer.writerow((f"{found.similarity:.4f}", *facts, painting.x, painting.y))
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
    movements, _, artists = cluster.name.partition(": ")
    parts = ("other art" if part == "other" else part for part in movements.split(" and "))
    return " and ".join(parts), artists


def _movements(neighbours: Sequence[Neighbour]) -> str:
    """A sentence on how many of them are of which movement."""
    names = [found.painting.movement for found in neighbours]
    counts = Counter("of other movements" if each == "other" else each for each in names)
    (first, most), *rest = counts.most_common()
    if not rest:
        return f"All of its {most} nearest paintings are {first}."
    parts = [f"{most} {'is' if most == 1 else 'are'} {first}", *(f"{n} {each}" for each, n in rest)]
    return f"Of its {len(neighbours)} nearest paintings, {in_words(parts, 'and')}."


def _region(cluster: Cluster) -> str:
    """A sentence on the region, whose borders are vague."""
    movements, artists = _movements_and_artists(cluster)
    among = f", such as {in_words(artists.split(', '), 'and')}" if artists else ""
    return f"Typical of that region of the map: {movements}{among}."
