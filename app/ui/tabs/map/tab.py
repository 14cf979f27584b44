"""The Map tab: the training paintings, your picture among them, and maps of your own pictures."""

import gradio as gr

from app.ui.context import AppContext
from app.ui.tabs.map.collection import CollectionSection
from app.ui.tabs.map.reference import ReferenceMapSection


class MapTab:
    """Lays the tab out and connects it; to be made inside the tab."""

    def __init__(self, context: AppContext) -> None:
        self.context = context
        self.reference = ReferenceMapSection(context)
        self.collection = CollectionSection(context)

    def entered(self, tab: gr.Tab) -> None:
        """Draw the map when the tab is opened for the first time."""
        self.reference.entered(tab)
