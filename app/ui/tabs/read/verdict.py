"""HTML of what was found: the verdict with its bars, and the six views with theirs."""

from collections.abc import Mapping
from html import escape

from app.imaging import data_uri
from app.serving.classifier import Reading
from app.ui.wording import VIEWS, percent, processor, sureness, verdict

_AVERAGES = "The network looked six times; these are the averages."


def verdict_html(reading: Reading, chosen: int, reliabilities: Mapping[str, str]) -> str:
    """Headline, how sure, how reliable, and a bar to press for each movement, likeliest first.

    Where there is nearly nothing to read, there are no bars: they would mean nothing at all.

    Args:
        reading: what the network said.
        chosen: index of the movement whose evidence the easel shows.
        reliabilities: a sentence for each movement, see `app.ui.wording.reliabilities`.
    """
    headline, sure, sentence = verdict(reading)
    named = (reliabilities.get(reading.movements[index], "") for index in reading.named)
    trust = "".join(f'<p class="small trust">{escape(words)}</p>' for words in named if words)
    return f"""
        <section class="{_state("verdict", reading)}">
          <div aria-live="polite">
            <p class="eyebrow">What we found</p>
            <h2>{escape(headline)}</h2>
            <p class="sure">{escape(sure)}</p>
            <p>{escape(sentence)}</p>
            {trust}
          </div>
          {"" if reading.blank else _bars(reading, chosen, reliabilities)}
          <p class="small">{escape(processor(reading))} {"" if reading.blank else _AVERAGES}</p>
        </section>"""


def _state(name: str, reading: Reading) -> str:
    """Classes of an element; what does not count is grey."""
    return f"{name} outside" if reading.refusal else name


def _bars(reading: Reading, chosen: int, reliabilities: Mapping[str, str]) -> str:
    bars = "".join(
        _bar(reading, index, reliabilities, pressed=index == chosen) for index in reading.ranking
    )
    return f"""
          <p class="small">Press a movement to see the evidence for it.</p>
          <ol class="bars">{bars}</ol>"""


def _bar(reading: Reading, index: int, reliabilities: Mapping[str, str], *, pressed: bool) -> str:
    name, probability = escape(reading.movements[index]), float(reading.probabilities[index])
    said = f"{name}: {percent(probability)}, {sureness(probability)}. Show the evidence for it."
    trust = escape(reliabilities.get(reading.movements[index], ""))
    return (
        f'<li><button type="button" data-index="{index}" aria-pressed="{str(pressed).lower()}"'
        f' data-address="movement={name}"'
        f' aria-label="{said}" title="{trust}"><span class="name">{name}</span>'
        f'<span class="bar"><i style="width: {100 * probability:.1f}%"></i></span>'
        f'<span class="number">{percent(probability)}</span></button></li>'
    )


def views_html(reading: Reading) -> str:
    """What the network saw, each with what it would have said of that alone."""
    figures = "".join(
        _view(reading, index, title) for index, title in enumerate(VIEWS[: len(reading.views)])
    )
    return f'<div class="{_state("views", reading)}">{figures}</div>'


def _view(reading: Reading, index: int, title: str) -> str:
    chances, said = reading.view_probabilities[index], ""
    if not reading.blank:
        name = escape(reading.movements[int(chances.argmax())])
        said = f"<b>{name}</b> <span>{percent(float(chances.max()))}</span>"
    # The padding around the whole picture is for the network only.
    view = reading.views[index][reading.whole.slices] if index == 0 else reading.views[index]
    return (
        f'<figure><img src="{data_uri(view, 85)}" alt="View: {escape(title)}" loading="lazy">'
        f"<figcaption><span>{escape(title)}</span>{said}</figcaption></figure>"
    )
