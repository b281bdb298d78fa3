"""A visitor who walks web pages as a person would: opens them, fills in forms, follows where they lead."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import requests

YES = re.compile("connect|allow|consent|approve|yes", re.IGNORECASE)
KEY = re.compile(r"rk_(?:test|live)_\w{10,}")
REDIRECTS = (301, 302, 303, 307, 308)
HOPS_MAX = 10


class Lost(Exception):
    """The page a visitor looked for was not there, or had not the form or button that was expected."""


@dataclass
class Form:
    """A form as it stands on the page: where it leads and what is filled in already."""

    action: str
    method: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    ticks: dict[str, list[str]] = field(default_factory=dict)


class _Forms(HTMLParser):
    """Collects the forms of a page with their fields, ticks and buttons."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what belongs to a form."""
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(told.get("action", ""), told.get("method", "get").lower()))
        elif self.forms and tag in ("input", "button", "textarea"):
            self._note(told, default="submit" if tag == "button" else "text")
        elif tag == "select":
            self._select = told.get("name", "")
        elif tag == "option" and self.forms and self._select:
            chosen = self.forms[-1].fields.setdefault(self._select, [])
            if "selected" in told or not chosen:
                self.forms[-1].fields[self._select] = [told.get("value", "")]

    def _note(self, told: dict[str, str], *, default: str) -> None:
        form, name, kind = self.forms[-1], told.get("name", ""), told.get("type", default)
        if kind == "submit":
            form.buttons.append((name, told.get("value", "")))
        elif kind == "checkbox" and name:
            form.ticks.setdefault(name, []).append(told.get("value", "on"))
        if name and kind != "submit" and (kind not in ("checkbox", "radio") or "checked" in told):
            form.fields.setdefault(name, []).append(told.get("value", ""))


class _Links(HTMLParser):
    """Collects where a page's links lead."""

    def __init__(self) -> None:
        super().__init__()
        self.hrefs: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note every link."""
        if tag == "a":
            self.hrefs.extend(value for name, value in attrs if name == "href" and value)


class Visitor:
    """One person's browser session. It knows where it is (`url`) and what is on the page (`text`).

    Led to an address that begins with `until`, it stops there and does not open it: a terminal has no pages.
    """

    def __init__(self, *, until: str = "") -> None:
        self._until = until
        self._session = requests.Session()
        self._session.trust_env = False
        self.url = ""
        self.text = ""
        self.trail: list[str] = []

    def open(self, url: str) -> str:
        """Go there; returns the page. Raises Lost for an error page."""
        return self._go("get", urljoin(self.url, url), {})

    def form(self, leading_to: str = "") -> Form:
        """The first form whose action holds `leading_to`. Raises Lost."""
        reader = _Forms()
        reader.feed(self.text)
        for form in reader.forms:
            if leading_to in form.action:
                return form
        raise Lost(f"{self.url} has no form that leads to {leading_to!r}")

    def press(self, value: str, holding: str = "", **filled: str | list[str]) -> str:
        """Press the first button of that value, in a form where something begins with `holding`. Raises Lost."""
        reader = _Forms()
        reader.feed(self.text)
        for form in reader.forms:
            there = [text for texts in form.fields.values() for text in texts]
            held = not holding or any(text.startswith(holding) for text in there)
            if held and any(value == told for _, told in form.buttons):
                return self.submit(form, press=value, **filled)
        raise Lost(f"{self.url.partition('/p/')[0]} has no button {value!r}")

    def form_with(self, field: str) -> Form:
        """The first form that asks for this. Raises Lost."""
        reader = _Forms()
        reader.feed(self.text)
        for form in reader.forms:
            if field in form.fields:
                return form
        raise Lost(f"the page asks for no {field}")

    def leave(self) -> str:
        """Follow the page's first link to another site. Raises Lost."""
        links = _Links()
        links.feed(self.text)
        home = urlsplit(self.url).netloc
        away = next((one for one in links.hrefs if urlsplit(one).netloc not in ("", home)), None)
        if away is None:
            raise Lost("the page leads nowhere else")
        return self.open(away)

    def submit(self, form: Form, press: str = "", **filled: str | list[str]) -> str:
        """Fill in and send the form, by the button whose value or name is `press` if there are several."""
        values = dict(form.fields)
        values.update({name: [value] if isinstance(value, str) else value for name, value in filled.items()})
        for name, value in form.buttons:
            if name and press in (name, value, ""):
                values[name] = [value]
                break
        return self._go(form.method, urljoin(self.url, form.action), values)

    def consent(self) -> str:
        """On a platform's page: tick everything and press the button that says yes."""
        form = self.form()
        yes = next((value or name for name, value in form.buttons if YES.search(value or name)), "")
        return self.submit(form, press=yes, **form.ticks)

    def find_key(self) -> str:
        """Follow our page's link to where restricted keys are made, make one, and copy it. Raises Lost."""
        links = _Links()
        links.feed(self.text)
        link = next((one for one in links.hrefs if "apikeys/create" in one), None)
        if link is None:
            raise Lost(f"{self.url} has no link to make a key")
        self.open(link)
        if not KEY.search(self.text):
            self.submit(self.form())
        found = KEY.search(self.text)
        if found is None:
            raise Lost("no key was shown")
        return found.group()

    def _go(self, method: str, url: str, values: dict[str, list[str]]) -> str:
        for _ in range(HOPS_MAX):
            body = {"params": values} if method == "get" else {"data": values}
            answer = self._session.request(method, url, timeout=60, allow_redirects=False, **body)  # type: ignore[arg-type]
            self.trail.append(url)
            if answer.status_code not in REDIRECTS:
                break
            method, url, values = "get", urljoin(url, answer.headers["Location"]), {}
            if self._until and url.startswith(self._until):
                self.url, self.text = url, ""
                return ""
        self.url, self.text = answer.url, answer.text
        if answer.status_code >= 400:
            raise Lost(f"{url.partition('?')[0]} answered {answer.status_code}")
        return self.text
