"""Cut the drawn ground of the maps out of world-atlas; run by maintainers only."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from outreach.maps import land


class Command(BaseCommand):
    """Writes the ground that maps draw where there are no tiles."""

    help = (
        "Cut the region's land out of land-10m.json of the npm package world-atlas 2 "
        "(Natural Earth, public domain)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("topology", type=Path, help="land-10m.json")
        parser.add_argument("target", type=Path, help="the file to write")

    def handle(self, *args: Any, **options: Any) -> None:
        topology = json.loads(options["topology"].read_text(encoding="utf-8"))
        rings = land.cut(topology, land.REGION)
        text = json.dumps({"box": land.REGION, "rings": rings}, separators=(",", ":"))
        options["target"].write_text(text + "\n", encoding="utf-8")
        self.stdout.write(f"{len(rings)} pieces of land, {len(text)} bytes")
