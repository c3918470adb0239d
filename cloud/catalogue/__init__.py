"""What a shop may sell and for how much, and how it comes down to the boxes.

repository  products, prices, and one log of operations a feed, compacted by key
service     head office's changes
feeds       answers to pulls: operations, repairs, references to snapshots
snapshots   a whole feed as one signed file
endpoints   the HTTP of all this
"""
