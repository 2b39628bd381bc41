"""Development tools: embedded database servers, a process supervisor, and checks.

Development only. `app` does not import it, and the image does not contain it.
"""
