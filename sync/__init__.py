"""Brings the books up to date: pull, refresh, reconcile."""
