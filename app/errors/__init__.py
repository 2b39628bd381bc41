"""Domain errors (refusals), in a module per subject.

Every module is imported here, so that `catalogue()` knows every refusal whatever else is imported.
"""

from app.errors import accounts, base, bulk, catalogue, learning, requests

__all__ = ["accounts", "base", "bulk", "catalogue", "learning", "requests"]
