"""How are lists of words written down? As text, with blanks between them."""


def listed(text: str) -> frozenset[str]:
    """
    >>> sorted(listed("tea pot"))
    ['pot', 'tea']
    """
    return frozenset(text.split())


def weighted(weights: dict[float, str]) -> dict[str, float]:
    """
    >>> weighted({2: "very much", 0.5: "hardly"})
    {'very': 2, 'much': 2, 'hardly': 0.5}
    """
    return {word: weight for weight, text in weights.items() for word in text.split()}
