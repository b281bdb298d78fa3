"""Believes nothing, remembers everything, answers fast."""
