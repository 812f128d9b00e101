"""How is a result written down? Its figures as plain values, for JSON and saved runs."""

import pandas as pd


def plain(quality: dict) -> dict:
    """Tables as lists of rows, everything else as it is."""
    return {name: content.to_dict("records") if isinstance(content, pd.DataFrame) else content
            for name, content in quality.items()}
