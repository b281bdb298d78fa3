"""What came of a message, as a person reads it."""


def outcome_words(state: str, reason: str) -> str:
    """What came of a message, for people."""
    words = {
        "sent": "sent",
        "failed": f"not sent, will be tried again ({reason})",
        "ambiguous": f"not known whether it arrived; it will be looked up, never repeated blindly ({reason})",
        "parked": f"not sent; a person should look ({reason})",
        "nothing": f"left alone. {reason}",
        "waiting": f"not sent yet. {reason}",
        "unready": f"not sent. {reason}",
        "unread": reason,
    }
    return words.get(state, state)
