"""`make collections`: run the collections with Newman and the Hoppscotch CLI."""
