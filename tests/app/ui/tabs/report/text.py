"""HTML as a reader sees it."""

from xml.etree import ElementTree

_ENTITIES = {"&rsquo;": "\N{RIGHT SINGLE QUOTATION MARK}", "&minus;": "\N{MINUS SIGN}"}


def parsed(html: str) -> ElementTree.Element:
    """The tree; anything that is not well-formed raises ParseError."""
    for entity, letter in _ENTITIES.items():
        html = html.replace(entity, letter)
    return ElementTree.fromstring(f"<div>{html}</div>")


def text(html: str) -> str:
    """Its words, one space between them."""
    return " ".join(" ".join(parsed(html).itertext()).split())


def rows(html: str, caption: str) -> dict[str, list[str]]:
    """Cells of the table with that caption, by the name of the row."""
    table = next(each for each in parsed(html).iter("table") if each.findtext("caption") == caption)
    lines = [
        [" ".join("".join(cell.itertext()).split()) for cell in row] for row in table.iter("tr")
    ]
    return {name: cells for name, *cells in lines}
