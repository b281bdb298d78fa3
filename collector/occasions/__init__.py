"""Messages that are no reminders: thanks, apologies, statements, terms."""
