"""A local Xero: three organisations, their ledgers, and the API's habits, pleasant and not."""
