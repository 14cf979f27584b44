"""Names of painters and paintings, from the file names of the collections.

The slugs have lost accents, apostrophes and capitals: "j-e-h-macdonald", "joseph-and-potiphar-s-
wife-1655". Rules restore what they can; for painters, a table has the rest.
"""

import re
from pathlib import PurePath

from app.serving.reference_map import UNKNOWN

ARTISTS = {
    "a-y-jackson": "A. Y. Jackson",
    "akseli-gallen-kallela": "Akseli Gallen-Kallela",
    "albrecht-durer": "Albrecht Dürer",
    "andr-lhote": "André Lhote",
    "andre-derain": "André Derain",
    "anna-ostroumova-lebedeva": "Anna Ostroumova-Lebedeva",
    "ant-nio-de-carvalho-da-silva-porto": "António Carvalho da Silva Porto",
    "arnold-b-cklin": "Arnold Böcklin",
    "bertalan-por": "Bertalan Pór",
    "conrad-marca-relli": "Conrad Marca-Relli",
    "diego-velazquez": "Diego Velázquez",
    "edouard-cortes": "Édouard Cortès",
    "edouard-manet": "Édouard Manet",
    "edouard-vuillard": "Édouard Vuillard",
    "elisabeth-vigee-le-brun": "Élisabeth Vigée Le Brun",
    "eug-ne-grasset": "Eugène Grasset",
    "eugene-boudin": "Eugène Boudin",
    "f-lix-del-marle": "Félix Del Marle",
    "ferdinand-georg-waldm-ller": "Ferdinand Georg Waldmüller",
    "fernand-leger": "Fernand Léger",
    "fikret-mualla-saygi": "Fikret Mualla",
    "francois-boucher": "François Boucher",
    "frantisek-kupka": "František Kupka",
    "frederic-bazille": "Frédéric Bazille",
    "georgia-okeeffe": "Georgia O'Keeffe",
    "gr-goire-michonze": "Grégoire Michonze",
    "henry-herbert-la-thangue": "Henry Herbert La Thangue",
    "henri-de-toulouse-lautrec": "Henri de Toulouse-Lautrec",
    "henri-edmond-cross": "Henri-Edmond Cross",
    "henri-fantin-latour": "Henri Fantin-Latour",
    "j-e-h-macdonald": "J. E. H. MacDonald",
    "james-mcneill-whistler": "James McNeill Whistler",
    "jay-defeo": "Jay DeFeo",
    "jean-francois-millet": "Jean-François Millet",
    "jean-honore-fragonard": "Jean-Honoré Fragonard",
    "jean-baptiste-oudry": "Jean-Baptiste Oudry",
    "jean-leon-gerome": "Jean-Léon Gérôme",
    "jean-paul-lemieux": "Jean-Paul Lemieux",
    "jean-paul-riopelle": "Jean-Paul Riopelle",
    "joan-miro": "Joan Miró",
    "joan-ponc": "Joan Ponç",
    "joaqu-n-sorolla": "Joaquín Sorolla",
    "joaquin-sorolla": "Joaquín Sorolla",
    "joaquin-torres-garcia": "Joaquín Torres García",
    "john-mccracken": "John McCracken",
    "kathe-kollwitz": "Käthe Kollwitz",
    "kuzma-petrov-vodkin": "Kuzma Petrov-Vodkin",
    "laszlo-moholy-nagy": "László Moholy-Nagy",
    "le-nain-brothers": "Le Nain brothers",
    "le-pho": "Lê Phổ",
    "louise-elisabeth-vigee-le-brun": "Élisabeth Vigée Le Brun",
    "maria-helena-vieira-da-silva": "Maria Helena Vieira da Silva",
    "max-pechstein": "Max Pechstein",
    "mestre-ata-de": "Mestre Ataíde",
    "moise-kisling": "Moïse Kisling",
    "nikolay-bogdanov-belsky": "Nikolay Bogdanov-Belsky",
    "olexandr-archipenko": "Alexander Archipenko",
    "paul-cezanne": "Paul Cézanne",
    "paul-serusier": "Paul Sérusier",
    "peder-severin-kroyer": "Peder Severin Krøyer",
    "pieter-bruegel": "Pieter Bruegel the Elder",
    "rene-magritte": "René Magritte",
    "richard-pousette-dart": "Richard Pousette-Dart",
    "roger-bissi-re": "Roger Bissière",
    "salvador-dali": "Salvador Dalí",
    "sir-lawrence-alma-tadema": "Lawrence Alma-Tadema",
    "sophie-taeuber-arp": "Sophie Taeuber-Arp",
    "theodore-rousseau": "Théodore Rousseau",
    "vasiliy-kandinskiy": "Wassily Kandinsky",
    "victor-borisov-musatov": "Victor Borisov-Musatov",
}
"""Painters whose slug lost more than capitals, or who go by two slugs."""

SHORT = {
    "Amadeo de Souza Cardoso": "Souza Cardoso",
    "Henri de Toulouse-Lautrec": "Toulouse-Lautrec",
    "Leonardo da Vinci": "Leonardo",
    "Lê Phổ": "Lê Phổ",
    "Maurice de Vlaminck": "Vlaminck",
    "Utagawa Toyokuni II": "Toyokuni II",
}
"""Painters whose short name is not what stands last."""

