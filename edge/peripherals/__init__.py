"""The peripherals of this workstation: one owner thread each, durable jobs, and what is wrong with them in words."""
