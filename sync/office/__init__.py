"""The office: loads the core system's export, prepares packs, receives books and signs for them."""
