"""Planted: which facts does the demo company hold, so that anyone can see an analysis find them?"""

# --- Size of the company ------------------------------------------------------------------------------------
CUSTOMERS = 2_000  # what one person can still know by their records, and enough for every model
TWICE = 12  # customers who came back under another spelling, as the Duplicates page is to find
# Slips of the keyboard, one in so many records, as the Data quality page is to find and mend.
SHOUTED_NAME, DOUBLE_BLANK, SHOUTED_TOWN, BORN_1900, SENT_BEFORE_ORDERED = 97, 113, 89, 280, 2_900
LEADS = 110  # of them: asked, but never bought
HISTORY_DAYS = 3 * 365  # three Novembers and Decembers, so that seasons can be told from growth
COMPANY_SHARE = 0.08  # cafés, offices and shops among the customers
FOUNDING_SHARE = 0.24  # customers who came over from the old market stall in the first weeks
FOUNDING_DAYS = 90
ACQUISITION_GROWTH = 0.10  # a year: new customers come in a little faster
ANONYMOUS_ORDERS = 1_700  # sold at the stall without a name: baskets, but nobody's
LAST_HOUR = 9  # the records end at nine in the morning of today, so that nothing lies in the future for long

# --- When people buy ----------------------------------------------------------------------------------------
# Share of an ordinary month, January first: a kitchen shop lives on November and December.
SEASON = (0.86, 0.86, 0.92, 0.95, 0.97, 0.92, 0.83, 0.86, 0.96, 1.08, 1.42, 1.62)
AFTER_CHRISTMAS = 0.55  # from 23 to 31 December the parcels would come too late
WEEKDAY = (1.02, 1.0, 1.0, 1.0, 1.04, 1.06, 0.88)  # Monday first

# --- (a) Customers buy till they die: gamma rates, beta drop-out, as BG/NBD assumes (Fader, Hardie & Lee 2005)
PERSON_RATE = (0.95, 1 / 44)  # shape, mean orders a day: many rare buyers, a few eager ones
COMPANY_RATE = (2.0, 1 / 24)  # companies order more often and more alike
PERSON_DROP = (0.65, 4.4)  # beta: 13 % leave after an order on average, with a wide spread
COMPANY_DROP = (1.0, 22.0)  # companies stay
RHYTHM_SHARE = 0.09  # persons who reorder tea, coffee or oil by the calendar
RHYTHM_DAYS = (21, 28, 28, 35, 42)  # their periods
RHYTHM_SPREAD = 0.12  # standard deviation as a share of the period
RHYTHM_DROP = (1.0, 24.0)
STAPLE_CHANCE = 0.85  # a rhythm customer's order holds the staple that the rhythm is about

# --- (f) Ways of being won differ in value: factors on the rate, and on the chance to leave -----------------
ACQUISITION = ("Web search", "Social media", "Marketplace", "Market stall", "Referral")
ACQUISITION_SHARE = (0.32, 0.15, 0.20, 0.17, 0.16)
ACQUISITION_RATE = (1.0, 0.85, 0.75, 1.15, 1.05)
ACQUISITION_DROP = (1.0, 1.15, 1.7, 0.9, 1.0)

# --- (e) Referred customers stay: their chance to leave after an order is this much lower -------------------
REFERRED_DROP = 0.40
REFERRER_MIN_FEELING = 4  # only who was content last time brings somebody

# --- (c) What lowers satisfaction, in points of the 1-5 scale before rounding -------------------------------
FEELING_BASE = 4.48
FEELING_SPREAD = 1.0  # from order to order
PERSON_SPREAD = 0.20  # from customer to customer
COMPLAINT_CHANCE = 0.055  # of an order
INQUIRY_CHANCE = 0.055
REQUEST_CHANCE = 0.040
COMPLAINT_EFFECT = -1.0
REQUEST_EFFECT = -0.25
INQUIRY_EFFECT = -0.10
LATE_AFTER_HOURS = 48  # a first answer after two days is late
LATE_CHANCE = 0.18
LATE_CHANCE_AT_CHRISTMAS = 0.40  # one person alone in November and December
LATE_EFFECT = -0.9

