"""What is fast and what is not: measured against a floor, against the platforms' limits, and against peers."""
