"""Who is at work: a name by which another process of the same machine can tell whether that one is still there."""

import os
import re
import secrets
import socket
from pathlib import Path


def _place() -> str:
    """This machine, or this container of it: only here does a process number name one of our processes."""
    try:
        space = Path("/proc/self/ns/pid").stat().st_ino
    except OSError:
        return ""
    return f"{socket.gethostname()}/{space}"


PLACE = _place()
PROCESS = os.getpid()
WORKER = f"{PLACE or socket.gethostname()}:{PROCESS}:{secrets.token_hex(3)}"
NAME = re.compile(r"(?P<place>.+):(?P<process>[1-9]\d{0,6}):[0-9a-f]{6}(?:, for .*)?", re.DOTALL)


def is_gone(worker: str) -> bool:
    """Was that a process here, and is it no more? False as well where nobody can tell: it may be at work elsewhere."""
    name = NAME.fullmatch(worker)
    if not PLACE or name is None or name["place"] != PLACE:
        return False
    if int(name["process"]) == PROCESS:
        return worker.partition(", for ")[0] != WORKER
    try:
        os.kill(int(name["process"]), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False
