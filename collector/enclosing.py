"""What goes along with a mail: the invoices' PDFs, then the files that hang on them, as far as they fit and are safe.

Files are named and typed by whoever uploaded them, so neither is believed: the ending decides, and the first bytes have
to agree with it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TypeVar

import structlog

from collector.channels.composing import GROWS, file_name
from collector.channels.port import Attachment, LeftOut
from collector.judgement import Message
from collector.policy import Attach
from integrations.contract import Attached, Capability
from integrations.errors import Refused, TryLater, Unsupported
from integrations.registry import platform
from receivables.records import Invoice
from sync.source import Source

T = TypeVar("T")
log = structlog.get_logger(__name__)

PDFS_MAX = 10
FILES_MAX = 20
TOO_LARGE = "too large to go along"
TOO_MANY = f"more than {FILES_MAX} files"
NO_TYPE = "of a type that is not sent by mail"
FALSE_NAME = "not what its name says"
EMPTY = "empty"
UNREAD = "could not be read"
ZIPPED = (b"PK\x03\x04",)
# ending: media type, and how such a file begins (nothing: any way that is text)
TYPES: dict[str, tuple[str, tuple[bytes, ...]]] = {
    ".pdf": ("application/pdf", (b"%PDF",)),
    ".png": ("image/png", (b"\x89PNG",)),
    ".jpg": ("image/jpeg", (b"\xff\xd8\xff",)),
    ".jpeg": ("image/jpeg", (b"\xff\xd8\xff",)),
    ".gif": ("image/gif", (b"GIF8",)),
    ".tif": ("image/tiff", (b"II*\x00", b"MM\x00*")),
    ".tiff": ("image/tiff", (b"II*\x00", b"MM\x00*")),
    ".webp": ("image/webp", (b"RIFF",)),
    ".txt": ("text/plain", ()),
    ".csv": ("text/csv", ()),
    ".docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", ZIPPED),
    ".xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ZIPPED),
    ".odt": ("application/vnd.oasis.opendocument.text", ZIPPED),
    ".ods": ("application/vnd.oasis.opendocument.spreadsheet", ZIPPED),
}
"""What is sent: what can be looked at and runs nothing. No programs, archives, pages, or documents with macros."""


class FilesLater(TryLater):
    """A file that would go along cannot be read just now; the rest of the message is ready."""


@dataclass(slots=True)
class Enclosed:
    """What goes along so far, within `bytes_max` as a mail counts them, and what had to be left out and why."""

    bytes_max: int
    papers: list[Attachment] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    _used: float = 0.0

    def fits(self, size: int) -> bool:
        """Is there room for so many bytes more?"""
        return self._used + size * GROWS <= self.bytes_max

    def hold(self, one: Attachment) -> None:
        """It goes along."""
        self.papers.append(one)
        self._used += len(one.content) * GROWS

    def leave(self, name: str, why: str) -> None:
        """It does not."""
        self.left_out.append(LeftOut(name, why))


def enclosed(source: Source, message: Message, *, bytes_max: int, patient: bool) -> Enclosed:
    """Everything for a mail, as its leading step wants it.

    Raises TryLater when a PDF cannot be fetched now. Another file that cannot be read raises FilesLater where we are
    `patient`; else the message goes without it.
    """
    box = Enclosed(bytes_max)
    wanted = message.step.attach
    if wanted is Attach.NOTHING:
        return box
    invoices = [line.invoice for line in message.lines][:PDFS_MAX]
    _enclose_pdfs(source, invoices, box)
    if wanted is Attach.EVERYTHING:
        for number, (invoice, one) in enumerate(_listed(source, invoices, box, patient=patient), 1):
            _enclose(source, invoice, one, box=box, patient=patient, too_many=number > FILES_MAX)
    return box


def _enclose_pdfs(source: Source, invoices: Iterable[Invoice], box: Enclosed) -> None:
    """What does not fit stays in the parcel: the mail tells its reader where it can be had."""
    for paper in _pdfs(source, invoices):
        if box.fits(len(paper.content)):
            box.hold(paper)
        else:
            box.papers.append(paper)
            box.leave(paper.name, TOO_LARGE)


def _pdfs(source: Source, invoices: Iterable[Invoice]) -> Iterator[Attachment]:
    """A message is worth sending without them where the platform gives none out."""
    for invoice in invoices:
        where = source.of(invoice.ref.connection)
        if Capability.DOCUMENT not in platform(where.platform).capabilities:
            continue
        try:
            content = where.books.document(invoice.ref)
        except (Refused, Unsupported) as error:
            log.info("no invoice to attach", connection=where.connection, why=str(error))
            continue
        yield Attachment(f"{invoice.number or 'invoice'}.pdf", content)


def _listed(
    source: Source, invoices: Sequence[Invoice], box: Enclosed, *, patient: bool
) -> Iterator[tuple[Invoice, Attached]]:
    for invoice in invoices:
        where = source.of(invoice.ref.connection)
        if Capability.ATTACHMENTS not in platform(where.platform).capabilities:
            continue
        try:
            found = _read(lambda: where.books.attachments(invoice.ref), patient=patient)  # noqa: B023 - called at once
        except (Refused, Unsupported) as error:
            log.info("no files to attach", connection=where.connection, why=str(error))
            continue
        if found is None:
            box.leave(f"the files of {invoice.number or 'the invoice'}", UNREAD)
        yield from ((invoice, one) for one in found or ())


def _read(call: Callable[[], T], *, patient: bool) -> T | None:
    """None for what cannot be read now and is not waited for. Raises FilesLater or Refused."""
    try:
        return call()
    except TryLater as error:
        if patient:
            raise FilesLater(str(error), after=error.after) from None
        return None


def _enclose(source: Source, invoice: Invoice, one: Attached, *, box: Enclosed, patient: bool, too_many: bool) -> None:
    name = _free_name(file_name(one.name), invoice, [paper.name for paper in box.papers])
    ending = PurePath(name).suffix.lower()
    if ending not in TYPES:
        return box.leave(name, NO_TYPE)
    if too_many or not box.fits(one.size):
        return box.leave(name, TOO_MANY if too_many else TOO_LARGE)
    try:
        content = _read(lambda: source.of(invoice.ref.connection).books.attachment(invoice.ref, one), patient=patient)
    except Refused:
        content = None
    kind, begins = TYPES[ending]
    if why := _unfit(content, begins, box):
        return box.leave(name, why)
    assert content is not None, "what could not be read is unfit"
    return box.hold(Attachment(name, content, kind))


def _unfit(content: bytes | None, begins: tuple[bytes, ...], box: Enclosed) -> str:
    """Why it cannot go along as it is; empty when it can. The size that was told may have been wrong."""
    if content is None:
        return UNREAD
    if not content:
        return EMPTY
    if not (content.startswith(begins) if begins else b"\x00" not in content):
        return FALSE_NAME
    return "" if box.fits(len(content)) else TOO_LARGE


def _free_name(name: str, invoice: Invoice, taken: Sequence[str]) -> str:
    """Many a file is called pod.pdf: the second one bears its invoice's number, and a third one is counted."""
    if name not in taken:
        return name
    numbered = file_name(f"{invoice.number or 'invoice'} {name}")
    counted = (f"{count} {numbered}" for count in range(2, len(taken) + 3))
    return numbered if numbered not in taken else next(one for one in counted if one not in taken)
