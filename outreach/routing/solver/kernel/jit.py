"""How the kernel is compiled, and where what was compiled is kept."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba.core.config
import numpy as np

INF = np.inf
NEVER = -1.0e18
"""A time that nothing can be early enough for."""
TINY = 1e-7
BROKEN_PIN = 1e9
"""What not keeping a pinned visit costs: more than any plan is worth."""


def _folder() -> Path:
    """Return where compiled code is kept: beside the sources, else in the folder for such things.

    Named for the sources: numba looks at the file of a function only, not at those it calls, and
    would go on with old code after an update.
    """
    here = Path(__file__).parent
    digest = hashlib.sha256(numba.__version__.encode())
    for source in sorted(here.glob("*.py")):
        digest.update(source.read_bytes())
    name = f"kernel-{digest.hexdigest()[:16]}"
    beside = here / "__pycache__"
    with contextlib.suppress(OSError):
        beside.mkdir(exist_ok=True)
    if os.access(beside, os.W_OK):
        return beside / name
    return Path(tempfile.gettempdir()) / f"outreach-{os.getuid()}" / name


# A better optimised kernel takes half as long again to compile, and is no quicker.
os.environ.setdefault("NUMBA_OPT", "1")
os.environ.setdefault("NUMBA_CACHE_DIR", str(_folder()))
numba.core.config.reload_config()


def compiled(function: Callable[..., Any]) -> Any:
    """Compile a function on its first call, and keep the code for the next process.

    No memory is counted (``_nrt``): nothing is made or freed in the kernel, all room is handed in.
    Counting took nine tenths of its time. The interpreter's lock is not held.
    """
    return _jit(function, forceinline=False)


def inlined(function: Callable[..., Any]) -> Any:
    """Compile a function into those that call it."""
    return _jit(function, forceinline=True)


def _jit(function: Callable[..., Any], *, forceinline: bool) -> Any:
    options: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy", "_nrt": False}
    return numba.njit(forceinline=forceinline, **options)(function)
