"""Stripe: invoices, payments and credit notes read by restricted key, reminders sent and notes left."""
