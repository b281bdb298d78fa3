"""The payer's pages: what somebody owes, how to pay it, and every answer that is one press away."""
