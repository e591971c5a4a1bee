"""What `python -m desktop VERB` does: a room for each kind of work. Each says with `add` which verbs it has.

Whatever a verb needs is imported by that verb, so that all rooms together cost the window nothing to start.
"""
