"""Settings from file and environment: what wins, and one clear sentence for whatever is wrong."""

from decimal import Decimal
from pathlib import Path

import pytest

from duewell.config import BadSetting, load
from duewell.ruling import policy_of
from duewell.wiring import build


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder of its own, where duewell.toml may be written."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(text: str) -> Path:
    file = Path("some.toml")
    file.write_text(text, encoding="utf-8")
    return file


def refusal(text: str = "", environ: dict[str, str] | None = None) -> str:
    with pytest.raises(BadSetting) as caught:
        load(written(text), environ or {})
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert "pydantic" not in sentence.lower()
    return sentence


def test_without_a_file_everything_has_its_default() -> None:
    settings = load(environ={})

    assert settings.database_url == f"sqlite:///{Path('duewell-data/duewell.sqlite3').absolute()}"
    assert settings.key_file == Path("duewell-data/secret.key")
    assert settings.manners.minimum == Decimal(5)


def test_the_environment_wins_over_the_file_and_leaves_the_rest_of_a_table_alone() -> None:
    file = written('[mail]\nhost = "one.example"\nuser = "robin"\n[platforms.xero]\nclient_id = "a"\n')
    environ = {"DUEWELL_MAIL__HOST": "two.example", "DUEWELL_PLATFORMS__XERO__CLIENT_SECRET": "b"}

    settings = load(file, environ)

    assert (settings.mail.host, settings.mail.user) == ("two.example", "robin")
    assert settings.app("xero").client_id == "a"
    assert settings.app("xero").client_secret.get_secret_value() == "b"


def test_the_file_may_be_named_by_the_environment_or_lie_here(here: Path) -> None:
    named = written('log_level = "debug"\n')
    (here / "duewell.toml").write_text('log_level = "error"\n', encoding="utf-8")

    assert load(environ={"DUEWELL_CONFIG": str(named)}).log_level == "debug"
    assert load(environ={}).log_level == "error"
    assert load(named, {}).log_level == "debug"


def test_a_secret_may_lie_in_a_file_and_never_shows(here: Path) -> None:
    (here / "password").write_text("open sesame\n", encoding="utf-8")
    (here / "hooks").write_text('["one", "two"]', encoding="utf-8")
    environ = {
        "DUEWELL_MAIL__PASSWORD_FILE": "password",
        "DUEWELL_PLATFORMS__XERO__WEBHOOK_SECRETS_FILE": "hooks",
        "DUEWELL_SECRET_KEY_FILE": "elsewhere.key",
    }

    settings = load(environ=environ)

    assert settings.mail.password.get_secret_value() == "open sesame"
    assert [one.get_secret_value() for one in settings.app("xero").webhook_secrets] == ["one", "two"]
    assert settings.key_file == Path("elsewhere.key")
    assert "open sesame" not in repr(settings)


WRONG_IN_THE_FILE = [
    ('log_level = "loud"', "log_level", "'debug'"),
    ('log_format = "xml"', "log_format", "'json'"),
    ('colour = "red"', "colour", "no such setting"),
    ("[web]\nport = 80", "web.port", "no such setting"),
    ('[web]\nbase_url = "duewell.example.com"', "web.base_url", "https://duewell.example.com"),
    ('[web]\nbase_url = "http://duewell.example.com"', "web.base_url", "https://"),
    ("[web]\nthreads = 0", "web.threads", "greater than or equal to 1"),
    ('[web]\nthreads = "many"', "web.threads", "integer"),
    ("[mail]\nport = 65536", "mail.port", "less than or equal to 65535"),
    ('[mail]\nsecurity = "ssl"', "mail.security", "'starttls'"),
    ('[mail]\nsender_address = "accounts"', "mail.sender_address", "accounts@example.com"),
    ('[mail]\nsender_address = "a@b.example\\nBcc: c@d.example"', "mail.sender_address", "one plain e-mail address"),
    ('[mail]\nreply_to = "a@b.example, c@d.example"', "mail.reply_to", "one plain e-mail address"),
    ("[http]\nread_timeout = 0", "http.read_timeout", "greater than 0"),
    ("[http]\npatience = -1", "http.patience", "greater than or equal to 0"),
    ("[manners]\ngap_days = -1", "manners.gap_days", "greater than or equal to 0"),
    ('[manners]\nminimum = "a lot"', "manners.minimum", "decimal"),
    ('[manners]\nopens_at = "9"', "manners.opens_at", "09:00"),
    ('[manners]\ncloses_at = "24:00"', "manners.closes_at", "23:59"),
    ('[[steps]]\nname = "A B"\ndays = 1\nletter = "just_due"', "steps.0.name", "first-reminder"),
    ('[[steps]]\nname = "a"\ndays = 999\nletter = "just_due"', "steps.0.days", "less than or equal to 365"),
    ('[[steps]]\nname = "a"\ndays = 1', "steps.0.letter", "required"),
    ('[[steps]]\nname = "a"\ndays = 1\nletter = "x"\nchannel = "fax"', "steps.0.channel", "'mail'"),
    ('[platforms.xero]\nclient = "a"', "platforms.xero.client", "no such setting"),
    ('[platforms.xero]\nwebhook_secrets = "a"', "platforms.xero.webhook_secrets", "list"),
]


