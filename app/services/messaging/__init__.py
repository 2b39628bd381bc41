"""Notices and mail: the outbox, delivery and wording."""
