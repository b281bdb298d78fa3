"""The ways out of the house. One port, and the errors of integrations/errors.py."""
