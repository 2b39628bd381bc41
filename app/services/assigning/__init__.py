"""Assignment of many people at once: runs, their ledger and what follows from it."""
