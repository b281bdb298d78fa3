"""The demo: a story told with real parts, in which nothing is pretended but the three platforms."""
