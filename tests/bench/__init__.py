"""How fast and how small: each piece of work beside the limit that was measured in the same run.

Milliseconds belong to a machine and a moment; the ratio to a limit, taken in shuffled rounds of the
same run, travels. `python -m tests.bench --help` says how to ask.
"""
