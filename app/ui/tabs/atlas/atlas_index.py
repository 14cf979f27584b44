"""Atlas and dictionary together: channels by name, by words, and by their paintings."""

from dataclasses import dataclass, replace

import numpy as np

from app.errors import UserError
from app.serving.atlas import Atlas
from app.serving.dictionary import Dictionary
from app.serving.dictionary_search import search
from app.serving.top_paintings import TopPainting
from app.translation import gettext as _
from app.ui.context import AppContext
from app.ui.tabs.atlas.tile_sheet import SheetQuery


@dataclass(frozen=True)
class AtlasIndex:
    """Atlas and dictionary, for words that come from the page or an address.

    Both are read when first asked for; UserError if one is missing.
    """

    context: AppContext

    @property
    def atlas(self) -> Atlas:
        """The tiles."""
        return self.context.assets.atlas

    @property
    def dictionary(self) -> Dictionary:
        """The cards."""
        return self.context.assets.dictionary

    def channel(self, layer: str, channel: str) -> tuple[str, int]:
        """A channel that is named by words from outside.

        Raises:
            UserError: there is no such channel, or no atlas.
        """
        atlas, dictionary = self.atlas, self.dictionary
        if not channel.isdecimal():
            raise UserError(_("A channel is named by its layer and a number."))
        try:
            dictionary.number(layer, int(channel))
            atlas.position(layer, int(channel))
        except (KeyError, IndexError) as error:
            raise UserError(str(error.args[0])) from error
        return layer, int(channel)

    def find(self, query: SheetQuery) -> tuple[SheetQuery, dict[str, np.ndarray]]:
        """Search all layers.

        Returns:
            The query, for another layer if its words fit only channels of others; and by layer the
            numbers of the channels that they fit, in order.

        Raises:
            UserError: a word means nothing.
        """
        found = {
            layer: search(self.dictionary, query.words, layer=layer, order=query.order)
            for layer in self.dictionary.layers
        }
        filled = [layer for layer, numbers in found.items() if len(numbers)]
        if filled and query.layer not in filled:
            query = replace(query, layer=filled[0], page=0)
        return query, found

    def paintings(self, number: int) -> tuple[TopPainting, ...]:
        """The training paintings that excite a channel most; none where they are not known.

        Those of another version of the classifier say nothing about this one's channels.
        """
        known = self.context.assets.top_paintings
        if known is None or known.classifier_version != self.dictionary.classifier_version:
            return ()
        return known.channels[number]

    def example(self, layer: str) -> tuple[str, int]:
        """Of the channels most selective for orientation, the one that varies most."""
        numbers = search(self.dictionary, "oriented", layer=layer)
        if not len(numbers):
            return layer, 0
        selectivity = self.dictionary.columns["selectivity"][numbers]
        best = numbers[selectivity >= 0.95 * selectivity.max()]
        deviation = self.dictionary.columns["deviation"][best]  # Over paintings.
        return self.dictionary.channel(int(best[deviation.argmax()]))

    def mismatch(self) -> str:
        """What to say if tiles or cards are of another version of the classifier; else empty."""
        version = self.context.classifier.metadata.version
        atlas, dictionary = self.atlas.classifier_version, self.dictionary.classifier_version
        if {atlas, dictionary} == {version}:
            return ""
        return _(
            "These tiles were rendered with version {atlas} of the network, and the cards measured"
            " with version {dictionary}; version {version} reads your pictures."
        ).format(atlas=atlas, dictionary=dictionary, version=version)
