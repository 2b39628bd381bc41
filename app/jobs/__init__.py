"""The functions that RQ calls, with ids as arguments, and the chores of the sweep. A job that raises is tried again."""
