"""C++ names made of the model's names."""

import re

_KEYWORDS = set("""alignas alignof and asm auto bool break case catch char class const constexpr continue
co_await co_return co_yield decltype default delete do double else enum explicit export extern false float
for friend goto if inline int long mutable namespace new noexcept not nullptr operator or private protected
public register requires return short signed sizeof static struct switch template this throw true try
typedef typename union unsigned using virtual void volatile while xor""".split())


def snake(name):
    """ETag -> e_tag, SSEKMSKeyId -> ssekms_key_id, Delete -> delete_ (a keyword)."""
    out = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    out = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", out).replace("-", "_").lower()
    return out + "_" if out in _KEYWORDS else out


def pascal(name):
    return name[0].upper() + name[1:]


def constant(value):
    """An enumeration's value as a constant: KEYS_ONLY -> kKeysOnly, us-east-2 -> kUsEast2."""
    parts = [part for part in re.split(r"[^A-Za-z0-9]+", value) if part]
    return "k" + "".join(p.capitalize() if p.isupper() or p.islower() else pascal(p) for p in parts)


def literal(text):
    """A C++ string literal."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
