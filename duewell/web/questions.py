"""What is asked when a company is connected, and the answers that count."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from collector.policies.reminder_days import BadDays, days_in, stored
from duewell.views.pages import ConnectionView
from duewell.web.office import Business
from duewell.web.words import is_zone

YES_OR_NO = ("yes", "no", "unknown")
CHOICES = {"role": ("books", "till", "both"), "own_reminders": YES_OR_NO, "others_post": YES_OR_NO}
LONGEST = 500


class BadAnswer(Exception):
    """An answer is missing or not one of those offered."""


@dataclass(frozen=True, slots=True)
class Field:
    """Something typed in to connect without a consent page."""

    name: str
    label: str
    hint: str
    secret: bool
    required: bool


FIELDS: dict[str, tuple[Field, ...]] = {
    "oauth": (),
    "api_key": (
        Field(
            "api_key", "Restricted key", "It begins with rk_. It is stored sealed and never shown again.", True, True
        ),
        Field("account", "Account", "Only for a platform that acts for another account: acct_…", False, False),
    ),
    "client_credentials": (
        Field("client_id", "Client id", "Leave both empty to use those of the configuration file.", False, False),
        Field("client_secret", "Client secret", "It is stored sealed and never shown again.", True, False),
        Field("webhook_key", "Webhooks key", "From the app's webhooks page; empty means polling alone.", True, False),
    ),
}


def first_answers(business: Business, known: ConnectionView | None) -> dict[str, str]:
    """What the form shows at first: what was said before, or what is likely; unknown is never guessed."""
    if known is None:
        return {
            "role": "books",
            "own_reminders": "unknown",
            "others_post": "unknown",
            "reminder_days": "",
            "time_zone": business.time_zone,
            "connection": "",
        }
    return {
        "role": known.role,
        "own_reminders": known.own_reminders,
        "others_post": known.others_post,
        "reminder_days": known.reminder_days,
        "time_zone": known.time_zone or business.time_zone,
        "connection": known.id,
    }


def answers_from(form: Mapping[str, str], asked: Collection[str]) -> dict[str, str]:
    """The answers to what was asked. Raises BadAnswer with a sentence naming the first that will not do."""
    answers = {name: form.get(name, "") for name in sorted(asked)}
    for name, allowed in CHOICES.items():
        if name in answers and answers[name] not in allowed:
            raise BadAnswer(f"Please choose one of {', '.join(allowed)} for {name.replace('_', ' ')}.")
    if "time_zone" in answers and not is_zone(answers["time_zone"]):
        raise BadAnswer("Please choose the time zone of the company.")
    if "reminder_days" in answers:
        answers["reminder_days"] = _days(answers["reminder_days"])
    again = form.get("connection", "")
    return {**answers, "connection": again[:LONGEST]} if again else answers


def _days(text: str) -> str:
    try:
        return stored(days_in(text[:LONGEST]))
    except BadDays as error:
        said = str(error)
        raise BadAnswer(f"{said[:1].upper()}{said[1:]}.") from None


def fields_from(form: Mapping[str, str], way: str) -> dict[str, str]:
    """What was typed in. Raises BadAnswer for an missing or an endless text."""
    typed = {field.name: form.get(field.name, "").strip() for field in FIELDS[way]}
    for field in FIELDS[way]:
        if field.required and not typed[field.name]:
            raise BadAnswer(f"{field.label} is missing.")
        if len(typed[field.name]) > LONGEST:
            raise BadAnswer(f"{field.label} is too long.")
    return typed
