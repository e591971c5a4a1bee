"""What each sheet of paper says; nothing here draws."""
