"""What the office does at a command line, a module for each thing it is done to."""
