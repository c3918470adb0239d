"""The line to the hub: facts up, feeds and commands down, telemetry. The shop sells without any of it."""
