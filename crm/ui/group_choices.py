"""How are groups to be looked for? The choices that wait under "More options", for customers and for a table of one's own."""

import streamlit as st

# What people call it -> what the engine calls it; the others are for the command line.
METHODS = {
    "Round groups": "kmeans",
    "Groups that join step by step": "ward",
    "Groups that overlap": "mixture",
    "Crowded places": "hdbscan",
    "Crowded places of one density": "dbscan",
    "Groups of near neighbours": "average",
}
ABOUT = {
    "kmeans": "Every customer belongs to the nearest of a few centres. The usual choice.",
    "ward": "The two most alike are joined first, then the next; the picture shows in which order.",
    "mixture": "Groups may be long or wide and overlap; everybody goes where he most likely belongs.",
    "hdbscan": "Only where many are alike is there a group; the others stay in none.",
    "dbscan": "Like the crowded places, with one distance for all that counts as near.",
    "average": "Joined by how far all members are apart; can leave single odd ones in groups of their own.",
}
WITH_A_NUMBER = ("kmeans", "ward", "mixture", "average")  # how many groups is asked; the others find it
WITH_A_DISTANCE = ("average", "dbscan", "hdbscan")
DISTANCES = {"As the crow flies": "euclidean", "Step by step along each feature": "manhattan",
             "By direction, whatever the size": "cosine"}
SCALINGS = {"Equal spread": "standard", "Equal spread of the middle half": "robust", "From 0 to 1": "range",
            "As they are": "none"}
MISSING = {"Take the middle value": "median", "Take the average": "mean", "Take the middle value of those alike": "group",
           "Leave those lines out": "leave_out"}
LOGS = {"Where a few are very large": "auto", "Never": ()}
NUMBERS = {"As many as fit best": None, **{str(number): number for number in range(2, 9)}}


def number(key: str) -> int | None:
    """How many groups; None: as many as the data recommend."""
    return NUMBERS[st.selectbox("How many groups?", list(NUMBERS), key=f"{key}_number", width=180)]


def method(key: str) -> str:
    """The method, by the engine's name; plain words on the screen, the technical name in the explanation."""
    chosen = METHODS[st.selectbox("What kind of groups?", list(METHODS), key=f"{key}_method")]
    st.caption(ABOUT[chosen])
    return chosen


def fine_points(key: str, *, chosen: str) -> dict:
    """Missing values, scale, logarithm, distance and what a crowd is, as arguments of the engine."""
    how: dict = {
        "missing": MISSING[st.selectbox("Where a value is missing", list(MISSING), key=f"{key}_missing")],
        "scaling": SCALINGS[st.selectbox("Make the features comparable", list(SCALINGS), key=f"{key}_scaling",
                                         help="Without it, the feature with the largest numbers decides alone.")],
        "log": LOGS[st.selectbox("Soften very large values", list(LOGS), key=f"{key}_log",
                                 help="By the logarithm: from 10 to 100 is as far as from 100 to 1,000.")],
    }
    if chosen in WITH_A_DISTANCE:
        how["metric"] = DISTANCES[st.selectbox("Distance", list(DISTANCES), key=f"{key}_distance")]
    if chosen == "dbscan":
        reach = st.number_input("How near is near? 0: told from the data", min_value=0.0, step=0.1, key=f"{key}_eps")
        how["eps"] = reach or None
    if chosen == "hdbscan":
        least = st.number_input("Fewest members of a group. 0: told from the data", min_value=0, step=1,
                                key=f"{key}_members")
        how["min_cluster_size"] = int(least) or None
    return how
