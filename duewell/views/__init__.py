"""What pages and the command line show: plain values, ready to read."""
