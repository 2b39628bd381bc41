"""Values in the one spelling by which they are compared and stored: text, names, identifiers, people, terms and days."""
