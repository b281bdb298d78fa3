"""An installation of Duewell in a folder, with companies of the sandbox connected by ready-made keys."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from bench.town import Town
from duewell.businesses import living
from duewell.config import App, Settings, Web
from duewell.logs import configure
from duewell.wiring import House, build
from integrations.contract import Grant
from storage.businesses import add_business
from storage.connections import Connected, NewConnection, connect
from storage.ids import new_id

ANSWERS = {"own_reminders": "no", "time_zone": "America/Los_Angeles", "role": "both"}
KEPT = "bench.json"
BUSINESS = "bench"


def install(town: Town, folder: Path, *, database: str = "", connections: int = 1, listen: str = "") -> None:
    """A database with its tables, and so many businesses with one connection each, all to the same company."""
    folder.mkdir(parents=True, exist_ok=True)
    app, company = town.keys()
    kept = {"platform": town.platform, "app": app, "database": database, "listen": listen}
    (folder / KEPT).write_text(json.dumps(kept), encoding="utf-8")
    house = opened(folder)
    try:
        _connect(house, town.platform, company, connections)
    finally:
        house.close()


def opened(folder: Path) -> House:
    """The house of that folder."""
    kept = json.loads((folder / KEPT).read_text(encoding="utf-8"))
    app = kept["app"]
    listen = kept["listen"] or "127.0.0.1:1"
    settings = Settings(
        data=folder,
        database=kept["database"],
        log_level="error",
        web=Web(base_url=f"http://{listen}", listen=listen),
        platforms={
            kept["platform"]: App(
                client_id=app["client_id"],
                client_secret=SecretStr(app["client_secret"]),
                webhook_secrets=[SecretStr(secret) for secret in app["webhook_secrets"]],
                addresses=app["addresses"],
            )
        },
    )
    configure(settings)
    return build(settings)


def only(house: House) -> Connected:
    """The first business's connection."""
    return living(house, f"{BUSINESS}-0")[0]


def _connect(house: House, platform: str, company: Mapping[str, Any], count: int) -> None:
    grant, now = _grant(platform, company), house.clock.now()
    house.grants.save(grant)
    external = str(company.get("external_id") or company.get("account"))
    with house.database.write() as tx:
        for number in range(count):
            business = add_business(tx, f"Business {number}", now=now, business=f"{BUSINESS}-{number}")
            fresh = NewConnection(platform, external, grant.id, label=external, details=_details(platform, company))
            connect(tx, business, fresh, now=now)


def _grant(platform: str, company: Mapping[str, Any]) -> Grant:
    if platform == "stripe":
        return Grant(new_id(), platform, company["api_key"], kind="key")
    access, refresh = (company.get(f"{name}_token") or company[name] for name in ("access", "refresh"))
    return Grant(new_id(), platform, access, refresh, datetime.fromisoformat(company["expires_at"]))


def _details(platform: str, company: Mapping[str, Any]) -> dict[str, str]:
    """What connecting would have learnt."""
    learnt = {
        "quickbooks": {"realm": company.get("external_id")},
        "xero": {"connection_id": company.get("connection_id"), "base_currency": "GBP", "time_zone": "Europe/London"},
        "stripe": {"livemode": str(company.get("livemode", False)).lower(), "time_zone": company.get("time_zone")},
    }
    return {**ANSWERS, **{name: str(value) for name, value in learnt[platform].items()}}
