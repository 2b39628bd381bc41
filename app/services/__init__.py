"""What the domain does, and what it refuses: plain modules of verbs."""
