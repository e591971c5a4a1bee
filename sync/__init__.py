"""Everything two machines must agree on, and the office. Pure: no input, output, clock or framework here."""
