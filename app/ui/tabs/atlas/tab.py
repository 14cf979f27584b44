"""The Atlas tab: what every channel looks for, and pictures rendered to excite it."""

import gradio as gr

from app.ui.context import AppContext
from app.ui.tabs.atlas.browser import AtlasBrowser
from app.ui.tabs.atlas.rendering import FeatureVisualization


class AtlasTab:
    """Lays the tab out and connects it; to be made inside the tab."""

    def __init__(self, context: AppContext) -> None:
        self.context = context
        self.browser = AtlasBrowser(context)
        self.rendering = FeatureVisualization(context, self.browser.larger, self.browser.channel)

    def entered(self, tab: gr.Tab) -> None:
        """Show the first sheet when the tab is opened for the first time."""
        self.browser.entered(tab)
