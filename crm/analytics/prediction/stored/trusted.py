"""What may a stored model be made of? The types of our models and no other; and numbers that lead nowhere are refused."""

import numpy as np

# Everything that `fit` makes, for every method: nothing else is constructed, whatever skops itself would trust.
OURS = (
    "crm.analytics.prediction.bayes_net.classifier.BayesNetClassifier",
    "crm.analytics.prediction.bayes_net.network.Network",
    "crm.analytics.prediction.bayes_net.states.Coding",
    "crm.analytics.prediction.calibrating.Calibration",
    "crm.analytics.prediction.classifiers.bayes_network.BayesNetworkClassifier",
    "crm.analytics.prediction.classifiers.boosting.BoostingClassifier",
    "crm.analytics.prediction.classifiers.forest.ForestClassifier",
    "crm.analytics.prediction.classifiers.model.Model",
    "crm.analytics.prediction.classifiers.naive_bayes.NaiveBayesClassifier",
    "crm.analytics.prediction.classifiers.rule.RuleClassifier",
    "crm.analytics.prediction.classifiers.support.SupportClassifier",
    "crm.analytics.prediction.classifiers.tree.TreeClassifier",
    "crm.analytics.prediction.columns.Column",
    "crm.analytics.prediction.logistic.LogisticClassifier",
    "crm.analytics.prediction.preparation.Preparation",
)
THEIRS = (
    "sklearn._loss._loss.CyHalfBinomialLoss",
    "sklearn._loss.link.Interval",
    "sklearn._loss.link.LogitLink",
    "sklearn._loss.loss.HalfBinomialLoss",
    # Boosting encodes words by these, before its own bins
    "sklearn.compose._column_transformer.ColumnTransformer",
    "sklearn.ensemble._forest.RandomForestClassifier",
    "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
    "sklearn.ensemble._hist_gradient_boosting.gradient_boosting.HistGradientBoostingClassifier",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.preprocessing._encoders.OrdinalEncoder",
    "sklearn.preprocessing._function_transformer.FunctionTransformer",
    "sklearn.preprocessing._label.LabelEncoder",
    "sklearn.tree._classes.DecisionTreeClassifier",
    "sklearn.tree._tree.Tree",
    "sklearn.utils.validation.check_array",
)
PLAIN = (
    "builtins.bool", "builtins.dict", "builtins.float", "builtins.int", "builtins.list", "builtins.slice", "builtins.str",
    "builtins.tuple", "functools.partial", "numpy.bool", "numpy.dtype", "numpy.float32", "numpy.float64", "numpy.int32",
    "numpy.int64", "numpy.ndarray", "numpy.random._generator.Generator", "numpy.uint8", "numpy.uint32", "numpy.uint64",
)
TRUSTED = frozenset((*OURS, *THEIRS, *PLAIN))
# Bound methods, calls of constructors and of operators, and old protocols have no place in a model. A function can only be
# one that is listed above, which is check_array.
NODES = frozenset(("DTypeNode", "DictNode", "FunctionNode", "JsonNode", "ListNode", "LossNode", "NdArrayNode", "ObjectNode",
                   "PartialNode", "RandomGeneratorNode", "SliceNode", "TreeNode", "TupleNode", "TypeNode"))
MOST_DEPTH = 200  # of objects in objects


def untrusted(schema) -> list[str]:
    """Names of all types (and of the ways to read them) in a skops schema that are not listed here; sorted."""
    found: set[str] = set()
    waiting = [schema]
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting.extend(part)
        elif isinstance(part, dict):
            waiting.extend(part.values())
            if "__loader__" in part or "__class__" in part or "__module__" in part:
                name = f"{part.get('__module__')}.{part.get('__class__')}"
                if name not in TRUSTED:
                    found.add(name)
                elif part.get("__loader__", "TypeNode") not in NODES:
                    found.add(f"{name} by {part['__loader__']}")
    return sorted(found)


def leads_astray(model) -> bool:
    """Whether a tree in the model points outside itself: scikit-learn follows its numbers without looking, and a forged
    file would read other memory or never end (scikit-learn, pull request 34558)."""
    seen: set[int] = set()
    waiting = [(model, 0)]
    while waiting:
        part, depth = waiting.pop()
        if id(part) in seen or isinstance(part, str | bytes | int | float | None) or depth > MOST_DEPTH:
            continue
        seen.add(id(part))
        kind = type(part).__name__
        if kind == "Tree" and not _tree_holds(part):
            return True
        if kind == "HistGradientBoostingClassifier" and not _boosting_holds(part):
            return True
        if hasattr(part, "tree_") and getattr(part, "n_features_in_", None) != part.tree_.n_features:
            return True
        inner = ()
        if isinstance(part, dict):
            inner = part.values()
        elif isinstance(part, list | tuple):
            inner = part
        elif isinstance(part, np.ndarray):
            inner = part.ravel().tolist() if part.dtype == object else ()
        elif hasattr(part, "__dict__"):
            inner = vars(part).values()
        waiting.extend((one, depth + 1) for one in inner)
    return False


def _tree_holds(tree) -> bool:
    left, right = np.asarray(tree.children_left), np.asarray(tree.children_right)
    return _leads_on(left, right, np.asarray(tree.feature), is_leaf=left == -1, n_features=tree.n_features)


def _boosting_holds(model) -> bool:
    n_features = getattr(model, "n_features_in_", 0)
    mapper = getattr(model, "_bin_mapper", None)
    for iteration in getattr(model, "_predictors", ()):
        for predictor in iteration:
            nodes = predictor.nodes
            is_leaf = nodes["is_leaf"].astype(bool)
            if not _leads_on(nodes["left"].astype("int64"), nodes["right"].astype("int64"), nodes["feature_idx"], is_leaf=is_leaf,
                             n_features=n_features):
                return False
            by_word = ~is_leaf & nodes["is_categorical"].astype(bool)
            bits = predictor.raw_left_cat_bitsets
            if bits.ndim != 2 or bits.shape[1] != 8 or bits.dtype != np.uint32:
                return False
            if by_word.any() and (nodes["bitset_idx"][by_word].max() >= len(bits) or mapper is None):
                return False
    return True


def _leads_on(left: np.ndarray, right: np.ndarray, feature: np.ndarray, *, is_leaf: np.ndarray, n_features: int) -> bool:
    """Whether every branch leads to a later node of the same tree and asks for a feature that there is."""
    n, here = len(left), np.arange(len(left))
    if n == 0:
        return False
    inner = ~is_leaf
    for side in (left, right):
        if not ((side[inner] > here[inner]) & (side[inner] < n)).all():
            return False
    return bool(((feature[inner] >= 0) & (feature[inner] < n_features)).all())
