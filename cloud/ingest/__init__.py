"""From the broker into the inbox: facts are durable here before a box is told so.

admission  one MQTT packet -> a message of the contract, or the reason why not (pure)
inbox      messages -> one transaction -> acks
pressure   how much a box may send, from the length of the queue (pure)
leases     which shards this worker owns
mqtt       the wire: the only paho import of the hub
worker     the one thread that owns the wire and writes
"""
