"""What is owed: the normalized model and its arithmetic. No platform, no database, no clock."""
