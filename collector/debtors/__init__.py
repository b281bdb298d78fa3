"""Who owes: cases read and put together, who is billed with whom, and who is the same."""
