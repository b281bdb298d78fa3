"""What customers read: languages, letters, what may stand in them, and how they are written."""
