"""What RQ runs: ids in, one transaction, raise to retry."""
