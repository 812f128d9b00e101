"""Which code has a customer or product that a file knows by e-mail or name only? The same as order lines give it."""

from crm.services.search import fold


def code_of_email(email: str) -> str:
    """
    >>> code_of_email("Ann@Example.com")
    'ann@example.com'
    """
    return fold(email)


def code_of_name(name: str | None, company: str | None) -> str | None:
    """The name, with the company where that is another; a company alone is the name.

    >>> code_of_name("Ann  Lee", None), code_of_name("Ann Lee", "Acme"), code_of_name(None, "Acme")
    ('ann lee', 'ann lee, acme', 'acme')
    """
    person, firm = fold(name), fold(company)
    return f"{person}, {firm}" if person and firm and person != firm else person or firm or None


def code_of_product(name: str) -> str:
    return fold(name)


def squeezed(name: str) -> str:
    """Letters and digits alone: "GTXPro" is "GTX Pro".

    >>> squeezed("GTX Pro") == squeezed("gtx-pro")
    True
    """
    return "".join(sign for sign in fold(name) if sign.isalnum())
