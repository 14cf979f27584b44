import ast

import pytest
from babel.messages.pofile import read_po

from export.assets import messages


def test_the_shipped_template_holds_the_marked_strings_of_the_app():
    with messages.TEMPLATE.open("rb") as file:
        shipped = {message.id for message in read_po(file)}
    assert shipped == {message.id for message in messages.gather(messages.SOURCES)}


def test_strings_in_f_strings_and_plurals_are_found():
    source = """f'<p>{_("Stop")}</p>'; ngettext("1 picture", "{n} pictures", n)"""
    found = {message for _, message in messages.marked(ast.parse(source))}
    assert found == {"Stop", ("1 picture", "{n} pictures")}


@pytest.mark.parametrize("source", ["_(words)", "_(f'{n} pictures')", "ngettext('one', many, n)"])
def test_strings_that_cannot_be_translated_are_refused(source):
    with pytest.raises(ValueError, match="line 1: only whole strings"):
        list(messages.marked(ast.parse(source)))
