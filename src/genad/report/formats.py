"""How values read on a page: numbers, shares, times and cells as short texts."""

import math

from genad.detection import Cell

MISSING = "missing"
_LARGE = 1e12
_TINY = 1e-4


def number(value: float, digits: int = 4) -> str:
    """Return a number with so many significant digits, but whole numbers whole.

    Examples
    --------
    >>> number(1234567.0), number(0.0123456), number(31.04721), number(2.5e-9)
    ('1234567', '0.01235', '31.05', '2.5e-09')
    """
    if not math.isfinite(value):
        return MISSING if math.isnan(value) else f"{value:+}"
    if value == int(value) and abs(value) < _LARGE:
        return str(int(value))
    if not _TINY <= abs(value) < _LARGE:
        return f"{value:.{digits}g}"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    text = f"{value:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def tick(value: float) -> str:
    """Return a round number for an axis, as short as it can be.

    Examples
    --------
    >>> tick(-0.25), tick(20000.0), tick(5e7), tick(0.0)
    ('-0.25', '20,000', '5e7', '0')
    """
    if value != 0 and not _TINY <= abs(value) < 1e6:
        mantissa, exponent = f"{value:e}".split("e")
        return f"{float(mantissa):.3g}e{int(exponent)}"
    return f"{value:,.10g}"


def percent(share: float) -> str:
    """Return a share as a percentage of two significant digits, or of none above 10 %.

    Examples
    --------
    >>> percent(0.0138).split(), percent(0.4162).split(), percent(1e-5).split()
    (['1.4', '%'], ['42', '%'], ['0.001', '%'])
    """
    value = 100 * share
    return f"{value:.0f}\u00a0%" if value >= 10 else f"{number(value, 2)}\u00a0%"


def probability(value: float) -> str:
    """Return a probability of four decimals that is never rounded up to certainty.

    Examples
    --------
    >>> probability(0.98765), probability(0.999999), probability(1.0)
    ('0.9877', '> 0.9999', '> 0.9999')
    """
    return "> 0.9999" if value > 0.9999 else f"{value:.4f}"


def count(number_of: int, noun: str, plural: str = "") -> str:
    """Return how many there are, with the noun.

    Examples
    --------
    >>> count(1, "row"), count(494021, "row"), count(2, "category", "categories")
    ('1 row', '494,021 rows', '2 categories')
    """
    return f"{number_of:,} {noun if number_of == 1 else plural or noun + 's'}"


def duration(seconds: float) -> str:
    """Return a time span in the units one would say it in.

    Examples
    --------
    >>> duration(0.0042), duration(12.34), duration(200), duration(7325)
    ('0.0042 s', '12 s', '3 min 20 s', '2 h 2 min')
    """
    whole = round(seconds)
    if whole >= 3600:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    if whole >= 60:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole} s" if seconds >= 10 else f"{number(seconds, 2)} s"


def cell(value: Cell, digits: int = 6, length: int = 40) -> str:
    """Return a value of a table as text; a missing one says so.

    Examples
    --------
    >>> cell(None), cell(float("nan")), cell(True), cell(0.1234567), cell("")
    ('missing', 'missing', 'true', '0.123457', '(empty)')
    """
    if value is None:
        return MISSING
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return clip(value, length) or "(empty)"
    return number(value, digits)


def clip(text: str, length: int = 48) -> str:
    """Return a text of at most `length` characters, its middle left out if need be.

    Examples
    --------
    >>> clip("duration"), clip("a very long name of a column", 11)
    ('duration', 'a ver…olumn')
    """
    if len(text) <= length:
        return text
    half = (length - 1) // 2
    return f"{text[: length - 1 - half]}…{text[-half:]}"
