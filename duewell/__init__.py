"""The application: configuration, wiring, jobs, command line and pages."""
