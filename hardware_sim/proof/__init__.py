"""`twinstore prove` and `twinstore bench`: nothing lost, nothing doubled, and how fast, seen from outside.

simulated actors simulation oracle   the real sync core on a simulated clock, net and disk
mutants sweep stateful               seeded bugs that must be found; many schedules on every core; hypothesis
vfs vfs_launcher journal             the box's real process under an SQLite VFS that records every write
disk_faults failing_disk full_disk   the same VFS refuses writes and syncs, one by one; a file system that is full
platter power_cut                    the disk rebuilt as of a power cut behind any of them
outside estate judgement processes   two real boxes, hub and broker, killed and cut off at random; then counted
hardships                            a clock that jumps, hub and box put back from old copies
report command bench benchmarks      what is printed
"""
