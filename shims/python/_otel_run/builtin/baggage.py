"""W3C baggage, from its header and back (https://www.w3.org/TR/baggage/)."""

_LONGEST = 8192
_MOST = 180


def items(text):
    """The members of a header, without their properties."""
    found = {}
    if not text:
        return found
    from urllib.parse import unquote

    for member in text.split(",")[:_MOST]:
        name, separator, value = member.split(";", 1)[0].partition("=")
        if separator and name.strip():
            found[unquote(name).strip()] = unquote(value).strip()
    return found


def text(members):
    """The header; members that do not fit into it any more are left out."""
    from urllib.parse import quote

    found, length = [], 0
    for name, value in list(members.items())[:_MOST]:
        member = "%s=%s" % (quote(str(name)), quote(str(value)))
        length += len(member) + 1
        if length > _LONGEST:
            break
        found.append(member)
    return ",".join(found)
