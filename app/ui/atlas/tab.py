"""The Atlas tab: what every channel looks for, and pictures made to please it."""

import gradio as gr

from app.ui.atlas.browse import AtlasBrowse
from app.ui.atlas.dream import AtlasDream
from app.ui.house import House


class AtlasTab:
    """Lays the tab out and connects it; to be made inside the tab."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.browse = AtlasBrowse(house)
        self.dream = AtlasDream(house)
        self.browse.lead_to(self.dream)

    def entered(self, tab: gr.Tab) -> None:
        """Show the first sheet when the tab is opened for the first time."""
        self.browse.entered(tab)
