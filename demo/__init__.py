"""Demo data: a real platform's records, and nine people to log in as.

Everything goes through the services that the API uses; only what lies in the past is told its date.
"""
