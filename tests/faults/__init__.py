"""Faults against the program's own storage: what a disk, a power cut, a clock or a second copy can do to a book.

Nothing here is a model of the book. A program of its own (`working`) does what a teller does, through
`desktop.desk.Desk`, `desktop.store.Book`, `desktop.vault` and `desktop.files` as they ship; something goes wrong
under it; and what lies on the disk afterwards is opened by the same program and held against what the teller was told.

    test_power_cut        every image that a power cut could leave, replayed from a trace of system calls
    test_system_calls     the so-manieth system call kills, fails or finds the disk full
    test_file_system      a real ext4 (and xfs) whose machine is taken away by FS_IOC_SHUTDOWN; needs root
    test_disk_full        disks of so many megabytes, filled by posting
    test_clocks           clocks that are years off, jump, or start again
    test_copies           two programs on one laptop, old copies put back, halves of a copy, two laptops of one image
    test_half_done        a move of the office's tables, an enrolment and a new book that were killed in the middle
    test_flipped_bits     one bit of any file

What must hold after each (`after`): numbers from 1 without a gap, everything a teller was told is there, balances
reckoned anew are those that are stored, at most one voucher stands that nobody was told of, each voucher has its
print job, and the next voucher can be posted. Each harness has a control, a program that is broken on purpose, which
it has to find out, and prints one line: `images 5,000 lost 0 doubled 0 control lost 37`.

Power cuts are replayed on a model of the disk (`replay`) that is harsher than ext4 and xfs: what was not flushed is
kept, dropped, torn every 512 bytes or reordered, and a name lasts only once its folder was flushed.
Disks that lie about a flush are beyond any promise.

    python -m pytest tests/faults            # what every run does
    python -m pytest tests/faults --long     # a night's worth
"""
