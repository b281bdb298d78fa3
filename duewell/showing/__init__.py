"""Makes the values that pages and the command line show."""
