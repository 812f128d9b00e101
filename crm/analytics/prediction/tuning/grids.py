"""Which settings are tried? By method and by how long one is willing to wait.

Each list begins with the usual settings ({}), and goes on from what is preferred among equals (simple, quick) to what is not;
the search takes the first that is as good as the best.
"""

from itertools import product


def _every(**choices) -> list[dict]:
    """Every combination, the last name changing fastest."""
    return [dict(zip(choices, values, strict=True)) for values in product(*choices.values())]


def _trees(l2_regularization: float, *leaves_and_trees: tuple[int, int | None]) -> list[dict]:
    return [{"max_leaf_nodes": leaves, "max_iter": trees, "l2_regularization": l2_regularization}
            for leaves, trees in leaves_and_trees]


# Boosting: leaves a tree and trees go together. By 5-fold log loss the best were, on Telco, 2 leaves x 300, 3 x 150, 4 x 110 and
# 6 x 60 (.4107 to .4112; 12 x 200: .4201), on a shop's 9,600 rows 2 x 150, 3 x 80, 4 x 60 and 8 x 30 (.5901 to .5923; 12 x 200:
# .6065); a learning rate below .1 only took longer. None trees: large tables stop early by themselves, and may need more leaves.
_BOOSTING_QUICK = _trees(5.0, (2, 150), (3, 80), (4, 110))
_BOOSTING_USUAL = [*_trees(5.0, (2, 80), (2, 150), (2, 300), (3, 80), (3, 150), (4, 60), (4, 110), (6, 30), (8, 30)),
                   *_trees(50.0, (4, 200), (6, 110), (12, 80)), *_trees(5.0, (15, None), (31, None))]
_BOOSTING_THOROUGH = [*_trees(5.0, *((leaves, trees) for leaves in (2, 3, 4, 6, 8, 12) for trees in (20, 40, 80, 150, 300))),
                      *_trees(50.0, *((leaves, trees) for leaves in (2, 3, 4, 6, 8, 12, 24) for trees in (40, 80, 150, 300))),
                      *({"learning_rate": 0.05, **settings} for settings in _trees(20.0, (3, 300), (4, 200), (6, 150), (8, 100))),
                      *_trees(5.0, (15, None), (31, None), (63, None))]

GRIDS: dict[str, dict[str, list[dict]]] = {
    "logistic": {
        "quick": [{}, *_every(C=(0.01, 0.1))],
        "usual": [{}, *_every(C=(0.001, 0.01, 0.03, 0.1, 0.3, 10.0))],
        "thorough": [{}, *_every(C=(0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 3.0, 10.0, 30.0, 100.0))],
    },
    "tree": {
        "quick": [{}, *_every(min_samples_leaf=(50,), criterion=("gini", "entropy"))],
        "usual": [{}, *_every(min_samples_leaf=(100, 50, 20), criterion=("gini", "entropy"))[:5], {"max_depth": 4},
                  {"max_depth": 6}],
        "thorough": [{}, *_every(max_depth=(3, 4, 5, 6, 8, None), min_samples_leaf=(100, 50, 20, 10),
                                 criterion=("gini", "entropy"))],
    },
    "forest": {
        "quick": [{}, *_every(min_samples_leaf=(50, 10))],
        "usual": [{}, *_every(max_features=("sqrt", 0.5), min_samples_leaf=(50, 20, 10, 5))],
        "thorough": [{}, *_every(n_estimators=(300,), max_features=("sqrt", 0.3, 0.5, 0.8), min_samples_leaf=(100, 50, 20, 10, 5))],
    },
    "boosting": {
        "quick": [{}, *_BOOSTING_QUICK],
        "usual": [{}, *_BOOSTING_USUAL],
        "thorough": [{}, *_BOOSTING_THOROUGH],
    },
    "svm": {
        "quick": [{}, *_every(C=(0.1,), gamma=(0.1, 0.3))],
        "usual": [{}, *_every(C=(0.1, 1.0, 10.0), gamma=(0.03, 0.1, 0.3))],
        "thorough": [{}, *_every(C=(0.01, 0.1, 1.0, 10.0, 100.0), gamma=(0.01, 0.03, 0.1, 0.3, 1.0))],
    },
    "naive_bayes": {
        "quick": [{}, *_every(smoothing=(10.0,))],
        "usual": [{}, *_every(smoothing=(100.0, 10.0, 0.1))],
        "thorough": [{}, *_every(smoothing=(1000.0, 300.0, 100.0, 30.0, 10.0, 3.0, 0.3, 0.1))],
    },
    "bayes_net": {
        "quick": [{}, {"score": "bic"}],
        "usual": [{}, *_every(graph=("tree", "selected", "free"), score=("bdeu",)), {"score": "bic"}],
        "thorough": [{}, *_every(graph=("tree", "selected", "free"), score=("bdeu", "bic"))],
    },
}
