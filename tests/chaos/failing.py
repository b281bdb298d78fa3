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
    "lstat mkdir mkdirat newfstatat open openat poll ppoll pread64 pwrite64 pwritev read readlink readlinkat readv recv "
    "recvfrom recvmsg rename renameat renameat2 rmdir select send sendmmsg sendmsg sendto setsockopt shutdown socket "
    "stat statx unlink unlinkat write writev".split()
)
