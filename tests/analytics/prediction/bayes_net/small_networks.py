"""Networks whose answers are known: Asia (Lauritzen & Spiegelhalter 1988), and small ones made by chance."""

import numpy as np
import pandas as pd

from crm.analytics.prediction.bayes_net import Network

YES_NO = ("yes", "no")
# name -> (parents, chance of yes for each combination of the parents' states)
ASIA = {
    "asia": ((), 0.01),
    "smoking": ((), 0.5),
    "tuberculosis": (("asia",), [0.05, 0.01]),
    "lung_cancer": (("smoking",), [0.1, 0.01]),
    "bronchitis": (("smoking",), [0.6, 0.3]),
    "either": (("tuberculosis", "lung_cancer"), [[1.0, 1.0], [1.0, 0.0]]),
    "xray": (("either",), [0.98, 0.05]),
    "dyspnoea": (("either", "bronchitis"), [[0.9, 0.7], [0.8, 0.1]]),
}


def asia_network():
    return _of_chances(ASIA)


def _of_chances(chances):
    return Network.from_tables({name: (YES_NO, above, np.stack([np.asarray(yes), 1 - np.asarray(yes)], axis=-1))
                                for name, (above, yes) in chances.items()})


def noisy_network():
    """The arrows of Asia less the rare visit, and with nothing certain: then rows tell all of them but the direction of one."""
    unsure = {**ASIA, "tuberculosis": ((), 0.3), "lung_cancer": (("smoking",), [0.5, 0.15]), "either": (*ASIA["either"][:1], [[0.95, 0.8], [0.7, 0.1]])}
    del unsure["asia"]
    return _of_chances(unsure)


def random_network(rng, *, n, most_parents=3, most_states=4):
    """A network of n variables v0, v1, ...; arrows lead from lower to higher numbers only."""
    sizes = rng.integers(1, most_states + 1, n)
    tables = {}
    for child in range(n):
        above = sorted(rng.choice(child, min(child, int(rng.integers(0, most_parents + 1))), replace=False).tolist())
        table = rng.dirichlet(np.ones(sizes[child]), size=tuple(sizes[one] for one in above))
        tables[f"v{child}"] = ([f"s{state}" for state in range(sizes[child])], [f"v{one}" for one in above], table)
    return Network.from_tables(tables)


def rows_of(network, n, *, rng):
    """A table of rows drawn from the network; its variables must stand after their parents."""
    codes = np.zeros((n, len(network.variables)), dtype=int)
    for child, parents in enumerate(network.parents):
        chances = network.tables[child][tuple(codes[:, one] for one in parents)]
        codes[:, child] = (rng.random(n)[:, None] > np.broadcast_to(chances, (n, chances.shape[-1])).cumsum(axis=1)).sum(axis=1)
    return pd.DataFrame({one.name: np.array(one.words, dtype=object)[codes[:, place]]
                         for place, one in enumerate(network.variables)}).astype("str")


def joint(network):
    """The chance of every combination, an axis a variable: the plain product, by enumeration."""
    found = np.ones(network.sizes)
    for place in np.ndindex(*network.sizes):
        for child, parents in enumerate(network.parents):
            found[place] *= network.tables[child][tuple(place[one] for one in (*parents, child))]
    return found
