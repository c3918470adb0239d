"""Results of commands."""

from __future__ import annotations

from cloud.fleet.tables import FinishedCommand
from cloud.projection import Origin, Projection, Row, row
from contract.commands import CommandFinished


def finished_rows(origin: Origin, finished: CommandFinished) -> list[Row]:
    return [row(FinishedCommand, finished, uid=origin.uid, edge_id=origin.edge_id)]


PROJECTIONS = (Projection(CommandFinished, (FinishedCommand,), finished_rows),)
