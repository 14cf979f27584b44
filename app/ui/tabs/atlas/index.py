"""Atlas and dictionary side by side, for those who come with words from the page or an address."""

from dataclasses import dataclass, replace

import numpy as np

from app.errors import UserError
from app.serving.atlas import Atlas
from app.serving.dictionary import Dictionary
from app.serving.top_paintings import TopPainting
from app.ui.context import AppContext
from app.ui.tabs.atlas.tile_sheet import View


@dataclass(frozen=True)
class AtlasIndex:
    """Both are read when first asked; UserError if one is missing."""

    context: AppContext

    @property
    def atlas(self) -> Atlas:
        """The tiles."""
        return self.context.assets.atlas

    @property
    def dictionary(self) -> Dictionary:
        """The cards."""
        return self.context.assets.dictionary

    def place(self, layer: str, channel: str) -> tuple[str, int]:
        """A channel that is named by words from outside.

        Raises:
            UserError: there is no such channel, or no atlas.
        """
        atlas, dictionary = self.atlas, self.dictionary
        if not channel.isdecimal():
            raise UserError("A channel is named by its layer and a number.")
        try:
            dictionary.number(layer, int(channel))
            atlas.place(layer, int(channel))
        except (KeyError, IndexError) as error:
            raise UserError(str(error.args[0])) from error
        return layer, int(channel)

    def find(self, view: View) -> tuple[View, dict[str, np.ndarray]]:
        """Look for the words of a view in all layers.

        Returns:
            The view, at another layer if the words fit only channels of others; and by layer the
            numbers of the channels that they fit, in order.

        Raises:
            UserError: a word means nothing.
        """
        found = {
            layer: self.dictionary.search(view.words, layer=layer, order=view.order)
            for layer in self.dictionary.layers
        }
        filled = [layer for layer, numbers in found.items() if len(numbers)]
        if filled and view.layer not in filled:
            view = replace(view, layer=filled[0], page=0)
        return view, found

    def paintings(self, number: int) -> tuple[TopPainting, ...]:
        """The training paintings that excite a channel most; none where they are not known.

        Those that excited another version of the classifier say nothing of this one's channels.
        """
        known = self.context.assets.top_paintings
        if known is None or known.reader != self.dictionary.reader:
            return ()
        return known.channels[number]

    def example(self, layer: str) -> tuple[str, int]:
        """Of the channels most selective of the direction of stripes, the liveliest."""
        numbers = self.dictionary.search("oriented", layer=layer)
        if not len(numbers):
            return layer, 0
        selectivity = self.dictionary.columns["selectivity"][numbers]
        best = numbers[selectivity >= 0.95 * selectivity.max()]
        lively = self.dictionary.columns["deviation"][best]  # Over paintings.
        return self.dictionary.place(int(best[lively.argmax()]))

    def mismatch(self) -> str:
        """What to say if tiles or cards are of another version of the classifier; else empty."""
        version = self.context.classifier.metadata.version
        if {self.atlas.reader, self.dictionary.reader} == {version}:
            return ""
        return (
            f"These tiles were rendered with version {self.atlas.reader} of the network, and the"
            f" cards measured with version {self.dictionary.reader}; version {version} reads your"
            " pictures."
        )
