"""The tabs of the page, a package for each."""
