"""The only SQL: tables, migrations, SQLite and PostgreSQL."""
