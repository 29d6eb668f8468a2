"""Classical indices of questions and forms: plain numbers in, plain numbers out.

Points run from 0 to 1 an item. An index that the data cannot give (nobody differs) is None.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import atanh, exp, log, sqrt, tanh
from statistics import NormalDist, fmean, stdev, variance

FEWEST = 20
"""No index is printed for fewer people: it would say more about them than about the question."""
Z = NormalDist().inv_cdf(0.975)
EXTREME = 0.27
"""The share of people in the upper and in the lower group (Kelley 1939)."""

Matrix = Sequence[Sequence[float]]
"""The points of each person (a row) on each item (a column)."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Where a value lies in 95 of 100 such samples."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Gain:
    """Before and after, for those who did both; means as shares of the maximum.

    `normalized` is (after - before) / (1 - before), of the means (Hake 1998). `d` is the mean
    difference over the root of the mean of both variances (Cohen's d for paired scores, called
    d_av by Cumming 2012).
    """

    pairs: int
    before: float
    after: float
    difference: Interval | None
    normalized: float | None
    d: float | None


def correlation(xs: Sequence[float], ys: Sequence[float]) -> float | None:
    """Pearson's correlation; None when one of them does not vary."""
    mean_x, mean_y = fmean(xs), fmean(ys)
    over_x = sum((x - mean_x) ** 2 for x in xs)
    over_y = sum((y - mean_y) ** 2 for y in ys)
    # Sums of squares of equal numbers come out as 1e-33, not as nothing.
    if over_x < 1e-12 or over_y < 1e-12:
        return None
    over_both: float = sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True))
    return float(max(-1.0, min(1.0, over_both / sqrt(over_x * over_y))))


def correlation_interval(r: float, n: int) -> Interval:
    """The interval of a correlation of `n` pairs, by Fisher's z transformation (1921)."""
    if abs(r) >= 1:
        return Interval(r, r)
    reach = Z / sqrt(n - 3)
    return Interval(tanh(atanh(r) - reach), tanh(atanh(r) + reach))


def item_rest(points: Matrix, item: int) -> float | None:
    """The correlation of an item with the total of the others (corrected item-total)."""
    own = [row[item] for row in points]
    rest = [sum(row) - row[item] for row in points]
    return correlation(own, rest)


def alpha(points: Matrix) -> float | None:
    """Cronbach's alpha (1951): k/(k-1) · (1 - sum of item variances / variance of totals)."""
    k = len(points[0])
    totals: float = variance([sum(row) for row in points])
    if k < 2 or totals < 1e-12:
        return None
    parts: float = sum(variance(column) for column in zip(*points, strict=True))
    return k / (k - 1) * (1 - parts / totals)


def alpha_interval(value: float, *, people: int, items: int) -> Interval:
    """The interval of alpha, from ln(1 - alpha), which is nearly normal (Bonett & Wright 2015)."""
    if value >= 1:
        return Interval(1.0, 1.0)
    center = log(1 - value) - log(people / (people - 1))
    reach = Z * sqrt(2 * items / ((items - 1) * (people - 2)))
    return Interval(1 - exp(center + reach), 1 - exp(center - reach))


def mean_difference(xs: Sequence[float], ys: Sequence[float]) -> Interval:
    """The interval of mean(xs) - mean(ys) for two groups of at least `FEWEST` (Welch's error)."""
    error = sqrt(variance(xs) / len(xs) + variance(ys) / len(ys))
    difference = fmean(xs) - fmean(ys)
    return Interval(difference - Z * error, difference + Z * error)


def gain(before: Sequence[float], after: Sequence[float]) -> Gain:
    """What changed for people who did both; indices only for `FEWEST` pairs and more."""
    low, high = fmean(before), fmean(after)
    if len(before) < FEWEST:
        return Gain(len(before), low, high, None, None, None)
    changes = [b - a for a, b in zip(before, after, strict=True)]
    reach = Z * stdev(changes) / sqrt(len(changes))
    spread = sqrt((variance(before) + variance(after)) / 2)
    return Gain(
        pairs=len(before),
        before=low,
        after=high,
        difference=Interval(high - low - reach, high - low + reach),
        normalized=(high - low) / (1 - low) if low < 1 else None,
        d=(high - low) / spread if spread > 1e-9 else None,
    )


def extremes(totals: Sequence[float]) -> tuple[list[int], list[int]]:
    """Who is in the upper and who in the lower group, as positions; ties by position."""
    size = max(1, round(EXTREME * len(totals)))
    ranked = sorted(range(len(totals)), key=lambda at: (-totals[at], at))
    return ranked[:size], ranked[-size:]
