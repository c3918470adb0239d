"""What comes down to the boxes: one log of operations a feed, compacted by key.

repository  the logs
cursors     what the boxes have of them for certain
service     answers to pulls: operations, repairs, references to snapshots
snapshots   a whole feed as one signed file
"""