# --- (f) Satisfaction differs by how the customer was won and by region, and by nothing else ----------------
ACQUISITION_FEELING = (0.0, 0.0, -0.35, 0.15, 0.15)
REGIONS = ("North", "South", "East", "West", "Islands")
REGION_SHARE = (0.27, 0.23, 0.20, 0.20, 0.10)
REGION_FEELING = (0.0, 0.0, 0.0, 0.0, -0.55)  # parcels to the islands are slow
NO_EFFECT_ON_SATISFACTION = ("gender", "country", "birth_year", "education")  # the stated nulls

# --- (d) Discontent makes people leave ----------------------------------------------------------------------
LOW_FEELING = 2  # 1 and 2 of 5
LOW_FEELING_HAZARD_RATIO = 7.0  # after such an order: chance to leave 1 - (1 - p)**7 instead of p

# --- (b) What is bought together: trigger, what comes with it, the chance that it does ----------------------
AFFINITIES = (
    ("Stoneware teapot", ("Tea tin",), 0.45),
    ("Pasta machine", ("Pasta drying rack",), 0.50),
    ("Chef's knife", ("Whetstone",), 0.40),
    ("Linen table runner", ("Linen napkins",), 0.42),
    ("Storm lantern", ("Lamp oil",), 0.55),
    ("Pour-over dripper", ("Paper filters",), 0.50),
    ("Proofing basket", ("Dough scraper", "Bread cloth"), 0.40),  # a triple: both or neither
)
TASTE_CONCENTRATION = 3.2  # Dirichlet: lower is more one-sided; most customers keep to two or three categories
YOUNG_FROM_YEAR = 1988
YOUNG_TASTE = ("Coffee & tea", 2.0)  # the young buy twice as much of this category

# --- Campaigns: of the customers still alive, so many more order within two weeks than without the letter ---
CAMPAIGN_DAYS_AGO = (905, 720, 545, 370, 190, 24)  # the last one still runs
CAMPAIGN_EXTRA_ORDER = 0.22
CAMPAIGN_HOLDOUT = 0.25
CAMPAIGN_REACH = 0.75  # of customers with consent and an order in the last CAMPAIGN_ACTIVE_DAYS
CAMPAIGN_ACTIVE_DAYS = 365
CAMPAIGN_CLICK = 0.09  # answer without an order

# --- Orders -------------------------------------------------------------------------------------------------
SALES_CHANNELS = ("Web shop", "Marketplace", "Market stall", "Phone")
# By way of being won (rows as ACQUISITION): where they then order.
SALES_CHANNEL_SHARE = ((0.86, 0.04, 0.04, 0.06), (0.90, 0.05, 0.03, 0.02), (0.22, 0.74, 0.01, 0.03),
                       (0.34, 0.02, 0.54, 0.10), (0.72, 0.04, 0.14, 0.10))
COMPANY_CHANNEL_SHARE = (0.45, 0.05, 0.05, 0.45)
EXTRA_ITEMS = 0.62  # mean number of items beyond the first, of a person with the median income
INCOME_ELASTICITY = 1.0  # of that number: 10 % more income, 10 % more of them
COMPANY_EXTRA_ITEMS = 1.4
CANCEL_CHANCE = 0.022  # of an order, except at the stall
RETURN_CHANCE = 0.030  # of a line; twice that for orders through the marketplace
SHORTAGE_CHANCE = 0.006  # of a line in an order of several: cancelled because it was out of stock
SHIPPING_E4 = 49_000
FREE_SHIPPING_FROM_E4 = 600_000
COMPANY_DISCOUNT_PERCENT = 10
SALE_DISCOUNT_PERCENT = 20
SALE_CHANCE = 0.45  # of a line in a sale week
GOODWILL_CHANCE = 0.15  # of a complaint: a credit of GOODWILL_E4
GOODWILL_E4 = 50_000

