"""Shapes in and out: names, types, ranges, lengths, formats. Nothing that a commit could change."""
