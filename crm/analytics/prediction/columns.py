"""What is learned of one column of a table: its kind, its scale, its gaps, its words."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.errors import InvalidInput

MISSING, OTHERS = "(missing)", "(others)"  # a gap, and the rare words together
SCALES = ("plain", "root", "log", "capped")
MOST_LEVELS = 50  # words of a column that count on their own; what is rarer says little about each
RARE_ROWS = 10  # a word of fewer groups is put with the other rare ones: its share of yeses would be mostly chance
CAPPED_AT = 10.0  # ten usual gaps of silence say as much as fifty
SKEWED_FROM = 1.0  # from here on the few great numbers lead a sum; a normal sample of 100 reaches .7 once in a thousand
TELLING_Z = 3.0  # a gap is news where its share of yeses is three standard errors off
LARGEST = 1e30  # beyond: an overflow rather than a number, and too much for the trees, which count in float32

_KINDS = {"boolean": "bool", "integer": "number", "floating": "number", "mixed-integer-float": "number", "decimal": "number",
          "date": "date", "datetime": "date", "datetime64": "date"}


@dataclass(frozen=True, eq=False)
class Column:
    """kind: "number", "bool", "date" (read as days before `latest`, days since 1970) or "text".

    Numbers: scale (one of SCALES), centre and deviation of the rows learned from on that scale (infinite: always the same).
    Text: levels, the words that count on their own, sorted; has_others: rare words were put together; shares: of the rows, of
    each level and the others. gap_tells: that the value is missing counts as something of its own; gap_share: 0..1.
    """

    name: str
    kind: str
    scale: str = "plain"
    centre: float = 0.0
    deviation: float = 1.0
    latest: float = 0.0
    levels: tuple[str, ...] = ()
    has_others: bool = False
    shares: tuple[float, ...] = ()
    gap_tells: bool = False
    gap_share: float = 0.0

    @property
    def words(self) -> tuple[str, ...]:
        """What `codes` stands for: the levels, and the others where there are any."""
        return (*self.levels, OTHERS) if self.has_others else self.levels

    @property
    def is_constant(self) -> bool:
        return len(self.shares) + self.gap_tells < 2 if self.kind == "text" else not np.isfinite(self.deviation)

    def numbers(self, frame: pd.DataFrame) -> np.ndarray:
        """(n,) float64 in the column's own units: a yes 1, a date as days before the latest one learned; NaN for missing."""
        values = frame[self.name]
        if self.kind == "date":
            return _days_before(values, self.latest)
        try:
            number = values.to_numpy(dtype=float, na_value=np.nan)
        except (TypeError, ValueError) as error:
            raise InvalidInput(f"The column “{self.name}” was learned as numbers; here it holds something else.",
                               field=self.name) from error
        if len(number) and not np.abs(number).max() < LARGEST:  # a NaN among them fails the comparison too
            number = np.where(np.abs(number) < LARGEST, number, np.nan)
        return number

    def scaled(self, frame: pd.DataFrame) -> np.ndarray:
        """(n,) standard deviations from the mean of the rows learned from, on the column's scale (a yes/no: the difference
        alone); NaN for missing."""
        return (on_scale(self.numbers(frame), self.scale) - self.centre) / self.deviation

    def codes(self, frame: pd.DataFrame) -> np.ndarray:
        """(n,) int: places in `words`; -1 missing, -2 a word never seen where there were no rare ones."""
        codes, uniques = words_of(frame[self.name])
        place = {level: number for number, level in enumerate(self.levels)}
        unseen = len(self.levels) if self.has_others else -2
        return np.array([*(place.get(word, unseen) for word in uniques), -1], dtype="int64")[codes]