# --- Payments: at once in the shop, at the stall and on the marketplace; companies by invoice ------------------
PAYMENT_TERM_DAYS = 14
COMPANY_PAYS_AFTER_DUE = (-4.0, 2.5)  # mean and spread between companies, in days: most pay a little before it is due
PAYS_SPREAD_DAYS = 3.0  # from bill to bill
LATE_PAYERS_AMONG = 12  # of the companies with at least so many invoices,
LATE_PAYER_EVERY = 5  # every so many (by code, the first one included) pays late:
LATE_PAYER_CHANCE = 0.85  # this share of the bills,
LATE_PAYER_DAYS = (6.0, 4.5)  # gamma: shape and scale, 27 days late on average;
LATE_PAYER_TURNED_DAYS_AGO = 365  # every other of them only since a year ago
# One invoice each of other companies is not paid yet and so many days overdue, as near as there is one.
OVERDUE_DAYS = (9, 20, 38, 52, 75, 118)
HALF_PAID_PLACE = 2  # of them: half of this one came in on the day it was due
REFUND_DAYS = (1, 5)  # after the credit

# --- Deals: who already buys says yes more often ------------------------------------------------------------
DEAL_WIN_CHANCE = 0.34
DEAL_WIN_CHANCE_OF_BUYERS = 0.62  # companies with at least DEAL_BUYER_ORDERS orders
DEAL_BUYER_ORDERS = 8

# --- Surveys ------------------------------------------------------------------------------------------------
CSAT_ANSWERED = 0.13  # of the orders without a ticket; whether somebody answers depends on nothing else
CSAT_ANSWERED_AFTER_TICKET = 0.38
CES_ANSWERED = 0.33  # of the resolved tickets
CES_BASE = 5.9  # 1 to 7, higher is easier
CES_COMPLAINT_EFFECT = -0.7
CES_LATE_EFFECT = -1.4
NPS_ANSWERED = 0.26
NPS_EVERY_DAYS = 182
NPS_BASE = 8.42  # 0 to 10, of a customer whose mean feeling is NPS_AT_FEELING
NPS_AT_FEELING = 4.15
NPS_SLOPE = 1.5  # points for a point of mean feeling
NPS_SPREAD = 1.5
LIKERT_DAYS_AGO = (850, 490, 120)
LIKERT_ANSWERED = 0.34
LIKERT_LOADING = 0.75  # share of one common attitude in each item (correlation of two items .56 before rounding)
LIKERT_ITEMS = (("The delivery came when promised.", 3.75), ("The packaging protected everything.", 4.15),
                ("The products are well made.", 4.45), ("The prices are fair.", 3.55),
                ("The web shop is easy to use.", 3.95), ("The advice was helpful.", 4.05))
OVERALL_ITEM = "Overall, I am content with the shop."
# What stands behind it: prices and punctual delivery, hardly anything else, though the products are praised the most.
OVERALL_WEIGHTS = {"The delivery came when promised.": 0.30, "The products are well made.": 0.08, "The prices are fair.": 0.58}
OVERALL_SPREAD = 0.5
NOT_APPLICABLE = (0.04, 0.04, 0.01, 0.01, 0.12, 0.30)  # of each item: not every customer asked for advice

# --- Stars of single products: an opinion of the thing, apart from how the order went ----------------------------
STARS_GIVEN = 0.06  # of the things that a customer bought, the first time
STARS_BASE = 4.25  # 1 to 5
STARS_BETWEEN_PRODUCTS = 0.18  # spread of what is thought of one product and another
DISAPPOINTING, DISAPPOINTMENT = "Paper lantern", -1.2  # one of them disappoints
STARS_OF_FEELING = 0.5  # of what the customer feels in general
STARS_SPREAD = 0.75

# --- Service desk ---------------------------------------------------------------------------------------------
REOPENED = 0.07  # of the solved tickets were opened once more on the way
COST_NOTED = 0.4  # of the complaints the owner noted what they cost
COST_CENTS = 850  # in the middle of them
WEEKEND_HELP = "Weekend help"  # who answers on Saturday and Sunday; as good as the owner
OWNER = "Owner"
