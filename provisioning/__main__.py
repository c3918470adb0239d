"""`python -m provisioning VERB` is `twinstore VERB`, for whoever has an interpreter but no PATH."""

from provisioning.command import main

main()
