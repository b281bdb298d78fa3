"""Paying in parts: plans that add up, links that can be revoked, money taken and recorded once."""
