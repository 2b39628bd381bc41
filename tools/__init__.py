"""What `make run` and `make test` need besides the application: database servers and a supervisor of their own.

Development only. Nothing in `app` knows of it, and the image leaves it out.
"""
