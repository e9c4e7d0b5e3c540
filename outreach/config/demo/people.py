"""The libraries, and the people who sign in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password

from outreach.accounts.domain import RoleCode
from outreach.accounts.models import Library, Membership, User
from outreach.common import bulk
from outreach.config.demo import inputs

PASSWORD = "outreach-demo"  # noqa: S105 - printed for everybody to use
DOMAIN = "demo.invalid"
HOME = "nghe-an"
"""The library whose people have the short addresses."""
OFFICER = f"officer@{DOMAIN}"


@dataclass(frozen=True, slots=True)
class Staff:
    """A library with the people of the demonstration who work for or with it."""

    library: Library
    coordinator: User
    crew: User
    host: User
    facts: dict[str, Any]
    """Its row of ``fixtures/demo/libraries.json``."""

    @property
    def slug(self) -> str:
        """The library's address name."""
        return self.library.slug


@dataclass(frozen=True, slots=True)
class People:
    """Everybody."""

    union: Library
    officer: User
    staff: list[Staff]

    def at(self, slug: str) -> Staff:
        """Return the staff of one library."""
        return next(staff for staff in self.staff if staff.slug == slug)


def address(role: str, library: str) -> str:
    """Return the sign-in of a role at a library; the home library's are the short ones."""
    return f"{role}@{DOMAIN}" if library == HOME else f"{role}.{library}@{DOMAIN}"


def make(now: datetime) -> People:
    """Store the union, its libraries and their people.

    All share one password, hashed once: hashing is slow on purpose.
    """
    facts = inputs.read("libraries")
    union = Library(is_union=True, email=f"nct@{DOMAIN}", **facts["union"])
    bulk.store(Library, [union], by=None, at=now)
    libraries = [_library(row, union) for row in facts["libraries"]]
    bulk.store(Library, libraries, by=None, at=now)
    officer = _person(OFFICER, "officer", "nct")
    users = {
        (library.slug, role): _person(address(role, library.slug), role, library.slug)
        for library in libraries
        for role in ("coordinator", "crew", "school")
    }
    _store_people([officer, *users.values()])
    staff = [
        Staff(
            library,
            users[library.slug, "coordinator"],
            users[library.slug, "crew"],
            users[library.slug, "school"],
            row,
        )
        for library, row in zip(libraries, facts["libraries"], strict=True)
    ]
    people = People(union, officer, staff)
    bulk.store(Membership, list(_memberships(people)), by=officer, at=now)
    return people


def _library(row: dict[str, Any], union: Library) -> Library:
    names = {key: row[key] for key in ("slug", "name_vi", "name_en", "short_vi", "short_en")}
    return Library(union=union, email=f"{row['slug']}@{DOMAIN}", **names)


def _person(email: str, role: str, library: str) -> User:
    return User(email=email, full_name=full_name(role, library))


def full_name(*subject: object) -> str:
    """Return an invented Vietnamese name."""
    names, die = inputs.read("names"), inputs.dice("name", *subject)
    given = die.choice(names["women"] + names["men"])
    return f"{die.choice(names['family'])} {given}"


def _store_people(users: list[User]) -> None:
    password = make_password(PASSWORD)
    for user in users:
        user.password = password
    User.objects.bulk_create(users)
    EmailAddress.objects.bulk_create(
        EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in users
    )


def _memberships(people: People) -> Iterator[Membership]:
    yield Membership(user=people.officer, library=people.union, role_id=RoleCode.OFFICER)
    for staff in people.staff:
        for user, role in (
            (staff.coordinator, RoleCode.COORDINATOR),
            (staff.crew, RoleCode.CREW),
            (staff.host, RoleCode.HOST),
        ):
            yield Membership(user=user, library=staff.library, role_id=role)
