"""The console's pages."""

from __future__ import annotations

from fastapi import FastAPI

from cloud.changes import Changes
from cloud.clock import Clock
from cloud.db import Database
from cloud.settings import Settings


def add_to(
    app: FastAPI, settings: Settings, database: Database, clock: Clock, changes: Changes
) -> None:
    del app, settings, database, clock, changes
