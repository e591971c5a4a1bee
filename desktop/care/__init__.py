"""What keeps a laptop's books from being lost on it: copies, checks, repair, and an end when all is over."""
