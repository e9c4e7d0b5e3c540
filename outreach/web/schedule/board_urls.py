"""Addresses of the board and of what its script asks."""

from __future__ import annotations

from django.urls import path

from outreach.web.schedule.views import board

urlpatterns = [
    path("schedule/board/", board.board, name="board"),
    path("schedule/board.json", board.board_data, name="board_data"),
    path("schedule/board/check/", board.board_check, name="board_check"),
    path("schedule/board/keep/", board.board_keep, name="board_keep"),
    path("schedule/undo/", board.take_back, name="schedule_undo"),
]
