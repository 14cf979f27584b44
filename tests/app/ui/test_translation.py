"""The page in another language: every sentence that a person reads goes through gettext.

The page is built in a process of its own, where gettext puts marks around each string. What is
outside of marks was not translated, and must be a name.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import app
from app.examples import EXAMPLES
from app.ui.tabs.optimize.advanced_form import LAYERS as OPTIMIZE_LAYERS
from training.common.depths import DEPTHS, LAYERS
from training.common.movements import MOVEMENTS

BUILD = """
import json
import app.translation
app.translation.gettext = lambda text: f"⟦{text}⟧"
app.translation.ngettext = lambda one, many, count: f"⟦{one if count == 1 else many}⟧"
from app.main import _load
from app.settings import Settings
from app.ui.page import build, launch_options
settings = Settings()
classifier, bundle = _load(settings)
page, options = build(classifier, settings, bundle), launch_options(settings)
print(json.dumps([page.config["components"], options["css"], options["js"]], default=str))
"""

READ = ("label", "value", "placeholder", "info", "choices", "html_template")
"""Properties of components that people read."""

SPOKEN = ("alt", "title", "aria-label", "aria-valuetext", "placeholder")
"""Attributes of HTML elements that people read, or hear."""

NAMES = {
    *MOVEMENTS,
    *(example.title for example in EXAMPLES),
    *(depth.name for depth in DEPTHS),
    *LAYERS,
    *(layer for layers in OPTIMIZE_LAYERS.values() for layer in layers),
    *("Deep Brush", "Deep Brush movement classifier"),
    *("Grad-CAM", "Grad-CAM++", "LayerCAM", "HiResCAM", "LPIPS", "SSIM"),
    *("DenseNet-121", "densenet121", "VGG19", "Gatys 2016", "Adam", "L-BFGS"),
    "MIT",
    # What a search of the Atlas understands, see app.serving.dictionary_search.
    *("fine vertical, votes for Cubism, 17", "fine vertical", "coarse horizontal", "diagonal"),
    *("colourful", "blue", "no stripes", "votes for Cubism", "colourful against Realism"),
}
"""What is the same in all languages."""

OTHER_NAMES = r"\d+(?:[.,]\d+)?\s*(?:px|MB|ms|%)|\b[\w-]+/[\w.-]+"
"""Numbers with units, and names of collections of pictures."""


class Untranslated(HTMLParser):
    """Collects the texts outside of marks, but for elements that say `translate="no"`."""

    def __init__(self) -> None:
        super().__init__()
        self.marks, self.ignored, self.found = 0, list[str](), list[str]()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        ignores = tag in ("style", "script") or ("translate", "no") in attributes
        if self.ignored or ignores:
            self.ignored.append(tag)
        elif not self.marks:
            for text in (value for name, value in attributes if name in SPOKEN and value):
                self.found += untranslated(text.replace("<", "&lt;"))

    def handle_endtag(self, tag: str) -> None:
        if tag in self.ignored:
            while self.ignored.pop() != tag:
                pass

    def handle_data(self, text: str) -> None:
        outside = [""]
        for letter in text:
            if letter == "⟦":
                self.marks += 1
                outside.append("")
            elif letter == "⟧":
                self.marks -= 1
            elif not self.marks and not self.ignored:
                outside[-1] += letter
        self.found += filter(None, (part.strip(" ,.;:…\xa0") for part in outside))


def untranslated(html: str) -> list[str]:
    parser = Untranslated()
    parser.feed(html)
    parser.close()
    return [text for text in parser.found if re.search("[A-Za-z]{2}", text)]


def texts(value: Any) -> Iterator[str]:
    """All texts in a property; of a choice what people read, and not what the page sends."""
    match value:
        case str():
            yield value
        case dict():
            for inner in value.values():
                yield from texts(inner)
        case [str() as label, str() | int() | float()]:
            yield label
        case list():
            for inner in value:
                yield from texts(inner)


@pytest.fixture(scope="module")
def page() -> tuple[list[dict[str, Any]], str, str]:
    """Components, style sheet and scripts of the page, with marks."""
    root = Path(app.__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", BUILD], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    components, css, js = json.loads(done.stdout.splitlines()[-1])
    return components, css, js


def is_name(text: str, names: set[str]) -> bool:
    """Whether it is nothing but names, numbers and units."""
    text = re.sub(OTHER_NAMES, "", text)
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, "")
    return not re.search("[A-Za-z]{2}", text)


def test_every_sentence_of_the_page_is_translated(page):
    presets = json.loads((app.MODELS / "styles.json").read_text("utf-8"))["styles"]
    told = {str(style[key]) for style in presets for key in ("title", "artist", "rights")}
    names = NAMES | told - {""}
    shown = [part for part in page[0] if part["type"] not in ("api", "state")]
    found = {
        text
        for part in shown
        for key in READ
        if part["props"].get("visible") is not False
        if not (key == "value" and "choices" in part["props"])
        for whole in texts(part["props"].get(key))
        for text in untranslated(re.sub(r"\$\{.*?\}", "", whole))
        if not is_name(text, names)
    }
    assert found == set()


def test_words_of_style_sheets_and_scripts_are_translated(page):
    _components, css, js = page
    contents = re.findall(r"\bcontent: ?([^;}]*)[;}]", css)
    strings = [text for content in contents for text in re.findall('"([^"]*)"', content)]
    assert [text for text in strings if re.search("[A-Za-z]{2}", text)] == []
    words = dict(re.findall(r'--(?:words-|activity: )([\w-]+): ?"(.*?)";', css))
    assert words
    assert all(text.startswith("⟦") for text in words.values())
    assert re.findall(r'--activity: *"', css) == []
    assert '"place": "\\u27e6' in js


def test_scripts_hold_no_sentences():
    for script in Path(app.__file__).parent.rglob("*.js"):
        code = re.sub(r"^\s*//.*$|(?<=[;,{]) // .*$", "", script.read_text("utf-8"), flags=re.M)
        strings = re.findall(r'["`]([^"`\n]*)["`]', code)
        sentences = [text for text in strings if re.search(r"^[ ,]*[A-Za-z]+ [a-z]+", text)]
        assert sentences == [], script.name
