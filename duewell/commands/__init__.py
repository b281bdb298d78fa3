"""One file per command. Each imports what is heavy only when it runs."""
