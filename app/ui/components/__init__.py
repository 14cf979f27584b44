"""Pieces of the page that several tabs share."""
