"""Counter caches: the sharded counters that triggers maintain, and their verification."""
