"""What the environment is made of, in which agents are tested: its SBOM, and the licences of its packages."""

from __future__ import annotations

from pytest_arc.supply.inventory import Inventory, Sbom

__all__ = ["Inventory", "Sbom"]
