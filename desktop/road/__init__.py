"""Every road from a laptop: to the office by network and by stick, and to another laptop by the mirror on a stick."""