@pytest.mark.parametrize(("text", "name", "remedy"), WRONG_IN_THE_FILE)
def test_a_bad_value_is_named_with_where_it_stands_and_what_would_be_right(text: str, name: str, remedy: str) -> None:
    sentence = refusal(text)

    assert f"the setting {name} " in sentence
    assert "some.toml" in sentence
    assert remedy in sentence


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("DUEWELL_WEB__THREADS", "none", "web.threads"),
        ("DUEWELL_STEPS", "none", "DUEWELL_STEPS must hold JSON"),
        ("DUEWELL_WEB", "none", "DUEWELL_WEB must hold JSON"),
        ("DUEWELL_WEB_BASE_URL", "https://a.example", "DUEWELL_WEB_BASE_URL is no setting"),
        ("DUEWELL_NOTHING", "1", "two underscores"),
        ("DUEWELL_MAIL__PASSWORD_FILE", "not-there", "DUEWELL_MAIL__PASSWORD_FILE names the file 'not-there'"),
        ("DUEWELL_NOTHING_FILE", "some.toml", "DUEWELL_NOTHING is no setting"),
    ],
)
def test_a_bad_variable_is_named(name: str, value: str, remedy: str) -> None:
    assert remedy in refusal(environ={name: value})


def test_a_wrong_secret_is_not_repeated() -> None:
    assert "hush" not in refusal("[platforms.xero]\nclient_secret = ['hush']")
    assert "hush" not in refusal(environ={"DUEWELL_PLATFORMS__XERO__WEBHOOK_SECRETS": '{"a": "hush"}'})


FOREIGN = ["http://platform.example", "https://127.0.0.1.example", "ftp://127.0.0.1", "127.0.0.1:80", "http://10.0.0.1"]


@pytest.mark.parametrize("url", FOREIGN)
def test_a_platform_is_only_ever_moved_to_this_machine(url: str) -> None:
    assert "this machine" in refusal(f'[platforms.xero.addresses]\napi = "{url}"')
    assert "this machine" in refusal(f'sandbox_control = "{url}"')


@pytest.mark.parametrize("url", ["http://127.0.0.1:8701", "http://localhost:8701", "http://[::1]:8701"])
def test_every_name_of_this_machine_will_do(url: str) -> None:
    assert load(written(f'[platforms.xero.addresses]\napi = "{url}"'), {}).app("xero").addresses == {"api": url}


@pytest.mark.parametrize(
    ("text", "why"),
    [("a = = b", "line 1"), ('web = {a = "\x01"}', "line 1"), ("[web]\n[web]\n", "line 2")],
)
def test_a_file_that_is_no_toml_is_named_with_the_line(text: str, why: str) -> None:
    sentence = refusal(text)

    assert sentence.startswith("some.toml cannot be read")
    assert why in sentence


def test_a_file_in_another_encoding_is_named(here: Path) -> None:
    (here / "some.toml").write_bytes('[mail]\nsender_name = "Müller"\n'.encode("latin-1"))

    with pytest.raises(BadSetting, match=r"some\.toml cannot be read"):
        load(here / "some.toml", {})


def test_a_named_file_that_is_missing_or_a_folder_is_not_passed_over(here: Path) -> None:
    for environ, file in (({}, here / "not.toml"), ({"DUEWELL_CONFIG": "not.toml"}, None)):
        with pytest.raises(BadSetting, match=r"there is no configuration file .*not\.toml"):
            load(file, environ)
    with pytest.raises(BadSetting, match="is a folder"):
        load(here, {})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('[manners]\nopens_at = "18:00"', "open before it closes"),
        ('[[steps]]\nname = "a"\ndays = 1\nletter = "poem"', "letter that is not there: poem"),
        ('[[steps]]\nname = "a"\ndays = 1\nletter = "just_due"\n' * 2, "a name of its own"),
    ],
)
def test_settings_that_make_no_policy_together_are_refused(text: str, why: str) -> None:
    with pytest.raises(BadSetting, match=why):
        policy_of(load(written(text), {}))


def test_an_empty_key_file_is_never_taken_for_a_new_installation(here: Path) -> None:
    (here / "secret.key").write_text("\n", encoding="utf-8")

    with pytest.raises(BadSetting, match=r"secret\.key holds no key; put a backup"):
        build(load(environ={"DUEWELL_SECRET_KEY_FILE": "secret.key"}))
    assert (here / "secret.key").read_text(encoding="utf-8") == "\n"
