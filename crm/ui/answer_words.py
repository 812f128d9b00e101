"""What do customers read on the pages for their answers? Whole sentences, one set a language, and nothing but sentences.

The owner's own texts (title, questions, thanks) come from the survey and are in whatever language the owner wrote them.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """One language. `{}` marks are filled by crm.ui.answer_pages: numbers and the ends of scales."""

    language: str  # of the page's own sentences, as HTML names it
    send: str
    optional: str
    no_answer: str
    does_not_apply: str
    scale: str  # low, low_label, high, high_label
    lowest: str  # low, low_label
    highest: str  # high, high_label
    one_to_mend: str
    several_to_mend: str  # number
    question_to_mend: str  # place, problem
    missing_choice: str
    missing_text: str
    not_on_scale: str
    too_long: str  # length, limit
    nothing: str
    thanks_title: str
    thanks: str
    answered_title: str
    answered: str
    not_kept_twice: str
    expired_title: str
    expired: str
    closed_title: str
    closed: str
    unknown_title: str
    unknown: str
    not_kept: str
    what_was_written: str
    busy_title: str
    busy: str  # seconds
    trouble_title: str
    trouble: str
    trouble_unsent: str
    send_again: str
    too_large_title: str
    too_large: str
    too_slow_title: str
    too_slow: str
    unreadable_title: str
    unreadable: str
    elsewhere_title: str
    elsewhere: str  # the public address
    no_door: str


ENGLISH = Words(
    language="en",
    send="Send",
    optional="optional",
    no_answer="No answer",
    does_not_apply="Does not apply to me",
    scale="{low} means “{low_label}”, {high} means “{high_label}”.",
    lowest="{low} means “{low_label}”.",
    highest="{high} means “{high_label}”.",
    one_to_mend="One question still needs you. Nothing was sent yet, and nothing you entered is lost.",
    several_to_mend="{number} questions still need you. Nothing was sent yet, and nothing you entered is lost.",
    question_to_mend="Question {place}: {problem}",
    missing_choice="Please choose an answer.",
    missing_text="Please write an answer.",
    not_on_scale="Please choose one of the answers shown.",
    too_long="This text is {length} characters long; at most {limit} can be sent. Please shorten it.",
    nothing="Please answer at least one question. Nothing was sent yet.",
    thanks_title="Thank you",
    thanks="Your answer has arrived. You can close this page now.",
    answered_title="Already answered",
    answered="This link was used already, and the answer has arrived. Each link counts once.",
    not_kept_twice="This link was used already, and the first answer counts. What was sent just now was not kept.",
    expired_title="This link is no longer valid",
    expired="The time for this answer is over. If you still want to tell us something, please write to us.",
    closed_title="This survey is over",
    closed="No more answers are collected here. If you still want to tell us something, please write to us.",
    unknown_title="There is nothing at this address",
    unknown="Perhaps the link was not copied whole, or a newer one was sent to you. Please open it once more from the message.",
    not_kept="What was sent just now was not kept.",
    what_was_written="This is what you wrote, so that you can copy it:",
    busy_title="One moment, please",
    busy="Too many pages were asked for from your connection. Please wait {seconds} seconds, then load this page again; if your "
         "browser asks whether to send the form again, say yes.",
    trouble_title="That did not work",
    trouble="Your answer could not be kept just now. It is still here: please wait a moment and send it again.",
    trouble_unsent="This page cannot be shown just now. Please try again in a few minutes.",
    send_again="Send again",
    too_large_title="That is too much text",
    too_large="So much cannot be sent at once. Please go back in your browser and shorten your text.",
    too_slow_title="That took too long",
    too_slow="The connection was too slow, and your answer did not arrive. Please load this page again and let the browser send "
             "the form once more.",
    unreadable_title="That could not be read",
    unreadable="Your browser sent the form in an unusual way. Please open the link again from the message.",
    elsewhere_title="Not through this address",
    elsewhere="Answers are collected at {address} only. If that is where you came from, the proxy does not pass on the name of the "
              "host; README.md says how it is set up.",
    no_door="No answers are collected here.",
)
