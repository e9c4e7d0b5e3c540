"""Tests of timetables as files: importing, exporting, and what comes of it."""
