"""A whole counter in one morning: the acts and what each must come to, in the ledger's own notation."""
