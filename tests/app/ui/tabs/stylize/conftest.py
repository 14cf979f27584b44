from tests.app.ui.painting.conftest import file, tab, values

__all__ = ["file", "tab", "values"]
