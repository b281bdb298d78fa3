"""What storage may raise, named by what is wrong. Messages hold no secrets and no personal data."""


class StorageError(Exception):
    """The database could not be used as asked."""


class BadAddress(StorageError):
    """The database address in the settings cannot be understood."""


class Unreachable(StorageError):
    """The database does not answer."""


class NewerSchema(StorageError):
    """The database was made by a newer Duewell."""


class UnknownConnection(StorageError):
    """The business has no such connection."""


class BadKey(StorageError):
    """A sealing key is malformed, or none of the keys opens what was sealed."""
