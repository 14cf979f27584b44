"""The Map tab: the training paintings as a map, your picture on it, and maps of your own folder."""

import gradio as gr

from app.ui.house import House
from app.ui.map.art import MapArt
from app.ui.map.own import MapOwn


class MapTab:
    """Lays the tab out and connects it; to be made inside the tab."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.art = MapArt(house)
        self.own = MapOwn(house)

    def entered(self, tab: gr.Tab) -> None:
        """Draw the map when the tab is opened for the first time."""
        self.art.entered(tab)
