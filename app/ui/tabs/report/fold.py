"""A part of the report that is folded until somebody wants to know."""

from html import escape


def fold(title: str, gist: str, body: str) -> str:
    """HTML of a folded part.

    Args:
        title: what it is about; not yet HTML.
        gist: what it comes to, in a few words, for those who leave it folded; not yet HTML.
        body: HTML.
    """
    return (
        f"<details><summary><h3>{escape(title)}</h3> <span>{escape(gist)}</span></summary>"
        f'<div class="unfolded">{body}</div></details>'
    )
