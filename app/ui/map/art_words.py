"""What the map of art says of a picture, as HTML: where it lies, and among which paintings."""

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape

from app.serving.artmap import ArtMap, Cluster, Neighbour, Painting
from app.ui.house import Visit
from app.ui.wording import in_a_sentence, in_words, out_of_a_hundred
from training.layout import cluster_name

OTHERS = "Other movements"
"""How paintings of none of the reader's movements are called in the legend."""

LONELY = (
    "Nothing on the map is really like it: even its nearest painting is no nearer than any two"
    " paintings often are."
)

_LIKENESS = (
    ("twin", "all but the same to the reader"),
    ("first", "very near"),
    ("tenth", "near"),
    ("stranger", "not far"),
)
_FAR = "nearest, but not near"

_WIDEST = 24  # Letters of a label's line on the map.


def caption(artmap: ArtMap) -> str:
    """HTML of the wall label under the map."""
    right, guessed = (
        out_of_a_hundred(artmap.measured[name])
        for name in ("unseen_movement_on_map", "commonest_movement")
    )
    return (
        f'<div class="map-caption"><p>Each dot is one of the {len(artmap.paintings):,} paintings'
        " that the reader learned from, near to those in which it sees the same: brushwork, colour"
        " and form, as far as these tell movements apart. Nearness says nothing of subject, rank or"
        " influence, and how far two regions lie from each other means little.</p>"
        '<p class="small">Press a movement to hide it, and twice to see it alone. Drag to move, and'
        " zoom with the buttons below the map; the camera there saves it as a PNG."
        f" Tried on paintings that the reader had never seen: around {right} most dots are of their"
        f" own movement; by guessing it would be {guessed}.</p></div>"
    )


def label(cluster: Cluster) -> str:
    """A region's name in short lines."""
    movements, _, artists = cluster.name.partition(": ")
    if len(movements) > _WIDEST:
        movements = movements.replace(" and ", "\nand ")
    return f"{movements}\n{artists}" if artists else movements


def likeness(similarity: float, marks: Mapping[str, float]) -> str:
    """A cosine in words and as a number; `marks` are those of `ArtMap.similarity`."""
    words = next((words for mark, words in _LIKENESS if similarity >= marks[mark]), _FAR)
    return f"{words} ({similarity:.2f})"


def by_line(painting: Painting) -> str:
    """Who and when, as plain text."""
    return ", ".join(filter(None, (painting.artist, str(painting.year or ""))))


def whereabouts(
    artmap: ArtMap, visit: Visit, cluster: Cluster, neighbours: Sequence[Neighbour]
) -> str:
    """HTML of what a picture lies among, and in which region of the map.

    Args:
        artmap: the map.
        visit: the picture.
        cluster: the region.
        neighbours: the nearest paintings, nearest first.
    """
    styles = [found.painting.style for found in neighbours]
    artists = Counter(found.painting.artist for found in neighbours).most_common(3)
    near = in_words([name for name, _ in artists], "and")
    sentences = [_movements(neighbours), _region(cluster), in_a_sentence(visit.reading)]
    if neighbours[0].similarity < artmap.similarity["stranger"]:
        sentences.append(LONELY)
    return f"""
        <section class="verdict">
          <div aria-live="polite">
            <p class="eyebrow"><cite>{escape(visit.title)}</cite> lies among</p>
            <h2>{escape(cluster_name(styles))}</h2>
            <p class="sure">near {escape(near)}</p>
            <p>{escape(" ".join(sentences))}</p>
          </div>
        </section>"""


def wall_labels(neighbours: Sequence[Neighbour], marks: Mapping[str, float]) -> str:
    """HTML of the nearest paintings by name, nearest first."""
    labels = "".join(
        f"<li><cite>{escape(found.painting.title)}</cite>"
        f"<span>{escape(by_line(found.painting))}</span>"
        f'<span class="small">{escape(found.painting.style or OTHERS)},'
        f" {escape(likeness(found.similarity, marks))}</span></li>"
        for found in neighbours
    )
    return (
        f"<h3>Its {len(neighbours)} nearest paintings</h3>"
        f'<ol class="labels">{labels}</ol>'
        '<p class="small">They are marked on the map. Their names come from the collections that'
        " they were gathered from.</p>"
    )


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


def _movements(neighbours: Sequence[Neighbour]) -> str:
    """A sentence on how many of them are of which movement."""
    names = [found.painting.movement for found in neighbours]
    counts = Counter("of other movements" if name == "other" else name for name in names)
    (first, most), *rest = counts.most_common()
    if not rest:
        return f"All of its {most} nearest paintings are {first}."
    parts = [f"{most} {'is' if most == 1 else 'are'} {first}", *(f"{n} {name}" for name, n in rest)]
    return f"Of its {len(neighbours)} nearest paintings, {in_words(parts, 'and')}."


def _region(cluster: Cluster) -> str:
    """A sentence on the region, whose borders are vague."""
    movements, _, artists = cluster.name.partition(": ")
    among = f", such as {in_words(artists.split(', '), 'and')}" if artists else ""
    return f"Typical of that region of the map: {movements}{among}."
