"""From a sheet to paper: where everything stands, the PDF, and what takes it."""
