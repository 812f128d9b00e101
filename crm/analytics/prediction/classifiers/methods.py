"""The catalogue of models: which are there, what can be set on them, and in which sequence do they grow more complicated?"""

from dataclasses import dataclass

from crm.errors import InvalidInput

METHODS = ("rule", "logistic", "tree", "forest", "boosting", "svm", "naive_bayes", "bayes_net")
FIRST = ("rule", "logistic", "boosting")  # a page's first answer: the yardstick, what can be explained, what is strongest
# From what a person can follow by hand to what nobody can; of several that are equally good the first one is proposed
SIMPLEST = ("logistic", "tree", "naive_bayes", "bayes_net", "boosting", "forest", "svm")


@dataclass(frozen=True)
class Setting:
    """A setting of a model: a number from `low` to `high` (None: none), or one of `choices`; `may_be_none`: None leaves the
    choice to the model."""

    default: object
    low: float | None = 0.0
    high: float = float("inf")
    choices: tuple[str, ...] = ()
    whole: bool = False
    may_be_none: bool = False


_STRENGTH = Setting(1.0, low=1e-6, high=1e6)

SETTINGS: dict[str, dict[str, Setting]] = {
    # C: how many times the rows count against one made-up row that pulls each weight to 0
    "logistic": {"C": _STRENGTH},
    # ccp_alpha None: pruned to the smallest tree that is within one standard error of the best
    "tree": {"criterion": Setting("gini", low=None, choices=("gini", "entropy")),
             "min_samples_leaf": Setting(20, low=1, whole=True),
             "max_depth": Setting(None, low=1, high=100, whole=True, may_be_none=True),
             "ccp_alpha": Setting(None, may_be_none=True)},
    "forest": {"n_estimators": Setting(100, low=1, high=2000, whole=True),
               "min_samples_leaf": Setting(20, low=1, whole=True),
               "max_features": Setting("sqrt", low=0.01, high=1.0, choices=("sqrt", "log2")),
               "max_depth": Setting(None, low=1, high=100, whole=True, may_be_none=True)},
    # Small trees and few: on a shop's 10,000 rows and on Telco more of either made the log loss of unseen rows worse.
    # max_iter None: as many as help rows of other groups, where there are enough to tell
    "boosting": {"learning_rate": Setting(0.1, low=1e-3, high=1.0),
                 "max_iter": Setting(None, low=1, high=5000, whole=True, may_be_none=True),
                 "max_leaf_nodes": Setting(6, low=2, high=1000, whole=True),
                 "min_samples_leaf": Setting(40, low=1, whole=True),
                 "l2_regularization": Setting(5.0)},
    # kernel "auto": exact up to EXACT_ROWS rows. gamma: in units of 1 / (columns x their variance), scikit-learn's "scale"
    "svm": {"kernel": Setting("auto", low=None, choices=("auto", "exact", "landmarks")), "C": _STRENGTH,
            "gamma": Setting(0.1, low=1e-4, high=1e3),
            "n_components": Setting(300, low=10, high=5000, whole=True)},
    "naive_bayes": {"smoothing": Setting(1.0, high=1e6)},
    "bayes_net": {"graph": Setting("selected", low=None, choices=("tree", "selected", "free")),
                  "score": Setting("bdeu", low=None, choices=("bdeu", "bic"))},
}


# Rows. The exact machine looks at those near the border alone: on 5,600 rows of Telco its AUC was .836 and that of the
# approximation by landmarks .844, on a shop's 7,700 .726 and .739; and its time grows with the square of the rows
EXACT_ROWS = 2_000


def settings(method: str, parameters: dict | None = None, *, n_rows: int | None = None) -> dict:
    """All settings of the model: those given, the usual ones else. n_rows: how many rows it will learn from; a choice that
    hangs on their number is then made, so that the model of all rows and those of parts of them are of one kind.

    Raises InvalidInput for a model or a setting that there is not, and for a value that it cannot have.
    """
    if method not in SETTINGS:
        raise InvalidInput(f"There is no model “{method}” that learns; choose one of {', '.join(SETTINGS)}.", field="method")
    known = SETTINGS[method]
    for name, value in (parameters or {}).items():
        if name not in known:
            raise InvalidInput(f"The model “{method}” has no setting “{name}”; it has {', '.join(known)}.", field=name)
        if not _is_possible(known[name], value):
            raise InvalidInput(f"The setting “{name}” of the model “{method}” cannot be {value}; {_possible(known[name])}.",
                               field=name)
    found = {name: (parameters or {}).get(name, setting.default) for name, setting in known.items()}
    if found.get("kernel") == "auto" and n_rows is not None:
        found["kernel"] = "exact" if n_rows <= EXACT_ROWS else "landmarks"
    return found


def _is_possible(setting: Setting, value: object) -> bool:
    if value is None:
        return setting.may_be_none
    if isinstance(value, str):
        return value in setting.choices
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number and setting.low is not None and setting.low <= value <= setting.high and (not setting.whole or value == int(value))


def _possible(setting: Setting) -> str:
    if setting.choices:
        return f"choose one of {', '.join(setting.choices)}"
    kind = "a whole number" if setting.whole else "a number"
    if setting.high == float("inf"):
        return f"choose {kind} from {setting.low:g} on"
    return f"choose {kind} from {setting.low:g} to {setting.high:g}"
