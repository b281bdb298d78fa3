"""Every setting, its default and its meaning: from a TOML file, then DUEWELL_ environment variables, then *_FILE."""

import os
import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from duewell.config_ways import LOOPBACK, Addresses, Answers, Letters, Local, Mail, Section, Sms

PREFIX = "DUEWELL_"
FILE = "duewell.toml"
NOT_SETTINGS = {"CONFIG", "OWNER_PASSWORD", "PERSON_PASSWORD"}
HOUR = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
NAME = re.compile(r"[a-z0-9-]{1,40}")


class BadSetting(Exception):
    """A setting is wrong; the message names it, where it stands and what would be right."""


def _hour(text: str) -> str:
    if not HOUR.fullmatch(text):
        raise ValueError(f"must be a time of day between 00:00 and 23:59 such as 09:00, not {text!r}")
    return text


def _step_name(text: str) -> str:
    if not NAME.fullmatch(text):
        raise ValueError(f"must be 1 to 40 small letters, digits and hyphens such as first-reminder, not {text!r}")
    return text


def _base(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"must be a web address such as https://duewell.example.com, not {url!r}")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError("must begin with https:// unless it is on this machine")
    return url.rstrip("/")


BaseUrl = Annotated[str, AfterValidator(_base)]
Hour = Annotated[str, AfterValidator(_hour)]
StepName = Annotated[str, AfterValidator(_step_name)]


class App(Section):
    """What was registered at one platform."""

    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    webhook_secrets: list[SecretStr] = Field(default_factory=list)
    addresses: Addresses = Field(default_factory=dict)


class Web(Section):
    """The pages."""

    base_url: BaseUrl = "http://localhost:8123"
    listen: str = "127.0.0.1:8123"
    threads: int = Field(default=8, ge=1, le=64)


class Http(Section):
    """How the platforms are spoken to; seconds."""

    connect_timeout: float = Field(default=5.0, gt=0)
    read_timeout: float = Field(default=120.0, gt=0)
    patience: float = Field(default=20.0, ge=0)


class Manners(Section):
    """The policy's numbers. The steps themselves are `steps`, as name, days from the due date, letter and channel."""

    gap_days: int = Field(default=4, ge=0)
    minimum: Decimal = Field(default=Decimal("5.00"), ge=0)
    opens_at: Hour = "09:00"
    closes_at: Hour = "17:00"


class StepSetting(Section):
    """One step of the policy."""

    name: StepName
    days: int = Field(ge=-60, le=365)
    letter: str
    channel: Literal["mail", "platform", "sms", "letter", "call"] = "mail"
    again: bool = False
    tone: Literal["friendly", "neutral", "firm", "final"] = "friendly"


class Settings(BaseSettings):
    """Everything that can be set."""

    model_config = SettingsConfigDict(
        extra="forbid", env_prefix=PREFIX, env_nested_delimiter="__", nested_model_default_partial_update=True
    )

    data: Path = Path("duewell-data")
    database: str = ""
    secret_key_file: str = ""
    sandbox_control: Local = ""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["auto", "json", "text"] = "auto"
    web: Web = Web()
    mail: Mail = Mail()
    sms: Sms = Sms()
    letters: Letters = Letters()
    mailbox: Answers = Answers()
    http: Http = Http()
    manners: Manners = Manners()
    steps: list[StepSetting] = Field(default_factory=list)
    platforms: dict[str, App] = Field(default_factory=dict)

    @property
    def database_url(self) -> str:
        """The configured database, or the SQLite file in the data folder."""
        return self.database or f"sqlite:///{(self.data / 'duewell.sqlite3').absolute()}"

    @property
    def key_file(self) -> Path:
        """Where the key that seals tokens is kept: outside the database."""
        return Path(self.secret_key_file) if self.secret_key_file else self.data / "secret.key"

    def app(self, platform: str) -> App:
        """What was registered at `platform`; empty when nothing was."""
        return self.platforms.get(platform, App())


def load(file: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """The settings. A file that was named must exist; `duewell.toml` here is read when there. Raises BadSetting."""
    environ = os.environ if environ is None else environ
    where = file or Path(environ.get(f"{PREFIX}CONFIG", FILE))
    if not where.exists() and (file is not None or f"{PREFIX}CONFIG" in environ):
        raise BadSetting(f"there is no configuration file {where}; copy config.example.toml there or leave it out")
    if where.is_dir():
        raise BadSetting(f"the configuration file {where} is a folder; name a TOML file such as {where / FILE}")
    known = _with_files(environ)
    _expect_known(known)
    try:
        return _reader(where, known)()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise BadSetting(f"{where} cannot be read: {error}") from None
    except SettingsError as error:
        raise BadSetting(_not_json(error)) from None
    except ValidationError as error:
        raise BadSetting(_sentence(error, where)) from None


def _reader(where: Path, environ: Mapping[str, str]) -> type[Settings]:
    """Settings bound to one file and one environment; the environment wins."""

    class Bound(Settings):
        @classmethod
        def settings_customise_sources(  # noqa: PLR0917 - pydantic-settings' own signature
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,  # noqa: ARG003
            env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
            dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
            file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            environment = EnvSettingsSource(settings_cls)
            environment.env_vars = {name.lower(): text for name, text in environ.items()}
            return environment, TomlConfigSettingsSource(settings_cls, toml_file=where)

    return Bound


def _with_files(environ: Mapping[str, str]) -> dict[str, str]:
    """DUEWELL_MAIL__PASSWORD_FILE=/run/secrets/x stands for DUEWELL_MAIL__PASSWORD with what the file holds."""
    known = dict(environ)
    for name in environ:
        if name.startswith(PREFIX) and name.endswith("_FILE") and name != f"{PREFIX}SECRET_KEY_FILE":
            known[name.removesuffix("_FILE")] = _secret_from(name, known.pop(name))
    return known


def _expect_known(environ: Mapping[str, str]) -> None:
    """A variable that sets nothing is a slip of the pen, most often one underscore where two belong."""
    for name in environ:
        section = name.removeprefix(PREFIX).partition("__")[0]
        if name.startswith(PREFIX) and section not in NOT_SETTINGS and section.lower() not in Settings.model_fields:
            raise BadSetting(
                f"the environment variable {name} is no setting; write {PREFIX}SECTION__SETTING "
                "with two underscores between them; config.example.toml lists them all"
            )


def _not_json(error: SettingsError) -> str:
    """pydantic-settings names the field in quotes, and says little else."""
    field = re.search(r'"(\w+)"', str(error))
    name = f"{PREFIX}{field.group(1).upper()}" if field else f"a {PREFIX} variable"
    return f"the environment variable {name} must hold JSON, such as [] or {{}}; or set it in the TOML file"


def _secret_from(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise BadSetting(f"{name} names the file {path!r}, which cannot be read: {error.strerror}") from None


def _sentence(error: ValidationError, where: Path) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    name = ".".join(str(part) for part in first["loc"])
    what = str(first["msg"]).removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        what = "there is no such setting; config.example.toml lists them all"
    return f"the setting {name} (in {where} or the environment) is wrong: {what}"
