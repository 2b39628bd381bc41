"""How fast the platform is, measured against what the database itself needs. `make bench` runs all of it."""
