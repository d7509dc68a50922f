#!/usr/bin/env python3
"""Compares dyad::Decimal with Python's decimal module on random and on edge pairs.

Usage: decimal_reference_test.py PATH_OF_decimal_vectors
DYAD_SEED in the environment replays a run.
"""
import decimal
import os
import random
import subprocess
import sys

PAIRS = 60_000
decimal.getcontext().prec = 1000
decimal.getcontext().Emax = decimal.MAX_EMAX
decimal.getcontext().Emin = decimal.MIN_EMIN

EDGES = [
    "0", "-0", "0.000", "0e500", "1", "-1", "+1", "1.0", "100", "1E2", "0.10", "00042", "1.5E2", ".5",
    "5.", "-.5e-3", "1E30", "1e-10", "1E125", "1E126", "-1E126", "1E-130", "1E-131", "-1E-130",
    "9.9999999999999999999999999999999999999E+125", "-9.9999999999999999999999999999999999999E+125",
    "99999999999999999999999999999999999999", "100000000000000000000000000000000000000",
    "123456789012345678901234567890123456789", "199999999999999999999999999999999999999",
    "12345678901234567890123456789012345678e-130", "0.1e-129", "10e124", "10e125",
    "340282366920938463463374607431768211455", "340282366920938463463374607431768211456",
    "1e999999999999", "0e125", "0e126", "0.0e126", "-0e-130", "0e-131", "0.0e-130", "1e-999999999999", "1.2E-130", "2e38", "1e38", "1e37",
    "18446744073709551615", "18446744073709551616",
]


def outcome(value, written=False):
    """The text DynamoDB stores for a value, or why it does not. Of a zero that was written the last digit's place
    counts, of one that was computed nothing."""
    if value == 0 and not written:
        return "0"
    digits = "".join(map(str, value.as_tuple().digits)).strip("0")
    if value.adjusted() > 125:
        return "overflow"
    if value.adjusted() < -130:
        return "underflow"
    if value == 0:
        return "0"
    if len(digits) > 38:
        return "precision"
    return format(value.normalize(), "f")


def is_number(text):
    return text[0] in "0123456789-+." or text == "0"


def random_number(rng):
    if rng.random() < 0.1:  # At the ends of the range, where sums leave it.
        exponent = rng.choice(["125", "-130"])
        return f"{rng.choice(['', '-'])}{rng.randrange(1, 10)}.{rng.randrange(100)}E{exponent}"
    digits = rng.choice([1, 2, 3, 5, 10, 19, 20, 37, 38, 38, 39, 45])
    body = "".join(rng.choice("0123456789" if rng.random() < 0.8 else "09") for _ in range(digits))
    if rng.random() < 0.3:
        body += "0" * rng.randrange(12)
    if rng.random() < 0.5:
        at = rng.randrange(len(body) + 1)
        body = body[:at] + "." + body[at:]
    sign = rng.choice(["", "", "-", "+"])
    exponent = ""
    if rng.random() < 0.6:
        span = rng.choice([3, 20, 45, 140, 260])
        exponent = rng.choice("eE") + str(rng.randrange(-span, span + 1))
    return sign + body + exponent


def neighbour(rng, text):
    """A number near another one, where sums cancel and carry."""
    value = decimal.Decimal(text)
    if value == 0:
        return "-0.1"
    step = decimal.Decimal(1).scaleb(value.adjusted() - rng.choice([0, 1, 36, 37, 38, 39]))
    return str(rng.choice([1, -1]) * value + rng.choice([-1, 0, 1]) * step)


def main():
    seed = int(os.environ.get("DYAD_SEED", random.SystemRandom().randrange(1 << 32)))
    print(f"seed {seed}")
    rng = random.Random(seed)
    pairs = [(a, b) for a in EDGES for b in EDGES]
    while len(pairs) < PAIRS:
        a = random_number(rng)
        b = neighbour(rng, a) if rng.random() < 0.4 else random_number(rng)
        pairs.append((a, b))
    run = subprocess.run([sys.argv[1]], input="".join(f"{a} {b}\n" for a, b in pairs), text=True,
                         capture_output=True, check=True)
    lines = run.stdout.splitlines()
    assert len(lines) == len(pairs), f"{len(lines)} answers to {len(pairs)} pairs"

    failures = 0
    keys = {}
    counts = {"stored": 0, "overflow": 0, "underflow": 0, "precision": 0}
    for (a, b), line in zip(pairs, lines):
        big = [decimal.Decimal(a), decimal.Decimal(b)]
        got = line.split(" ")
        want = [outcome(big[0], written=True), outcome(big[1], written=True)]
        stored = [is_number(text) for text in want]
        key = [bytes.fromhex(k) if k != "-" else None for k in got[2:4]]
        want_rest = ["-", "-", "-"]
        if all(stored):
            want_rest = ["<" if big[0] < big[1] else ">" if big[0] > big[1] else "=",
                         outcome(big[0] + big[1]), outcome(big[0] - big[1])]
            byte_order = "<" if key[0] < key[1] else ">" if key[0] > key[1] else "="
            if byte_order != want_rest[0] or (key[0] != key[1] and key[1].startswith(key[0])):
                failures += 1
                print(f"keys of {a} and {b} are in the wrong order: {got[2]} {got[3]}")
            for text in want_rest[1:]:
                counts[text if not is_number(text) else "stored"] += 1
        if got[:2] != want or got[4:] != want_rest or stored != [k is not None for k in key]:
            failures += 1
            print(f"{a} {b}: got {got}, want {want + want_rest}")
        for value, encoded in zip(big, key):
            if encoded is not None:
                keys[encoded] = value
        if failures > 10:
            break

    # All encodings at once: sorted by bytes is sorted by value.
    in_byte_order = [keys[k] for k in sorted(keys)]
    if in_byte_order != sorted(in_byte_order):
        failures += 1
        print("the encodings do not sort as their numbers")
    # The run must have reached each outcome, or it has tested nothing.
    if any(count < 100 for count in counts.values()):
        failures += 1
        print(f"an outcome is hardly tested: {counts}")
    print(f"{len(pairs)} pairs, {len(keys)} numbers, sums {counts}, {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
