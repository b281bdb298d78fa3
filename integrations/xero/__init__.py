"""Xero: our side of the wire."""
