"""Reading uploaded CSV files, in the dialects that spreadsheets and other systems write.

A caller passes the columns it knows and gets rows, and a description of what was read. An error in the file as a whole
refuses it; an error in one row is reported with that row.
"""

from app.adapters.sheets.reading import Row, Sheet, read
from app.adapters.sheets.streams import CsvStream, NdjsonStream, SheetStream, StreamedRow
from app.adapters.sheets.titles import Column

__all__ = ["Column", "CsvStream", "NdjsonStream", "Row", "Sheet", "SheetStream", "StreamedRow", "read"]
