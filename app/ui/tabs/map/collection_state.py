"""What one visitor has of a collection."""

from dataclasses import dataclass

from app.collection.in_memory import Collection


@dataclass(eq=False)  # By identity: `MapOwn` refers to it weakly.
class CollectionState:
    """It lives in the visitor's session; Gradio gives each session one of its own.

    Attributes:
        collection: the pictures that were brought last.
        busy: whether some are being read.
        enough: whether the visitor has asked for the end.
    """

    collection: Collection | None = None
    busy: bool = False
    enough: bool = False

    def clear(self) -> None:
        """Free everything; what is being read ends with the next batch."""
        self.collection, self.enough = None, True
