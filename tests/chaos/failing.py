"""Which errors a machine gives in its worst hours, and which calls may give them."""

ERRORS = {
    "ENOSPC": "no space",
    "EIO": "I/O error",
    "ECONNRESET": "connection reset",
    "ETIMEDOUT": "time-out",
}
# Calls that reach a disk or a line. An error of the others (memory, threads, signals) is the same as being killed.
FAILABLE = frozenset(
    "access close connect fcntl fdatasync fstat fsync ftruncate getdents64 getsockname getsockopt ioctl link lseek "
    "lstat mkdir mkdirat newfstatat open openat poll ppoll pread64 pwrite64 pwritev read readlink readlinkat readv "
    "recv recvfrom recvmsg rename renameat renameat2 rmdir select send sendmmsg sendmsg sendto setsockopt shutdown "
    "socket stat statx unlink unlinkat write writev".split()
)


def fails(call: str, on: str) -> bool:
    """May this call, on that file or socket, give an error?

    PostgreSQL's client takes a failed sending for a sign that the answer, which says why, is on its way, and waits for
    it. On a line that in truth is well it would wait for ever; so there it is the reading that fails.
    """
    return call in FAILABLE and not (call == "sendto" and on.startswith("UNIX"))
