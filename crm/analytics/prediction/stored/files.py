"""A model as a file: what it was trained with, what the rows looked like, and the model itself, without pickle.

A zip of skops (its schema and its arrays), and beside them KEPT, plain JSON that can be read without opening the model. Some
invented rows and what the model said of them are kept too: a library that computes otherwise today is noticed by that.
"""

import io
import json
import zipfile
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.prediction.stored.trusted import TRUSTED, leads_astray, untrusted
from crm.errors import InvalidInput

LAYOUT = 1  # of the file and of our models' attributes: raise it when they change
KEPT = "solo_crm.json"
MOST_BYTES = 200_000_000  # of a file; a forest of 500 deep trees has some 30 MB
MOST_UNPACKED = 1_000_000_000
N_EXAMPLES = 12
SAME_ANSWER = 1e-6  # of a probability: other processors round the last digits otherwise
SHOWN_TYPES = 3  # of a foreign file: enough to tell what it is


class StaleModel(InvalidInput):
    """The model cannot be used any more: it was made with another version, or says something else now."""


@dataclass(frozen=True, eq=False)
class Stored:
    """model: with probability(frame), as it was; profile: of the rows it was trained for (drift.profile); about: what else was
    kept with it (plain JSON); versions: of the libraries that it was made with."""

    model: object
    profile: dict
    about: dict
    versions: dict[str, str]


def dump(model, *, profile: dict, about: dict) -> bytes:
    """The model as bytes that `load` reads. profile: of `profile(frame, probability)`; about: anything that JSON can hold.

    No row of any customer is in it: the examples are put together from quantiles and frequent words of the profile.
    """
    import skops.io

    examples = _examples(profile, tuple(model.columns))
    kept = {
        "layout": LAYOUT, "versions": _versions(), "profile": profile, "about": about, "columns": list(model.columns),
        "said": None if examples is None else np.asarray(model.probability(examples), dtype=float).tolist(),
    }
    packed = io.BytesIO(skops.io.dumps(model, compression=zipfile.ZIP_DEFLATED))
    with zipfile.ZipFile(packed, "a", compression=zipfile.ZIP_DEFLATED) as file:
        file.writestr(KEPT, json.dumps(kept))
    return packed.getvalue()


def read_about(content: bytes) -> dict:
    """What is kept beside the model (profile, about, versions, layout, columns), without making the model. Raises InvalidInput
    for what is no stored model, StaleModel for another layout or other versions."""
    with _opened(content) as file:
        kept = _json(file, KEPT)
    if not isinstance(kept, dict) or not {"layout", "versions", "profile", "about", "columns", "said"} <= set(kept):
        raise InvalidInput("This file is no model of Solo CRM.")
    _check_versions(kept)
    return kept


def load(content: bytes) -> Stored:
    """The model that `dump` has kept; it answers bit for bit as it did, by the same versions of the libraries.

    Nothing but the types listed in `trusted` is made, and no code of the file is run. Raises InvalidInput for a file that is
    broken, too large, of something else, or that holds other types (they are named); StaleModel where it was made with
    another version, or says something else today of the examples that were kept with it.
    """
    import warnings

    import skops.io

    kept = read_about(content)
    with _opened(content) as file:
        schema = _json(file, "schema.json")
    foreign = untrusted(schema)
    if foreign:
        named = ", ".join(foreign[:SHOWN_TYPES]) + (" and others" if len(foreign) > SHOWN_TYPES else "")
        raise InvalidInput(f"This file is not opened: it holds what no model of Solo CRM is made of ({named}).")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of other versions: the examples below tell whether it matters
            model = skops.io.loads(content, trusted=sorted(TRUSTED))
    except MemoryError:
        raise InvalidInput("This stored model is larger than this computer's memory.") from None
    except Exception as error:  # whatever a forged or cut-off file makes of numpy, zipfile and skops
        raise InvalidInput("This stored model is damaged and cannot be opened; train it again.") from error
    if not hasattr(model, "probability") or leads_astray(model):
        raise InvalidInput("This stored model is damaged and cannot be opened; train it again.")
    _check_answers(model, kept)
    return Stored(model=model, profile=kept["profile"], about=kept["about"], versions=kept["versions"])


def _opened(content: bytes) -> zipfile.ZipFile:
    if len(content) > MOST_BYTES:
        raise InvalidInput(f"This stored model has {len(content) / 1e6:,.0f} MB; at most {MOST_BYTES / 1e6:,.0f} MB are opened.")
    try:
        file = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise InvalidInput("This file is no model of Solo CRM, or it was cut off on its way.") from error
    # Reading stops at the sizes that the file names, so that their sum bounds the memory.
    unpacked = sum(part.file_size for part in file.infolist())
    if unpacked > MOST_UNPACKED:
        file.close()
        raise InvalidInput(f"This stored model would unpack to {unpacked / 1e6:,.0f} MB; at most {MOST_UNPACKED / 1e6:,.0f} MB "
                           "are opened.")
    return file


def _json(file: zipfile.ZipFile, name: str):
    try:
        return json.loads(file.read(name))
    except KeyError:
        raise InvalidInput("This file is no model of Solo CRM.") from None
    except Exception as error:  # whatever damaged bytes make of zipfile, zlib and json, which share no base
        raise InvalidInput("This stored model is damaged and cannot be opened; train it again.") from error


def _versions() -> dict[str, str]:
    from importlib.metadata import version

    return {name: version(name) for name in ("scikit-learn", "numpy", "skops")}


def _check_versions(kept: dict) -> None:
    """Other attributes of ours, or another minor version of scikit-learn, which promises nothing from one to the next."""
    made, now = kept["versions"].get("scikit-learn", "?"), _versions()["scikit-learn"]
    if kept["layout"] != LAYOUT:
        raise StaleModel("This model was trained with another version of Solo CRM; train it again.")
    if made.split(".")[:2] != now.split(".")[:2]:
        raise StaleModel(f"This model was trained with another version (scikit-learn {made}; here is {now}); train it again.")


def _check_answers(model, kept: dict) -> None:
    if kept["said"] is None:
        return
    stale = StaleModel("This model was trained with another version and would answer differently here; train it again.")
    try:
        said = np.asarray(model.probability(_examples(kept["profile"], tuple(kept["columns"]))), dtype=float)
    except Exception as error:  # attributes that a later version of a class expects
        raise stale from error
    if said.shape != (len(kept["said"]),) or not np.allclose(said, kept["said"], rtol=0, atol=SAME_ANSWER,
                                                                  equal_nan=True):
        raise stale


def _examples(profile: dict, columns: tuple[str, ...]) -> pd.DataFrame | None:
    """Invented rows over the whole range of every column, the last without any value; None without a profile of them."""
    parts = profile.get("columns", {})
    if any(column not in parts for column in columns):
        return None
    rows = np.arange(N_EXAMPLES)
    found = {}
    for place, column in enumerate(columns):
        part = parts[column]
        # Each column at its own pace, so that low and high values meet in different ways.
        at = rows * (1 + place % 3) + place
        if part["kind"] == "flag":
            found[column] = pd.Series(at % 2 == 1)
        elif part["kind"] == "text":
            choice = [*part["levels"], None]
            found[column] = pd.Series([choice[one % len(choice)] for one in at[:-1]] + [None], dtype="str")
        else:
            choice = [*part["middles"], float("nan")]
            found[column] = pd.Series([choice[one % len(choice)] for one in at[:-1]] + [float("nan")], dtype="float64")
    return pd.DataFrame(found, index=pd.RangeIndex(N_EXAMPLES))
