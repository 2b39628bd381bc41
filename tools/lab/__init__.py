"""A deployment on several machines, each a network namespace, with the files that we ship; and what it survives."""
