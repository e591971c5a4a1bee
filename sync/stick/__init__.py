"""The stick: a folder that a laptop and an office both write letters into, as `names` lays it out and `device` does it.

    DGD/stick.dgd      a random id, made at first use: a stick that was swapped is seen
    DGD/to-office/     batches
    DGD/from-office/   acknowledgements, packs, the directory
    DGD/mirror/        what a laptop copies onto it while a session runs

Every letter is sealed or says nothing of anybody, and proves itself by its signature: a stick has the same rights as a
network and no more. A file name is only a hint of what is in it.
"""
