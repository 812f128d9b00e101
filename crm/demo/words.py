"""Words: what do customers write, and what does the owner note down?"""

from crm.demo.lives import COMPLAINT, INQUIRY, REQUEST

TICKETS = {
    COMPLAINT: (("The parcel is late", "I have been waiting since last week and nobody could tell me where it is."),
                ("Arrived broken", "The box was dented and the glaze has a crack."),
                ("Wrong item in the parcel", "I ordered something else; what do I do with this one?"),
                ("The lid does not fit", "It wobbles and lets steam out on one side."),
                ("Charged twice", "My bank shows the amount two times."),
                ("The colour is not as in the picture", "It looks grey in daylight; I expected green.")),
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
        "Works like a charm, even my mother approves.")
MIXED = ("Nice product, but the delivery took long.", "Good, though a little expensive.",
         "It is fine. The colour differs from the picture.", "Packaging could be better, the product is okay.",
         "Decent quality, the web shop was confusing.")
BAD = ("It arrived broken and I had to wait for an answer.", "Very slow answer to my complaint.",
       "The delivery was late and nobody told me.", "Poor quality, the handle came loose after a week.",
       "Wrong item, and sending it back was a nuisance.", "Too expensive for what it is.")
GOOD_ZH = ("质量很好,包装也很用心。", "送货很快,非常满意!", "茶壶很漂亮,会再来买。")
MIXED_ZH = ("东西不错,就是有点贵。", "送货有点慢,其他还可以。")
BAD_ZH = ("收到时已经碎了,很失望。", "客服回复太慢了。")

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
    """A remark that suits the score; `draw` is uniform in 0..1."""
    share = (score - lowest) / (highest - lowest)
    good, mixed, bad = (GOOD_ZH, MIXED_ZH, BAD_ZH) if is_chinese else (GOOD, MIXED, BAD)
    remarks = good if share >= 0.75 else mixed if share >= 0.5 else bad
    return remarks[int(draw * len(remarks))]
