"""Normalization of values, as they are compared and stored: text, names, identifiers, people, terms and days."""
