"""Several real processes on the test database at the same time."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.synchronize import Barrier
from threading import BrokenBarrierError
from typing import Any, TypeVar

from django.conf import settings
from django.db import connection, connections

Result = TypeVar("Result")

# A process that was killed must not leave the others waiting for ever.
_PATIENCE_S = 60

_barrier: Barrier


def together(function: Callable[..., Result], count: int, *args: Any) -> list[Result]:
    """Call ``function(0, *args)`` ... ``function(count - 1, *args)``, each in its own process.

    The processes are new ones with connections of their own to this test's database, so the test
    must commit what they are to see. All calls begin at the same moment.
    """
    # They are forked from one that has loaded the product and done nothing else: no connection,
    # thread or record of this process is theirs.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.loaded_product"])
    database = connection.settings_dict["NAME"]
    with ProcessPoolExecutor(
        count, context, _set_up, (str(database), context.Barrier(count))
    ) as pool:
        calls = [pool.submit(_call, function, number, args) for number in range(count)]
        failures = [error for call in calls if (error := call.exception())]
        # Those that only waited for one that failed have nothing to say.
        for error in sorted(failures, key=lambda error: isinstance(error, BrokenBarrierError)):
            raise error
        return [call.result() for call in calls]


def line_up() -> None:
    """Wait, inside a process, until all others have come to the same point."""
    _barrier.wait(_PATIENCE_S)


def _set_up(database: str, barrier: Barrier) -> None:
    global _barrier
    _barrier = barrier
    settings.DATABASES["default"]["NAME"] = database


def _call(function: Callable[..., Result], number: int, args: tuple[Any, ...]) -> Result:
    line_up()
    try:
        return function(number, *args)
    except BaseException:
        _barrier.abort()
        raise
    finally:
        connections.close_all()
