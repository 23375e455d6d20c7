"""What a large market takes of the machine's memory, and no longer needs."""

import ctypes
import sys


def give_back() -> None:
    """
    Give memory that is free back to the system.

    The C library of Linux keeps arrays of up to 32 MB that were freed, for others like them; what Python then makes of
    small things has its own room, and comes on top. Other systems' libraries are left to themselves.
    """
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)):
        trim(0)
