from tests.app.ui.painting.conftest import file, page, tab, values

__all__ = ["file", "page", "tab", "values"]
