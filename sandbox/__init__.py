"""A local QuickBooks, Xero and Stripe: the other side of the wire, with a time machine. Imports nothing of ours."""
