"""Words that say whose account it is, replaced by others of the same make: ids, account numbers, names, addresses.

A name is replaced word by word and letter by letter, a letter's substitute hanging on the letters before it in its
word. So equal names stay equal, and ``acme-logs*`` still matches what ``acme-logs-prod`` has become: policies compare
names that way. Two comparisons are lost: what a wildcard stands in front of (``*logs`` for ``flowlogs``), and a cut
through a word of which only one side is kept or an id (``log*`` for ``logs``, ``20*`` for ``20260304``).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Final

from checker.model.record import dataclass, field

_ALONE: Final = r"(?<![0-9A-Za-z])"
_END: Final = r"(?![0-9A-Za-z])"
_IDS: Final = "|".join(
    (
        rf"{_ALONE}(?P<uuid>[0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}){_END}",
        rf"{_ALONE}(?P<principal>A(?:GPA|IDA|IPA|KIA|NPA|NVA|ROA|SCA|SIA)[A-Z0-9]{{12,}}){_END}",
        rf"{_ALONE}(?P<organisation>(?:o|ou-[0-9a-z]{{4,32}})-[0-9a-z]{{8,32}}){_END}",
        rf"{_ALONE}(?P<account>[0-9]{{12}}){_END}",
        rf"{_ALONE}(?P<digest>[0-9a-f]{{64}}|[0-9a-f]{{40}}|[0-9a-f]{{32}}){_END}",
    )
)
_ID: Final = re.compile(
    rf"{_IDS}|(?<=[0-9a-z]-)(?P<hex>[0-9a-f]{{17}}|[0-9a-f]{{8}}){_END}|(?P<email>[\w.+-]+@[\w-]+\.[\w.-]*\w)"
)
_PREFIXES: Final = (
    "acl|aclassoc|ami|cgw|dopt|eigw|eipalloc|eipassoc|eni|eni-attach|fl|i|igw|key|lgw|mrk|nat|pcx|pl|rtb|rtbassoc|sg|"
    "sgr|subnet|subnet-cidr-assoc|tgw|tgw-attach|tgw-rtb|vgw|vol|vpc|vpc-cidr-assoc|vpce|vpn"
)
_PART: Final = re.compile(
    rf"[$!]\{{[^}}]*\}}|{_IDS}|{_ALONE}(?P<id>(?:{_PREFIXES})-(?:[0-9a-f]{{17}}|[0-9a-f]{{8}})){_END}|(?P<word>[^\W_]+)"
)
"""What a name consists of; variables of policies and of Firehose are none of it."""

_KEPT: Final = frozenset(
    """
    AWS AWSLogs AWSServiceRoleForLogDelivery AWSServiceRoleForVPCFlowLogs AWSLogDeliveryFirehoseCrossAccountRole
    alarm alias amazon aws catalog database default deliverystream function group instance key log policy primary role
    root rule service stream table topic user vpcflowlogs workgroup
    af ap ca central cn east eu gov il me mx north northeast northwest sa south southeast southwest us west
    """.split()  # noqa: SIM905 - a table is easier to read
)
"""Words of AWS itself: types of resources, parts of regions, what AWS names things."""

_YEAR: Final = 4
"""Numbers of so many digits are kept: they name nobody, and may be a date."""

_CLASSES: Final = (ascii_lowercase, ascii_uppercase, digits)
_MOST: Final = 200_000
"""Most texts that are remembered."""


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one snapshot: the same one always becomes the same."""

    key: bytes = field(repr=False)
    _seen: dict[str, str] = field(default_factory=dict, repr=False, compare=False)
    _orders: dict[str, str] = field(default_factory=dict, repr=False, compare=False)

    def ids(self, text: str) -> str:
        """Return a text with account numbers, ids and mail addresses replaced, wherever they stand in it."""
        known = self._seen.get(text)
        if known is None:
            if len(self._seen) >= _MOST:
                self._seen.clear()
            known = self._seen[text] = _ID.sub(self._id, text)
        return known

    def name(self, name: str) -> str:
        """Return a name with every word replaced; signs, wildcards and variables stay."""
        return _PART.sub(self._part, name)

    def hidden(self, text: str) -> str:
        """Return what stands for a text of which nothing is kept but that it is the same one elsewhere."""
        return f"masked-{self._digest(text)[:12]}" if text else text

    def address(self, text: str) -> str:
        """Return an address of the range for benchmarks (RFC 2544) for a public one."""
        if not text:
            return text
        number = int(self._digest(text)[:8], 16)
        return f"198.{18 + (number >> 16) % 2}.{(number >> 8) % 256}.{number % 256}"

    def _id(self, found: re.Match[str]) -> str:
        kind, text = str(found.lastgroup), found[0]
        if kind == "account":
            return f"{int(self._digest(text)[:16], 16) % 10**12:012}"
        if kind == "email":
            return f"{self.hidden(text)}@example.com"
        if kind == "principal":
            return text[:4] + self._digest(text).upper()[: len(text) - 4]
        if kind == "organisation":
            return f"{text.partition('-')[0]}-" + "-".join(
                self._digest(part)[: len(part)] for part in text.split("-")[1:]
            )
        if kind == "uuid":
            digest = self._digest(text)
            return "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:32]))
        return self._digest(text)[: len(text)]

    def _part(self, found: re.Match[str]) -> str:
        kind = found.lastgroup
        if kind is None:
            return found[0]
        if kind == "word":
            return self._word(found[0])
        if kind == "id":
            start, _, rest = found[0].rpartition("-")
            return f"{start}-{self._digest(rest)[: len(rest)]}"
        return self._id(found)

    def _word(self, word: str) -> str:
        if word in _KEPT or (word.isdigit() and len(word) <= _YEAR):
            return word
        masked = self._letters(word)
        while masked in _KEPT:  # else two names could become one
            masked = self._letters(masked)
        return masked

    def _letters(self, word: str) -> str:
        return "".join(self._letter(word[:at], letter) for at, letter in enumerate(word))

    def _letter(self, before: str, letter: str) -> str:
        for letters in _CLASSES:
            if letter in letters:
                return self._order(before, letters)[letters.index(letter)]
        return self._digest(f"{before}\0{letter}")[:4]

    def _order(self, before: str, letters: str) -> str:
        """Return the letters in the order that follows from what stands before."""
        place = f"{letters[0]}{before}"
        known = self._orders.get(place)
        if known is None:
            drawn = hmac.new(self.key, place.encode(errors="replace"), hashlib.sha512).digest()
            shuffled = list(letters)
            for at in range(len(shuffled) - 1, 0, -1):
                other = drawn[at] % (at + 1)
                shuffled[at], shuffled[other] = shuffled[other], shuffled[at]
            known = self._orders[place] = "".join(shuffled)
        return known

    def _digest(self, text: str) -> str:
        return hmac.new(self.key, text.encode(errors="replace"), hashlib.sha256).hexdigest()
