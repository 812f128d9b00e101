"""How do the pages look on which customers answer? HTML made here, without a script, a cookie or anything from elsewhere.

Every text goes through `_text` on its way into a page: what owners and customers write is never HTML.
"""

import base64
import hashlib
from collections.abc import Mapping
from html import escape

from crm.services.survey_answering import COMMENT_LIMIT, NOT_APPLICABLE, Asked, Problem
from crm.services.surveys import Question
from crm.ui.answer_words import ENGLISH, Words

FIELD = "q"  # the fields of the questions are q1, q2, ... by the questions' numbers
SHOWN = "shown"  # the second at which the form was shown
# The colours and the shape of the app (.streamlit/config.toml); a point of a scale is at least 48 pixels wide and high.
STYLE = """
:root{color-scheme:light dark;--ground:#fff;--raised:#F5F6F4;--text:#1C2421;--quiet:#59635E;--edge:#8A958F;--line:#DFE3DF;
--own:#0F766E;--on-own:#fff;--wrong:#B42318}
@media (prefers-color-scheme:dark){:root{--ground:#111715;--raised:#1A2220;--text:#E7ECE9;--quiet:#A9B4AF;--edge:#75817B;
--line:#2D3835;--own:#2FA89A;--on-own:#06201C;--wrong:#F28B82}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--text);font:17px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;
overflow-wrap:anywhere}
main{max-width:42rem;margin:0 auto;padding:1.5rem 1rem 4rem}
h1{font-size:1.55rem;line-height:1.25;margin:.2rem 0 .8rem}
p{margin:.5rem 0}
.written{white-space:pre-line}
.company,.hint,.scale{color:var(--quiet);font-size:.92rem}
fieldset{border:1px solid var(--line);border-radius:8px;padding:.8rem 1rem 1rem;margin:1.2rem 0;min-width:0}
fieldset.wrong{border:2px solid var(--wrong)}
legend{float:left;width:100%;padding:0;font-weight:600}
legend+*{clear:both}
.points{display:grid;grid-template-columns:repeat(auto-fit,minmax(3rem,1fr));gap:.4rem;margin-top:.6rem}
.point,.other{display:flex;align-items:center;gap:.5rem;border:1px solid var(--edge);border-radius:8px;background:var(--raised);
cursor:pointer;min-height:3.2rem;padding:.3rem .7rem}
.point{flex-direction:column;justify-content:center;gap:.1rem;padding:.3rem .1rem}
.other{margin-top:.5rem;min-height:3rem}
.point:has(:checked),.other:has(:checked){border-color:var(--own);box-shadow:inset 0 0 0 1px var(--own);font-weight:600}
input[type=radio]{width:1.25rem;height:1.25rem;margin:0;accent-color:var(--own)}
textarea{width:100%;min-height:7rem;margin-top:.6rem;padding:.6rem;font:inherit;color:inherit;background:var(--raised);
border:1px solid var(--edge);border-radius:8px;resize:vertical}
button{font:inherit;font-weight:600;min-height:3.2rem;padding:.6rem 2rem;border:0;border-radius:8px;background:var(--own);
color:var(--on-own);cursor:pointer}
:focus-visible,.point:focus-within,.other:focus-within{outline:3px solid var(--own);outline-offset:2px}
.problem{color:var(--wrong);font-weight:600}
.summary{border:2px solid var(--wrong);border-radius:8px;padding:.4rem 1rem;margin:1rem 0}
.summary a{color:var(--wrong)}
pre{white-space:pre-wrap;font:inherit;background:var(--raised);border:1px solid var(--line);border-radius:8px;padding:.8rem}
@media (max-width:480px){button{width:100%}}
"""
# The one style is allowed by what it says, so that no other can be slipped in; forms go nowhere but here.
POLICY = ("default-src 'none'; style-src 'sha256-"
          + base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
          + "'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")


def form(asked: Asked, *, shown: int, given: Mapping[int, str] | None = None, problems: tuple[Problem, ...] = (),
         words: Words = ENGLISH) -> str:
    """The questions, with what was sent already and what is to be mended."""
    given, wrong = given or {}, {one.question_id: one for one in problems}
    places = {one.id: place for place, one in enumerate(asked.questions, start=1)}
    parts = [f'<p class="company" dir="auto">{_text(asked.company)}</p><h1 dir="auto">{_text(asked.title)}</h1>']
    if asked.intro:
        parts.append(f'<p class="written" dir="auto">{_text(asked.intro)}</p>')
    if problems:
        parts.append(_summary(asked, problems, places, words))
    # Each form is checked by the server: a browser's own check would stop at the first thing to mend.
    parts.append('<form method="post" novalidate accept-charset="utf-8" autocomplete="off">')
    parts.append(f'<input type="hidden" name="{SHOWN}" value="{int(shown)}">')
    parts += [_question(one, places[one.id], given.get(one.id, ""), wrong.get(one.id), words) for one in asked.questions]
    parts.append(f'<button type="submit">{_text(words.send)}</button></form>')
    return page(asked.title, "".join(parts), words=words)


