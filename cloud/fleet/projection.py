"""Results of commands."""

from __future__ import annotations

from sqlmodel import SQLModel

from cloud.fleet.tables import FinishedCommand
from cloud.projection import Origin, Projection, shared
from contract.commands import CommandFinished


def finished_rows(origin: Origin, finished: CommandFinished) -> list[SQLModel]:
    row = FinishedCommand(
        uid=origin.uid, edge_id=origin.edge_id, **shared(finished, FinishedCommand)
    )
    return [row]


PROJECTIONS = (Projection(CommandFinished, (FinishedCommand,), finished_rows),)
