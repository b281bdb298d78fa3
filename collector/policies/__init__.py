"""Policies as people keep them: files, layers, checks, sentences and calendars."""