STYLES = {
    "by painter": "",
    "Abstract Art": "Abstract",
    "Naive_Art_Primitivism": "Naïve Art",
    "Post_Impressionism": "Post-Impressionism",
    "Ukiyo_e": "Ukiyo-e",
}
"""Words for a movement that no rule covers; a collection sorted by painters has none."""

_SMALL = re.compile(
    "a|an|and|at|by|for|from|in|into|near|of|off|on|or|over|the|to|under|with|without"  # English
    "|au|aux|de|des|du|en|et|la|le|les|sur|y|da|do|dos|e|el|las|los|di|del|della"  # Romance
    "|am|auf|bei|das|dem|den|der|die|im|mit|und|van|von|vor"  # Germanic
)
_PARTICLE = re.compile("de|da|del|della|di|der|la|of|the|van|von|y")
_ROMAN = re.compile(r"[ivx]{2,4}|[vx]")
_YEAR = re.compile(r"^(?:(.*?)[-_ ,]+)?\(?(1[4-9]\d\d|20[0-2]\d)\)?(?:-\d{1,2})?$")
_NO_TITLE = re.compile(r"(not.detected|unknown.title)([-_].*)?")
_NUMBERED = re.compile(r"_\d+$")  # "Piet_Mondrian_23": the collection's own count.
_DIGEST = re.compile(r"_[0-9a-f]{8}$")
_COPY = re.compile(r"\(\d+\)$")
_VOWEL = re.compile(r"[aeiouhyéèêàâîôûœ]", re.IGNORECASE)


def artist(slug: str) -> str:
    """A painter's name: "kazimir-malevich" becomes "Kazimir Malevich"."""
    words = slug.split("-")
    known = ARTISTS.get(slug)
    return known or " ".join(_of_name(word, first=not i) for i, word in enumerate(words) if word)


def title_and_year(name: str) -> tuple[str, int | None]:
    """A painting's title and year: "the-snake-1866" becomes "The Snake" of 1866.

    Args:
        name: words joined by hyphens, or a title that is written as it should be; may end in a year
            and in the number of a copy.
    """
    rest, year = _COPY.sub("", name.strip()).strip(), None
    while (found := _YEAR.match(rest)) is not None:
        rest, year = found[1] or "", int(found[2])
    if not rest and year is not None:
        return str(year), year  # Abstract painters do call them so.
    if not rest or _NO_TITLE.fullmatch(rest) or _NUMBERED.search(rest):
        return UNKNOWN, year
    as_written = " " in rest or rest != rest.lower()
    return (rest if as_written else _titled(rest)), year


def title_in_file(path: str, artist: str) -> str:
    """A title that only the file is called by, to be read by `title_and_year`; "" without one.

    Args:
        path: such as "realism_james-tissot--the-traveller_3a053f2d.webp".
        artist: the painter's slug; "james-tissot--james-tissot-3" is no title.
    """
    _, joint, rest = PurePath(path).stem.rpartition("--")
    title = _DIGEST.sub("", rest)
    counted = re.fullmatch(rf"{re.escape(artist)}(-\d+)?", title, re.IGNORECASE)
    return title if joint and not counted else ""


def style(source: str) -> str:
    """A movement beyond our five: "ArtNouveau(Modern)" becomes "Art Nouveau"."""
    first = source.split(",")[0]
    if first in STYLES:
        return STYLES[first]
    words = re.sub(r"\(.*\)|_Modern$", "", first).replace("_", " ").strip()
    return words if "-" in words else re.sub(r"(?<=[a-z])(?=[A-Z])", " ", words).title()


def surname(name: str) -> str:
    """What a painter is called for short: "Vincent van Gogh" becomes "van Gogh"."""
    if name in SHORT:
        return SHORT[name]
    words = name.split()
    for index, word in enumerate(words[1:], 1):
        if _PARTICLE.fullmatch(word):
            return " ".join(words[index - (word == "the") :])
    return words[-1] if words else ""


def _of_name(word: str, *, first: bool) -> str:
    if len(word) == 1 and word != "y":
        return f"{word.upper()}."
    if word in ("ii", "iii"):
        return word.upper()
    return word if _PARTICLE.fullmatch(word) and not first else word.capitalize()


def _titled(slug: str) -> str:
    """Words with capitals as English titles have them, and the apostrophes that slugs lose."""
    title = ""
    words = [word for word in re.split(r"[-_]+", slug) if word]
    for index, word in enumerate(words):
        following = words[index + 1] if index + 1 < len(words) else ""
        if word == "s" and title:
            title += "'s"
        elif word in ("l", "d") and _VOWEL.match(following):
            title += f" {word if title else word.upper()}'"
        elif word == "no" and following.isdigit():
            title += " No."
        else:
            joined = title.endswith("'") and not title.endswith("'s")
            title += ("" if joined else " ") + _of_title(word, first=not title)
    return title.strip()


def _of_title(word: str, *, first: bool) -> str:
    if _ROMAN.fullmatch(word) and not first:
        return word.upper()
    return word if _SMALL.fullmatch(word) and not first else word[:1].upper() + word[1:]
