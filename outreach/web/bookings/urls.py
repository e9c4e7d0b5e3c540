"""Addresses of the bookings."""

from __future__ import annotations

from django.urls import path

from outreach.web.bookings import views

urlpatterns = [
    path("bookings/", views.bookings, name="bookings"),
    path("bookings/new/", views.booking_new, name="booking_new"),
    path("bookings/<str:uid>/", views.booking, name="booking"),
    path("bookings/<str:uid>/accept/", views.booking_accept, name="booking_accept"),
    path("bookings/<str:uid>/refuse/", views.booking_refuse, name="booking_refuse"),
    path("bookings/<str:uid>/withdraw/", views.booking_withdraw, name="booking_withdraw"),
]
