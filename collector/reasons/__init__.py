"""Why an invoice is not asked for today: one function a reason, in four rooms by what they look at."""
