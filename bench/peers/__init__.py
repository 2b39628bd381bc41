"""What the API is compared with: the same responses, from the same tables, with nothing around them.

`floor` is a bare WSGI callable, `twin` a FastAPI application. Neither imports the application.
"""
