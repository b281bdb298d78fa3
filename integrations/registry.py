"""Finds every platform: the folders here, and plug-ins by entry point."""

import importlib
import pkgutil
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import cast

from integrations.building import build_structs
from integrations.contract import Capability, Platform
from integrations.errors import Refused, Unsupported
from integrations.tills import TakesPayments

PLUGINS = "duewell.platforms"


@cache
def slugs() -> tuple[str, ...]:
    """The platforms that can be had, by name, without importing any of them."""
    folders = [found.name for found in pkgutil.iter_modules([str(Path(__file__).parent)]) if found.ispkg]
    return tuple(sorted({*folders, *(plugin.name for plugin in entry_points(group=PLUGINS))}))


@cache
def platform(slug: str) -> Platform:
    """The platform called `slug`; its SDK is imported only now. Raises Refused for a stranger."""
    if slug not in slugs():
        raise Refused(f"there is no platform {slug!r}; there are {', '.join(slugs())}")
    found = _imported(slug)
    build_structs()
    return found


def _imported(slug: str) -> Platform:
    for plugin in entry_points(group=PLUGINS):
        if plugin.name == slug:
            return cast(Platform, plugin.load()())
    module = importlib.import_module(f"integrations.{slug}.platform")
    return cast(Platform, module.PLATFORM)


def till_platform(slug: str) -> TakesPayments:
    """The same as a place where money is taken. Raises Unsupported for a platform that takes none."""
    found = platform(slug)
    if Capability.TAKE_PAYMENTS not in found.capabilities:
        raise Unsupported(f"{found.label} takes no payments for us")
    return cast(TakesPayments, found)
