"""`twinstore prove` and `twinstore bench`: nothing lost, nothing doubled, and how fast, seen from outside.

simulated actors simulation oracle   the real sync core on a simulated clock, net and disk
mutants sweep                        seeded bugs that the simulation must find; many schedules on every core
vfs vfs_launcher power_cut           the box's real process under an SQLite VFS that records every write
estate processes                     real box, hub and broker, killed and cut off at random
report command bench benchmarks      what is printed
"""
