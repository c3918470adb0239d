"""Receipt printers.

    escpos        the driver: one job at a time, sent once and proved
    conversation  one open line, read by whoever waits
    status        bytes of a printer -> answers -> state
    encode        a document -> bytes of one model, by way of text, layout and raster
    profile       what is particular to a model; the models are rows of profiles.toml

The encoder is our own and small: python-escpos knows neither double-byte modes nor which line fits which font, and
its transports ignore short writes and unasked status. Pictures come from Pillow and segno in rows that are kept, so
that the second receipt of a shop costs a tenth of the first.
"""
