"""QuickBooks Online: our side of the wire."""
