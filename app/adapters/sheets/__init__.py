"""Sheets that people send, as CSV in the forms that spreadsheets and other systems write it.

A caller gives the columns it knows and gets rows, and a description of what was read. What is wrong with the file as a
whole refuses it; what is wrong with one row is left to the caller.
"""

from app.adapters.sheets.reading import Row, Sheet, read
from app.adapters.sheets.titles import Column

__all__ = ["Column", "Row", "Sheet", "read"]
