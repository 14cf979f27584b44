"""A map of pictures in the page: the figure for Gradio, and the card of a pressed picture.

`plot.js` makes it answer to presses, the wheel and fingers.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import gradio as gr
from gradio.components.plot import PlotData

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_BUTTONS_TO_REMOVE = ("select2d", "lasso2d", "autoScale2d", "toggleSpikelines")


def map_card(chart: str, rows: str, elem_id: str) -> gr.HTML:
    """Where the card of a pressed picture opens; its `select` event carries the picture's index.

    To be made in one column of the class "map-frame" with the chart. What marks pictures is an
    attribute of the page's HTML: `data-index` of what can be pressed, `data-places` (a JSON list of
    x and y) of the card and of what a search found.

    Args:
        chart: id of the `gr.Plot`.
        rows: CSS selector of the lists whose items can be pressed as dots can.
        elem_id: of the card.
    """
    script = Path(__file__).with_name("plot.js").read_text(encoding="utf-8")
    return gr.HTML(
        "",
        apply_default_css=False,
        elem_id=elem_id,
        elem_classes="map-card",
        js_on_load=script,
        chart=f"#{chart}",
        rows=rows,
    )


def as_plot(chart: "Figure", name: str) -> PlotData:
    """A figure for `gr.Plot`, without the maker's logo; its camera button saves `name`.png."""
    content = json.loads(chart.to_json())
    content["config"] = {
        "displaylogo": False,
        "displayModeBar": True,
        "scrollZoom": True,  # `plot.js` lets the page scroll where that is meant.
        "modeBarButtonsToRemove": list(_BUTTONS_TO_REMOVE),
        "toImageButtonOptions": {"format": "png", "filename": name, "scale": 2},
    }
    return PlotData(type="plotly", plot=json.dumps(content))