def learn_column(values: pd.Series, target: np.ndarray, *, scale: str | None = None, repeats: float = 1.0) -> Column:
    """Learn a column from the rows learned from and no others. repeats: rows a group, of which only the first is news."""
    kind = kind_of(values)
    if kind == "text":
        return _learn_text(values, repeats=repeats)
    latest = float(-np.nanmin(_days_before(values, 0.0))) if kind == "date" and values.notna().any() else 0.0
    number = Column(values.name, kind, latest=latest).numbers(values.to_frame())
    missing = np.isnan(number)
    present = number[~missing]
    if scale is None:
        scale = "log" if kind != "bool" and _is_skewed(present) else "plain"
    on_its_scale = on_scale(present, scale)
    centre, deviation = (float(on_its_scale.mean()), float(on_its_scale.std())) if len(present) else (0.0, 0.0)
    if not deviation > 1e-9 * max(abs(centre), 1e-9):  # what rounding leaves of a constant
        deviation = float("inf")
    elif kind == "bool":
        deviation = 1.0
    return Column(values.name, kind, scale=scale, centre=centre, deviation=deviation, latest=latest,
                  gap_tells=_gap_tells(missing, target, repeats=repeats), gap_share=float(missing.mean()))


def kind_of(values: pd.Series) -> str:
    """"number", "bool", "date" or "text"."""
    if pd.api.types.is_bool_dtype(values.dtype):
        return "bool"
    if pd.api.types.is_numeric_dtype(values.dtype):
        return "number"
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return "date"
    if isinstance(values.dtype, pd.StringDtype):
        return "text"
    return _KINDS.get(pd.api.types.infer_dtype(values, skipna=True), "text")


def on_scale(number: np.ndarray, scale: str) -> np.ndarray:
    """Root and logarithm take what is below 0 as 0; NaN stays."""
    if scale == "root":
        return np.sqrt(np.maximum(number, 0.0))
    if scale == "log":
        return np.log1p(np.maximum(number, 0.0))
    return np.minimum(number, CAPPED_AT) if scale == "capped" else number


def words_of(values: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """(n,) place of each row's word (-1 missing or blank), and the words as texts without blanks around them."""
    codes, uniques = pd.factorize(values)
    texts = np.array([str(word).strip() for word in uniques], dtype=object)
    merged, words = pd.factorize(np.where(texts == "", None, texts))
    return np.append(merged, -1)[codes], words


def _learn_text(values: pd.Series, *, repeats: float) -> Column:
    places, words = words_of(values)
    n_missing = int((places < 0).sum())
    counts = np.bincount(places[places >= 0], minlength=len(words))
    common = np.lexsort((words.astype(str), -counts))[:MOST_LEVELS]
    common = common[counts[common] >= RARE_ROWS * repeats]
    kept = common[np.argsort(words[common].astype(str))]
    n_others = int(counts.sum() - counts[kept].sum())
    n_rows = max(len(values), 1)
    shares = [*counts[kept] / n_rows, *[n_others / n_rows] * (n_others > 0)]
    return Column(values.name, "text", levels=tuple(str(word) for word in words[kept]), has_others=n_others > 0,
                  shares=tuple(float(share) for share in shares), gap_tells=n_missing >= RARE_ROWS * repeats,
                  gap_share=n_missing / n_rows)


def _days_before(values: pd.Series, latest: float) -> np.ndarray:
    moments = pd.to_datetime(values, errors="coerce")
    days = moments.to_numpy().astype("datetime64[s]").astype("datetime64[D]")
    return np.where(np.isnat(days), np.nan, latest - days.astype("int64"))


def _is_skewed(present: np.ndarray) -> bool:
    """Not below 0, and with a skewness beyond that of a symmetric column."""
    if len(present) == 0 or present.min() < 0:
        return False
    deviation = present.std()
    return bool(deviation > 0 and (((present - present.mean()) / deviation) ** 3).mean() > SKEWED_FROM)


def _gap_tells(missing: np.ndarray, target: np.ndarray, *, repeats: float) -> bool:
    n_missing = int(missing.sum())
    n_present = len(missing) - n_missing
    if min(n_missing, n_present) < RARE_ROWS * repeats:
        return False
    difference = target[missing].mean() - target[~missing].mean()
    return bool(abs(difference) > TELLING_Z * target.std() * np.sqrt(repeats * (1 / n_missing + 1 / n_present)))
