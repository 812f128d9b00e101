"""Words: what do customers write, and what does the owner note down?"""

from crm.demo.lives import COMPLAINT, INQUIRY, REQUEST

TICKETS = {
    COMPLAINT: (("The parcel is late", "I have been waiting since last week and nobody could tell me where it is."),
                ("The parcel is late", "The tracking page has not moved for five days. Is the parcel lost?"),
                ("The parcel is late", "It was promised for Tuesday, as a present. Now it is too late."),
                ("The parcel is late", "The carrier says that the address is unknown, but I have lived here for years."),
                ("Arrived broken", "The box was dented and the glaze has a crack."),
                ("Arrived broken", "Two of the four cups were in pieces; there was hardly any paper around them."),
                ("Arrived broken", "The glass carafe has a chip at the rim, so I do not dare to use it."),
                ("Wrong item in the parcel", "I ordered something else; what do I do with this one?"),
                ("Wrong item in the parcel", "The runner is blue, I ordered the natural one. Please send the right one."),
                ("Wrong item in the parcel", "One bowl is missing and a candlestick was in the box instead."),
                ("The lid does not fit", "It wobbles and lets steam out on one side."),
                ("The lid does not fit", "The handle came loose after a week of careful use."),
                ("The lid does not fit", "The blade lost its edge after a few tomatoes; that should not happen."),
                ("Charged twice", "My bank shows the amount two times."),
                ("Charged twice", "The discount for the set was not taken off, I paid the full price."),
                ("Charged twice", "I sent the pan back three weeks ago and still have no money."),
                ("The colour is not as in the picture", "It looks grey in daylight; I expected green."),
                ("The colour is not as in the picture", "On the web page it is a warm white, in my kitchen it is yellow.")),
    REQUEST: (("Please change the address", "We have moved; the next parcel should go to the new flat."),
              ("Copy of the invoice", "Our bookkeeping needs the invoice once more."),
              ("Spare part", "The handle came loose. Can I buy it alone?"),
              ("Pick the order up at the stall", "May I fetch it on Saturday instead?")),
    INQUIRY: (("Is it dishwasher safe?", "I would like to know before I order."),
              ("When is it back in stock?", "It has been sold out for a while."),
              ("Which size for two people?", "We are unsure between the small and the large one."),
              ("Do you ship abroad?", "A friend of mine would like to order too.")),
}

GOOD = ("Beautifully made, I use it every morning.", "Fast delivery and lovely packaging.",
        "Exactly as described. Thank you!", "The handwritten note made my day.", "Great quality for the price.",
        "Friendly advice at the stall, I will be back.", "My third order and still perfect.",
        "Works like a charm, even my mother approves.", "The parcel came a day earlier than promised.",
        "So well packed that not even the thin glass could break.", "The stoneware feels wonderful in the hand.",
        "Ordering in the web shop took me two minutes.", "The advice on the right size was spot on.",
        "Fair prices for things that last.")
GOOD_TOO = ("I have told all my friends.", "The tea is excellent, too.", "Quick answer to my question as well.",
            "We love the colour.", "A pleasure to give away.", "Delivery was quick.")
MIXED = ("Nice product, but the delivery took long.", "Good, though a little expensive.",
         "It is fine. The colour differs from the picture.", "Packaging could be better, the product is okay.",
         "Decent quality, the web shop was confusing.", "Good plate, but paying in the web shop failed twice.",
         "The knife is sharp, the handle could be nicer.", "Shipping costs are a bit high for one bowl.",
         "Pretty, but smaller than I thought.")
MIXED_TOO = ("I may order again.", "Let us see how long it lasts.", "The next parcel will tell.", "A tracking number would help.")
BAD = ("It arrived broken and I had to wait for an answer.", "Very slow answer to my complaint.",
       "The delivery was late and nobody told me.", "Poor quality, the handle came loose after a week.",
       "Wrong item, and sending it back was a nuisance.", "Too expensive for what it is.",
       "The box was crushed and two cups were cracked.", "I waited three weeks for the parcel.",
       "Nobody answered my two e-mails.", "The lid does not fit and lets steam out.",
       "The web shop charged me twice.", "The glaze came off in the dishwasher.")
BAD_TOO = ("I am disappointed.", "Not again.", "I want my money back.", "The last order was better.", "Such a pity.")
GOOD_ZH = ("质量很好，包装也很用心。", "送货很快，非常满意！", "茶壶很漂亮，会再来买。", "杯子手感很舒服，朋友也喜欢。", "客服很耐心，推荐的尺寸正合适。")
MIXED_ZH = ("东西不错，就是有点贵。", "送货有点慢，其他还可以。", "颜色和图片不太一样，质量还行。")
BAD_ZH = ("收到时已经碎了，很失望。", "客服回复太慢了。", "等了三个星期才到，包装也破了。", "质量差，把手一周就松了。")

CALLS = (("Asked about the next order", "Will decide after the weekend."),
         ("Talked about a larger order", "Wants an offer with a discount for twenty pieces."),
         ("Visit with samples", "Liked the stoneware; linen is too dear."),
         ("Thanked for the long loyalty", "Was pleased; told about the new tea."))
ANSWERS = {COMPLAINT: "Sorry for the trouble; a replacement is on its way.", REQUEST: "Done as asked.",
           INQUIRY: "Answered the question and sent a picture along."}

DEALS = ("Tableware for the new terrace", "Gift boxes for the staff", "Monthly coffee and tea", "Linen for the season",
         "Lanterns for the garden", "Starter set for the kitchen", "Knives with yearly sharpening")
LOST_REASONS = ("Too expensive", "Chose another supplier", "No budget this year", "No answer any more")
CAMPAIGNS = {12: "Winter", 1: "Winter", 2: "Winter", 3: "Spring", 4: "Spring", 5: "Spring", 6: "Summer", 7: "Summer",
             8: "Summer", 9: "Autumn", 10: "Autumn", 11: "Autumn"}
TASKS = ("Call back about the offer", "Send the sample of the new glaze", "Ask how the delivery went",
         "Write a birthday card", "Check whether the replacement arrived", "Prepare the offer",
         "Thank for the referral", "Remind of the open invoice")
CHORES = ("Order packing paper", "Photograph the new bowls", "Hand in the sales tax report", "Book the market stall",
          "Count the stock of tea", "Renew the web shop's certificate")


def comment(score: float, lowest: float, highest: float, draw: float, *, is_chinese: bool) -> str:
    """A remark that suits the score; `draw` is uniform in 0..1. Every third one says something more."""
    share = (score - lowest) / (highest - lowest)
    good, mixed, bad = (GOOD_ZH, MIXED_ZH, BAD_ZH) if is_chinese else (GOOD, MIXED, BAD)
    remarks, more = (good, GOOD_TOO) if share >= 0.75 else (mixed, MIXED_TOO) if share >= 0.5 else (bad, BAD_TOO)
    place, rest = divmod(draw * len(remarks), 1)
    if is_chinese or rest >= 1 / 3:
        return remarks[int(place)]
    return f"{remarks[int(place)]} {more[int(rest * 3 * len(more))]}"
