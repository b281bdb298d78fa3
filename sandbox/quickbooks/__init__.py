"""A local QuickBooks Online: the other side of the wire."""
