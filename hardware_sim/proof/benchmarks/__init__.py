"""The benchmarks that look at the box from outside. Each measures its bare limit in the same run.

boot uplink catalogue receipt scan   one file each, a function of the same name
timing                               percentiles
bare_app bare_mqtt bare_push         the limits, as processes of their own
"""
