"""HTML of what was found: the verdict with its bars, and the six views with theirs."""

from html import escape

from app.serving.classifier import Reading
from app.ui.widgets import data_uri
from app.ui.wording import VIEWS, percent, processor, sureness, verdict


def verdict_html(reading: Reading, chosen: int) -> str:
    """Headline, how sure, and a bar to press for each movement, likeliest first.

    Args:
        reading: what the network said.
        chosen: index of the movement whose evidence the easel shows.
    """
    headline, sure, sentence = verdict(reading)
    bars = "".join(_bar(reading, index, pressed=index == chosen) for index in reading.ranking)
    state = " outside" if reading.outside else ""
    return f"""
        <section class="verdict{state}">
          <div aria-live="polite">
            <p class="eyebrow">What we found</p>
            <h2>{escape(headline)}</h2>
            <p class="sure">{escape(sure)}</p>
            <p>{escape(sentence)}</p>
          </div>
          <p class="small">Press a movement to see where the picture speaks for it.</p>
          <ol class="bars">{bars}</ol>
          <p class="small">{escape(processor(reading))} The network looked six times; these are the
          averages.</p>
        </section>"""


def _bar(reading: Reading, index: int, *, pressed: bool) -> str:
    name, probability = escape(reading.movements[index]), float(reading.probabilities[index])
    said = f"{name}: {percent(probability)}, {sureness(probability)}. Show where it speaks for it."
    return (
        f'<li><button type="button" data-index="{index}" aria-pressed="{str(pressed).lower()}"'
        f' aria-label="{said}"><span class="name">{name}</span>'
        f'<span class="bar"><i style="width: {100 * probability:.1f}%"></i></span>'
        f'<span class="number">{percent(probability)}</span></button></li>'
    )


def views_html(reading: Reading) -> str:
    """What the network saw, each with what it would have said of that alone."""
    figures = "".join(
        _view(reading, index, title) for index, title in enumerate(VIEWS[: len(reading.views)])
    )
    state = " outside" if reading.outside else ""
    return f'<div class="views{state}">{figures}</div>'


def _view(reading: Reading, index: int, title: str) -> str:
    chances = reading.view_probabilities[index]
    said, chance = reading.movements[int(chances.argmax())], percent(float(chances.max()))
    # The padding around the whole picture is for the network only.
    view = reading.views[index][reading.whole.slices] if index == 0 else reading.views[index]
    return (
        f'<figure><img src="{data_uri(view, 85)}" alt="View: {escape(title)}">'
        f"<figcaption><span>{escape(title)}</span>"
        f"<b>{escape(said)}</b> <span>{chance}</span></figcaption></figure>"
    )
