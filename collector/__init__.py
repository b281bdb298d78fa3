"""Decides whom to contact, how and why, and carries it out."""
