"""Demo data: a real platform's records, and nine people to log in as.

Everything goes through the services that the API uses; only past events get their date explicitly.
"""
