"""Twilio's side of the wire: text messages."""
