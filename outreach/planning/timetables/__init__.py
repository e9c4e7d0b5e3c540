"""Timetables of mobile services as files: the open mobile-library schema, and our own workbook.

The schema is the one of the UK's open mobile-library data: one row for each stop of a route, with
the recurrence of its visits as an iCalendar rule. :mod:`columns` names its columns; :mod:`sheet`
reads a file into cells; :mod:`stops` reads cells into stops; :mod:`checks` looks at the rows
together; :mod:`comparison` finds what is new against what is stored; :mod:`storing` stores it;
:mod:`exporting` writes the same schema from what is stored.
"""
