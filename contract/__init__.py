"""What a box and its hub promise each other. Pydantic and the standard library only, no I/O, imports nothing of ours.

envelope   a fact, a batch of facts, the hash chain, and the other messages of the up-link
topics     every MQTT topic, built and parsed in one place
sales orders stock members   facts going up
feeds      what comes down: pulls, operations, snapshots, digests
commands   requests to a box; the result comes back as a fact
capabilities   what a box can do, in the words of its hello
health     telemetry, sheddable
stream     sender and receiver of the sync as pure state machines
errors     error keys that both ends know
frozen/    one JSON Schema a message and version, generated, compared in the tests
"""
