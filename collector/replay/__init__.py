"""The past judged again: read back, walked through, and told."""