def told(title: str, *sentences: str, written: list[str] | None = None, words: Words = ENGLISH) -> str:
    """A page that says something; `written`: texts of a form that was not kept, so that they are not lost."""
    parts = [f'<h1 dir="auto">{_text(title)}</h1>', *(f'<p class="written" dir="auto">{_text(one)}</p>' for one in sentences)]
    if written:
        parts.append(f"<p>{_text(words.what_was_written)}</p>")
        parts += [f'<pre dir="auto">{_text(one)}</pre>' for one in written]
    return page(title, "".join(parts), words=words)


def once_more(fields: list[tuple[str, str]], *, words: Words = ENGLISH) -> str:
    """What was sent and could not be kept, ready to be sent again."""
    hidden = "".join(f'<textarea hidden name="{_text(name)}">\n{_text(content)}</textarea>' for name, content in fields)
    body = (f"<h1>{_text(words.trouble_title)}</h1><p>{_text(words.trouble)}</p>"
            f'<form method="post" accept-charset="utf-8">{hidden}<button type="submit">{_text(words.send_again)}</button></form>')
    return page(words.trouble_title, body, words=words)


def page(title: str, body: str, *, words: Words = ENGLISH) -> str:
    """A whole document around a body that is HTML already."""
    return (f'<!doctype html><html lang="{_text(words.language)}"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex, nofollow">'
            f"<title>{_text(title)}</title><style>{STYLE}</style></head><body><main>{body}</main></body></html>")


def _summary(asked: Asked, problems: tuple[Problem, ...], places: dict[int, int], words: Words) -> str:
    """What is to be mended, each with a way to it; the browser puts the focus here."""
    if [one.kind for one in problems] == ["nothing"]:
        first = asked.questions[0].id
        inside = f'<p><a href="#f{first}">{_text(words.nothing)}</a></p>'
    else:
        said = words.one_to_mend if len(problems) == 1 else words.several_to_mend.format(number=len(problems))
        kinds = {one.id: one.kind for one in asked.questions}
        rows = "".join(
            f'<li><a href="#f{one.question_id}">'
            + _text(words.question_to_mend.format(place=places[one.question_id],
                                                  problem=_problem(one, kinds[one.question_id], words))) + "</a></li>"
            for one in problems)
        inside = f"<p>{_text(said)}</p><ul>{rows}</ul>"
    return f'<div class="summary" role="alert" tabindex="-1" autofocus>{inside}</div>'


def _problem(one: Problem, kind: str, words: Words) -> str:
    if one.kind == "too_long":
        return words.too_long.format(length=f"{one.length:,}", limit=f"{COMMENT_LIMIT:,}")
    if one.kind == "missing":
        return words.missing_text if kind == "comment" else words.missing_choice
    return words.not_on_scale


def _question(one: Question, place: int, sent: str, wrong: Problem | None, words: Words) -> str:
    name = f"{FIELD}{one.id}"
    optional = "" if one.is_required else f' <span class="hint">({_text(words.optional)})</span>'
    problem, told_by = "", ""
    if wrong is not None:
        problem = f'<p class="problem" id="p{one.id}">{_text(_problem(wrong, one.kind, words))}</p>'
        told_by = f' aria-describedby="p{one.id}"'
    legend = f'<legend dir="auto">{place}. {_text(one.item)}{optional}</legend>{problem}'
    if one.kind == "comment":
        # A browser drops one line break at the start of a textarea: it gets one to drop.
        inside = (f'<textarea name="{name}" aria-label="{_text(one.item)}"{told_by}{_yes("aria-invalid", wrong)}>\n'
                  f"{_text(sent)}</textarea>")
    else:
        inside = _scale(one, words) + _choices(one, name, sent, words)
    wrong_class = ' class="wrong"' if wrong is not None else ""
    return f'<fieldset id="f{one.id}"{wrong_class}{told_by}>{legend}{inside}</fieldset>'


def _scale(one: Question, words: Words) -> str:
    ends = {"low": f"{one.scale_min:g}", "high": f"{one.scale_max:g}", "low_label": one.low_label, "high_label": one.high_label}
    sentence = (words.scale if one.low_label and one.high_label else words.lowest if one.low_label
                else words.highest if one.high_label else None)
    return "" if sentence is None else f'<p class="scale" dir="auto">{_text(sentence.format(**ends))}</p>'


def _choices(one: Question, name: str, sent: str, words: Words) -> str:
    points = [f"{point}" for point in range(int(one.scale_min), int(one.scale_max) + 1)]
    inside = "".join(f'<label class="point">{_radio(name, point, sent)}{point}</label>' for point in points)
    inside = f'<div class="points">{inside}</div>'
    if one.may_not_apply:
        inside += f'<label class="other">{_radio(name, NOT_APPLICABLE, sent)}{_text(words.does_not_apply)}</label>'
    if not one.is_required:  # a radio button that was chosen cannot be left again
        inside += f'<label class="other">{_radio(name, "", sent or None)}{_text(words.no_answer)}</label>'
    return inside


def _radio(name: str, value: str, sent: str | None) -> str:
    return f'<input type="radio" name="{name}" value="{value}"{" checked" if value and value == sent else ""}>'


def _yes(attribute: str, whether: object) -> str:
    return f' {attribute}="true"' if whether else ""


def _text(plain: str) -> str:
    return escape(plain, quote=True)
