"""Small companies to test networks on: referrals by hand, orders by hand, nobody named."""

import pandas as pd

from crm.analytics import network

AS_OF = pd.Timestamp("2026-06-30").date()


def referrals(*pairs: tuple) -> pd.DataFrame:
    """(referrer, referred) or (referrer, referred, day)."""
    rows = [(*pair, None)[:3] for pair in pairs]
    frame = pd.DataFrame(rows, columns=["referrer_id", "referred_id", "referred_on"])
    return frame.astype({"referrer_id": "int64", "referred_id": "int64"}).assign(
        referred_on=pd.to_datetime(frame["referred_on"]).astype("datetime64[us]"))


def customers(*rows: tuple) -> pd.DataFrame:
    """(customer_id, name, company, kind); the code is "C" and the id."""
    frame = pd.DataFrame(rows, columns=["customer_id", "name", "company", "kind"])
    return frame.assign(code=[f"C{customer_id}" for customer_id in frame["customer_id"]]).astype(
        {"customer_id": "int64", "name": "str", "company": "str", "kind": "str", "code": "str"})


def written(*rows: tuple) -> pd.DataFrame:
    """(customer_id, relation, named)."""
    return pd.DataFrame(rows, columns=["customer_id", "relation", "named"])


def orders(*rows: tuple) -> pd.DataFrame:
    """(customer_id, day, net amount)."""
    frame = pd.DataFrame(rows, columns=["customer_id", "ordered_on", "net_amount"])
    return frame.assign(
        order_id=range(1, len(frame) + 1), customer_id=frame["customer_id"].astype("int64"),
        ordered_on=pd.to_datetime(frame["ordered_on"]).astype("datetime64[us]"),
        is_purchase=frame["net_amount"].astype(float) > 0, net_amount=frame["net_amount"].astype(float))


def graph(*pairs: tuple, people=None, fields=None, as_of=AS_OF) -> network.Graph:
    return network.build(referrals(*pairs), customers() if people is None else people,
                         written() if fields is None else fields, as_of=as_of)


def analysed(*pairs: tuple, bought=None, as_of=AS_OF, **more) -> network.NetworkResult:
    return network.analyse(graph(*pairs, as_of=as_of, **more), orders() if bought is None else bought)


def of(result: network.NetworkResult, customer_id: int) -> pd.Series:
    return result.customers.set_index("customer_id").loc[customer_id]
