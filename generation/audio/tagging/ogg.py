"""The tags of an Ogg Opus file: its second packet, https://www.rfc-editor.org/rfc/rfc7845#section-5.2"""

from typing import BinaryIO

from generation.audio.tagging import vorbis
from generation.audio.tagging.ogg_page import Page, pages_of
from generation.audio.tagging.streams import NotThatFormat
from generation.audio.tagging.tags import Tags

_HEAD, _TAGS = b"OpusHead", b"OpusTags"


def retag_opus(source: BinaryIO, target: BinaryIO, tags: Tags) -> None:
    """Write `source` with these tags in place of those that it has: its packets of sound unchanged.

    The pages that follow are numbered anew where the tags take another number of pages than before.
    """
    head = _next(source)
    if not head.content.startswith(_HEAD):
        raise NotThatFormat("The file is no Ogg Opus.")
    old = _tags_packet(source)
    packet = _TAGS + vorbis.comments(tags, vorbis.vendor_of(old[len(_TAGS) :]), picture=True)
    target.write(head.written())
    number = head.number + 1
    for page in pages_of(packet, head.serial, number):
        target.write(page.written())
        number += 1
    while page_of_sound := Page.read(source):
        target.write(page_of_sound.numbered(number).written())
        number += 1


def _tags_packet(source: BinaryIO) -> bytes:
    """The packet of tags, which ends its last page."""
    page = _next(source)
    packet = page.content
    while not page.ends_packet:
        page = _next(source)
        packet += page.content
    if not packet.startswith(_TAGS):
        raise NotThatFormat("The file has no tags where Ogg Opus has them.")
    return packet


def _next(source: BinaryIO) -> Page:
    page = Page.read(source)
    if page is None:
        raise NotThatFormat("The file breaks off.")
    return page
