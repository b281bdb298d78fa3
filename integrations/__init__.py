"""Our side of the wire: one folder per platform, and the contract they all keep."""
