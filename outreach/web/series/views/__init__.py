"""Views of series, templates, copies and seasons side by side."""
