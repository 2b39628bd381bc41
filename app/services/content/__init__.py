"""Course content: sections and lessons, in order."""
