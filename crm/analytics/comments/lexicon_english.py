"""Which English words sound happy, which unhappy? Written for remarks about shops, parcels and service.

Base words by kind and strength; their usual forms are made from them (`tone` below), and what a form would be taken for
wrongly stands in NEUTRAL. Weights: 3 strong, 2 plain, 1 faint; below zero is unhappy.
"""

from __future__ import annotations

from functools import cache

from crm.analytics.comments.word_lists import listed, weighted

ADJECTIVES = {
    3: """amazing astonishing astounding awesome best breathtaking brilliant delightful excellent exceptional exquisite extraordinary
       fabulous fantastic faultless flawless gorgeous heavenly immaculate impeccable incredible magnificent marvellous marvelous
       mindblowing outstanding peerless perfect phenomenal remarkable sensational splendid stellar stunning sublime superb
       superior terrific unbeatable unforgettable unmatched wonderful wondrous ecstatic overjoyed thrilled delighted""",
    2: """accommodating accurate adorable affordable agreeable appealing appetising appetizing appreciative approachable aromatic
       attentive attractive beautiful beloved beneficial better bright capable careful caring charming cheerful classy clean
       clear clever colourful colorful comfortable comfy complete complimentary conscientious considerate consistent content
       convenient cool cordial correct courteous cosy cozy creamy crisp cute dainty dazzling decorative dedicated delicate
       delicious dependable desirable diligent discounted durable earnest easy ecological economical effective efficient effortless elegant
       enchanting energetic engaging enjoyable enjoyed ergonomic ethical excited exciting expert exact fair faithful fancy
       fascinating fast faster fastest fine flavourful flavorful flexible fragrant free fresh friendly fun functional
       generous genial gentle genuine glad glorious good gracious grand grateful great handsome handy happy harmonious healthy
       heartfelt helpful high-quality honest hospitable humorous ideal imaginative impressive informative ingenious innovative
       inspiring instant instructive intuitive inventive inviting joyful joyous juicy keen kind kindhearted knowledgeable
       lasting legendary lightweight likeable likable lively long-lasting lovely lovable loyal lucky luscious lush luxurious
       meaningful memorable meticulous modern neat nice noble nourishing obliging odourless odorless on-time optimal original painless
       patient peaceful perky personable playful pleasant pleased pleasing pleasurable polished polite popular positive
       practical precious precise premium prestigious pretty pristine prized productive professional proficient prompt
       proper proud pure qualified quick quiet radiant rapid reasonable reassuring recommendable recommended refreshing
       reliable resourceful respectful responsible responsive reusable rewarding rich robust romantic safe satisfactory satisfied satisfying
       savoury savory seamless secure sensible sharp shiny silky simple sincere skilful skillful sleek slick smart smiling
       smooth snug soft soothing sophisticated sparkling special spacious speedy spotless stable steady straightforward
       strong sturdy stylish successful super supple supportive supreme sustainable sweet swift sympathetic tasteful tasty
       tender thankful thorough thoughtful tidy timeless timely tranquil transparent trendy trustworthy truthful
       trusty unbreakable uncomplicated understanding unique user-friendly useful valuable versatile vibrant vivid warm warmhearted
       waterproof welcome welcoming well-made well-packed well-designed wholesome wise witty wellmade well-thought-out wowed
       yummy hassle-free trouble-free problem-free top-notch first-class first-rate world-class chic divine dreamy worth worthwhile unequalled
       intact unscathed undamaged adored cherished treasured impressed happier nicer kinder prettier easier quicker""",
    1: """acceptable adequate bearable decent fair-priced okay ok alright passable satisfactorily suitable tolerable usable
       workable inexpensive compact sufficient interested interesting promising fitting matching updated""",
    -1: """average basic bland boring clumsy common complicated confused confusing dear debatable dim dull faint
        forgettable hard heavier imperfect inconvenient indifferent limited mediocre middling mixed monotonous noisy odd
        ordinary overlong plain pricey pricy problematic questionable short shortlived simplistic sketchy
        so-so stiff strange tight tricky unclear uneven unexciting unimpressive uninspired unremarkable unsure
        unusual vague weird wobbly meh lukewarm expensive costly""",
    -2: """absent aggravating annoyed annoying angry arrogant awkward bad battered bent bitter blunt blurred blurry brittle broken
        broke bruised brusque bulky bumpy burned burnt busted careless chaotic cheap-looking cheaply chewed chipped clogged cold-hearted
        condescending contaminated corroded corrupt cracked cranky crappy crooked crumbling crumpled crushed curt
        damaged damp dangerous dead deaf deceitful deceptive defective deficient deformed delayed dented deplorable difficult dingy
        dirty disagreeable disappointed disappointing discoloured discolored discontinued discourteous dishonest
        disinterested dismissive displeased disrespectful dissatisfied dissatisfying distressing distorted distressed dodgy doubtful
        dreary dubious dusty dysfunctional erratic erroneous excessive exhausting expired faded fake false faulty
        fed-up filthy fishy flawed flimsy foul fragile frayed frustrated frustrating fuming furious glitchy gloomy gross grubby
        grumpy half-empty half-hearted harsh harmful hazardous hostile ignorant ill-fitting illogical impatient impersonal impolite impossible
        impractical inaccurate inadequate inappropriate inattentive incapable incompatible incompetent incomplete
        inconsiderate inconsistent incorrect indifferent ineffective inefficient inept inferior inflated inflexible insecure insensitive
        insufficient insulting intolerable irresponsible irrelevant irritated irritating jammed jerky lame late lax lazy leaky
        lengthy lifeless lost loud lousy low-quality mad malfunctioning mean melted messy misaligned misleading
        mishandled mislabeled mislabelled missing mistaken mistreated moldy mouldy muddy musty nasty negative neglected
        neglectful negligent nervous noncommittal nonexistent nonsensical obnoxious obsolete obstinate offended offensive
        outdated out-of-date outrageous overcharged overcooked overdue overheated overpriced overrated painful pathetic peeling
        perplexing pitiful pointless poor poorer punctured rancid rattling reckless regrettable reluctant repetitive resentful ridiculous
        ripped risky rotten rough rude ruined rushed rusted rusty sad scammy scared scary scratched scratchy
        scuffed second-rate second-hand senseless shabby shaky shattered shocked shocking shoddy sick slack slanted sleazy slippery
        sloppy slow slower slowest sluggish smashed smelly soaked soggy sore sorry sour spoiled spoilt spotty squashed
        squeaky stained stale stolen stressful stressed stubborn stuck stupid substandard subpar sub-par suspicious
        tacky tangled tardy tarnished tasteless tatty tedious thoughtless threadbare time-consuming tiresome tiring torn
        tough troubled troublesome ugly unable unacceptable unanswered unapproachable unattractive unauthorised unauthorized
        unavailable unaware unbalanced unclean uncomfortable uncooperative undelivered underwhelmed underwhelming undercooked
        uneasy unethical unfair unfinished unfit unfortunate unfriendly unfulfilled ungrateful unhappy unhealthy unhelpful
        uninterested uninteresting unjust unjustified unkind unpleasant unplayable unprofessional unprepared unreadable unrealistic
        unreachable unreasonable unreliable unresolved unresponsive unsafe unsanitary unsatisfactory unsatisfied unsatisfying
        unsealed unstable unsuitable unsuitably untidy untrained untrue untrustworthy unusable unwanted unwelcome
        unwilling unworthy upset upsetting useless vicious violent warped watered-down weak weaker wet wilted worn wornout
        worried worrying wrinkled wrong dreaded bogus clunky crooked creased dodgiest dried-out soulless
        inexcusable unbearable underweight undersized oversized overwhelmed overcomplicated empty hopeless
        noisier defunct doomed ripped dissappointed dissapointed disapointed disappointedly dissappointing dissapointing uncaring unhygienic scrappy shady stingy stinky sticky unsightly unsettling""",
    -3: """abominable abysmal appalled appalling atrocious awful catastrophic crap criminal despicable dire disastrous
        disgraceful disgusted disgusting dismal dreadful enraged fraudulent ghastly hateful hideous horrendous horrible
        horrid horrific infuriated infuriating laughable livid nauseating nightmarish outraged repulsive revolting scandalous
        shameful shameless shitty sickening terrible terrifying toxic unforgivable vile worst worse worthless wretched woeful
        lousiest shit""",
}
VERBS = {
    3: "adore cherish treasure",
    2: """admire applaud appreciate captivate cheer commend compliment congratulate delight enchant enjoy exceed excel fascinate
       favour favor gleam glow help impress inspire like love outperform please praise recommend rejoice reassure rescue
       satisfy savour savor shine simplify smile soothe sparkle succeed surpass thrill thrive trust welcome wow improve
       enhance benefit solve fulfil fulfill compensate""",
    1: "suit resolve thank",
    -1: "worry complain doubt lack struggle hesitate wait bother confuse concern rattle creak squeak miss delay",
    -2: """abandon abuse aggravate annoy avoid blame botch break bruise bully burn cheat chip clog collapse condemn crack crash
        criticise criticize crumble damage deceive decline degrade deny dent despair deteriorate detest disappoint disconnect
        discolour discolor discourage dislike displease disregard disrespect dissatisfy distort disturb drip fade fail
        falsify flake fray freeze frustrate fume grumble harass harm hurt ignore infest infuriate insult irritate
        jam leak lie malfunction mess misbehave misinform mislead misplace misrepresent mistreat mock mould mold neglect offend
        overcharge overheat overprice peel pester rot ruin rust sadden scratch shatter shed shrink sink slip smash smell smear
        snap snub spill spoil stain stall steal stink suck suffer tarnish tear threaten trick undercook underestimate upset
        violate warp waste wilt wobble worsen regret refuse reject cancel cry dismiss dread dump drown glitch choke betray
        backfire bug cripple decay disgust disappear die corrode bleed wither""",
    -3: "despise hate loathe scam swindle defraud rob abhor",
}
NOUNS = {
    1: "thanks",
    3: "masterpiece perfection excellence bliss wow",
    2: """advantage asset bargain beauty benefit blessing bonus charm comfort compliment courtesy craftsmanship delight ease
       efficiency elegance enjoyment enthusiasm favourite favorite friendliness fun gem generosity gratitude happiness
       helpfulness highlight hit honesty hospitality improvement innovation integrity jewel joy kindness kudos love
       loveliness luck luxury must-have patience peace perk pleasure plus politeness praise pride professionalism promptness
       punctuality reliability respect satisfaction simplicity smile strength style success support treasure
       treat trust warmth winner yum bravo hooray hurray thumbs-up congrats congratulations kiss hug lifesaver""",
    -1: """con concern delay disadvantage doubt downside drawback excuse inconvenience limitation minus quirk shortcoming wait snag
        hiccup niggle setback nuisance bother annoyance""",
    -2: """abuse anger apathy bruise blemish breakage bug chaos complaint confusion contamination corruption crack damage danger
        deception defect deficiency dent difficulty dirt disappointment disbelief discomfort discontent disgust dishonesty dispute dissatisfaction
        distress dud error failure fault filth flaw flop fool fraudster frustration fuss garbage glitch greed grievance hassle hardship
        headache ignorance impoliteness inaccuracy incompetence insult irritation issue junk lemon liar loss malfunction mess misery
        mistake misunderstanding mold mould negligence neglect offence offense outrage pain pity problem regret
        rip-off ripoff risk rudeness rubbish rust sadness scratch shame shock sloppiness smell stain stench stress stupidity
        tear thief threat trash trouble unhappiness violation waste wreck weakness worry shambles crook obstacle lawsuit
        crap sadness stink""",
    -3: "catastrophe disaster disgrace fiasco fraud horror nightmare scam scammer swindle bullshit travesty catastrophe",
}
# Several words that say something together; "_" joins them. The longest that fits counts, not its words.
PHRASES = {
    3: """worth_every_penny worth_every_cent second_to_none made_my_day over_the_moon could_not_be_happier couldn't_be_happier cannot_be_beaten can't_be_beaten
       can't_fault cannot_fault nothing_but_praise beyond_expectations exceeded_my_expectations exceeded_expectations above_and_beyond
       works_like_a_charm out_of_this_world can't_praise_enough ten_out_of_ten five_stars 5_stars blown_away no_complaints
       nothing_to_complain couldn't_be_better could_not_be_better can't_recommend_enough cannot_recommend_it_enough can't_recommend_it_enough cannot_recommend_them_enough can't_recommend_them_enough can't_go_wrong cannot_go_wrong well_done""",
    2: """as_described as_expected as_promised as_ordered as_pictured be_back come_back_again come_again buy_again order_again
       shop_again use_again ordering_again coming_back on_time in_time right_away straight_away no_problem no_problems
       no_issues no_issue no_trouble no_fuss no_hassle no_worries not_a_problem thumbs_up well_made well_packed well_packaged
       well_built well_designed well_wrapped well_worth worth_it worth_the_money worth_the_price worth_the_wait good_value
       value_for_money great_value high_quality fits_perfectly fits_well works_well works_fine works_great holds_up holds_well
       lasts_long happy_customer went_smoothly looks_great looks_good looking_forward look_forward without_a_hitch without_problems
       without_any_problems keep_it_up keep_up big_fan user_friendly easy_to_use a_breeze spot_on top_notch sold_on must_have
       like_new even_better better_than_expected better_than_i_expected still_works still_working still_going
       never_let_me_down never_disappoints never_disappointed never_fails never_failed not_disappointed more_than_happy
       ahead_of_schedule earlier_than_expected sooner_than_expected earlier_than_promised sooner_than_promised day_earlier customer_for_life regular_customer low_price good_price fair_price
       great_price lower_price no_regrets does_the_job does_its_job gets_the_job_done does_what_it_says plug_and_play top_quality
       nothing_wrong a_plus big_plus huge_plus no_brainer doesn't_get_any_better does_not_get_any_better can't_get_any_better couldn't_get_any_better couldn't_get_better not_hesitate never_a_problem wouldn't_hesitate don't_hesitate stood_the_test pleasantly_surprised nicely_surprised""",
    1: "not_bad fair_enough could_be_worse no_big_deal can't_complain cannot_complain",
    -1: """could_be_better could_be_nicer could_be_cheaper could_be_faster smaller_than could_have_been_better could_do_better nothing_special no_big_difference so_so not_so_good not_that_good
        not_sure room_for_improvement took_long took_so_long took_a_while took_ages should_have should_be_better i_wish would_be_nice would_be_better
        expected_more hoped_for_more had_hoped had_expected needs_improvement need_to_improve to_be_improved not_enough
        supposed_to only_downside a_bit_much""",
    -2: """fell_apart falls_apart fall_apart falling_apart came_loose comes_loose came_off comes_off coming_off fell_off falls_off
        came_apart wore_out worn_out gave_up gave_out let_down lets_down lets_steam letting_down sent_back send_back send_it_back
        sent_it_back sending_it_back sending_back returned_it returning_it return_it had_to_return going_back took_it_back take_it_back
        no_answer no_reply no_response no_refund no_help no_service no_sign no_stock no_information no_tracking no_contact
        nobody_told nobody_answered nobody_answers nobody_replied nobody_helped nobody_cares nobody_could no_one_told
        no_one_answered no_one_answers no_one_replied no_one_helped no_one_cares nobody_knew no_one_knew nobody_came
        never_arrived never_came never_received never_got never_answered never_replied never_heard never_called never_works never_worked
        did_not_arrive didn't_arrive has_not_arrived hasn't_arrived not_arrived not_received didn't_receive did_not_receive still_waiting
        still_not still_no stopped_working stops_working quit_working does_not_work doesn't_work did_not_work didn't_work not_working won't_work
        will_not_work doesn't_fit does_not_fit did_not_fit didn't_fit not_fit not_as_described not_as_expected not_as_pictured not_as_advertised
        not_as_promised not_as_shown not_what_i_ordered not_what_i_expected out_of_stock sold_out out_of_order
        out_of_date ran_out run_out fed_up had_enough put_off charged_twice charged_me_twice billed_twice wrong_item wrong_size
        wrong_colour wrong_color wrong_address different_from_the_picture differs_from look_elsewhere shop_elsewhere go_elsewhere
        somewhere_else hung_up too_much too_many too_little too_few too_late too_long too_small too_big too_large too_short too_tight
        too_loose too_thin too_thick too_heavy too_expensive too_high too_low too_slow too_hard too_soft too_loud too_dear too_salty
        too_sweet too_wide too_narrow too_dark too_complicated too_weak too_strong too_bad too_pricey too_quickly down_the_drain
        lost_in_the_post lost_in_transit low_quality poor_quality no_way no_good no_use no_longer_works not_recommend not_worth
        recommend_against recommended_against anything_but go_wrong locks_up locked_up lock_up got_worse getting_worse gets_worse not_happy bad_taste dead_on_arrival not_user_friendly had_to_call had_to_wait
        had_to_wait_for run_around runaround kept_waiting waste_of_time hard_to had_trouble one_star 1_star
        price_increase prices_went_up went_up_in_price raised_prices went_wrong goes_wrong
        different_from_what gave_me_the_wrong smaller_than_expected smaller_than_i_expected thinner_than cheaply_made""",
    -3: """waste_of_money never_again rip_off ripped_off last_time stay_away steer_clear keep_away piece_of_junk piece_of_crap
        want_my_money_back money_back avoid_at_all do_not_buy don't_buy dont_buy not_buy_again never_buy never_order never_use
        never_come_back won't_be_back won't_come_back won't_buy won't_order not_order_again not_be_back not_come_back zero_stars
        total_loss a_joke bad_joke worst_ever lost_my_money lost_a_customer""",
}
# Would be taken for a form of a word above.
NEUTRAL = listed("""please lately later latest hardly fairly prettily likely unlikely liking likes likewise kinds shortly shorts shorter
                    basically plainly commonly cooler cooling fasting firstly ordinarily lighter cons hards specially clearing minuses
                    freely freeing support supports supporting supported kindly pleases hardness hardest harder mixedly sharply dearly
                    warmer warmers coolers dims refunds refunding refunded waits lighters bests""")
NEGATORS = listed("""not no never neither nor none nobody nothing nowhere cannot cant can't without hardly barely scarcely rarely seldom
                     don't dont doesn't doesnt didn't didnt isn't isnt aren't arent wasn't wasnt weren't werent won't wont wouldn't
                     wouldnt couldn't couldnt shouldn't shouldnt haven't havent hasn't hasnt hadn't hadnt ain't aint lack lacks lacked
                     lacking zero""")
NO_NEGATION_BEFORE = listed("only just merely to least")  # "not only good", "not just nice"
BOOSTERS = weighted({
    1.4: """very really so extremely absolutely totally completely incredibly super highly truly utterly especially exceptionally
         particularly terribly awfully most much more too always insanely seriously remarkably""",
    0.7: """slightly somewhat bit little rather fairly mildly kinda partly partially sometimes occasionally almost relatively pretty
         quite enough mostly sort kind"""})
BUT = listed("but however unfortunately except sadly yet nevertheless nonetheless")
ALTHOUGH = listed("although though despite albeit while whilst")
_VOWELS = "aeiou"


@cache
def tones() -> dict[str, float]:
    """Every form of every word, and its weight (-3 to 3). What a word is listed as counts more than what it is a form of."""
    found: dict[str, float] = {}
    for kinds, forms in ((NOUNS, _plurals), (VERBS, _verb_forms), (ADJECTIVES, _adjective_forms)):
        for weight, text in kinds.items():
            for word in text.split():
                for form in forms(word):
                    found.setdefault(form, float(weight))
    for kinds in (NOUNS, VERBS, ADJECTIVES):  # a word that is listed itself counts as it is listed
        for weight, text in kinds.items():
            found.update(dict.fromkeys(text.split(), float(weight)))
    for word in NEUTRAL:
        found.pop(word, None)
    return found


@cache
def phrases() -> dict[str, tuple[tuple[tuple[str, ...], float], ...]]:
    """First word -> the (words, weight) that begin with it, the longest first."""
    found: dict[str, list] = {}
    for weight, text in PHRASES.items():
        for phrase in text.split():
            words = tuple(phrase.split("_"))
            found.setdefault(words[0], []).append((words, float(weight)))
    return {first: tuple(sorted(listed, key=lambda one: (-len(one[0]), one[0]))) for first, listed in found.items()}


def base_words() -> int:
    """How many words and phrases are listed, their made forms not counted."""
    return len({word for kinds in (ADJECTIVES, VERBS, NOUNS, PHRASES) for text in kinds.values() for word in text.split()})


def _plurals(word: str) -> list[str]:
    if word.endswith(("s", "x", "ch", "sh")):
        return [word, word + "es"]
    if word.endswith("y") and word[-2] not in _VOWELS:
        return [word, word[:-1] + "ies"]
    return [word, word + "s"]


def _verb_forms(word: str) -> list[str]:
    """love: loves, loved, loving; stop: stops, stopped, stopping; cry: cries, cried, crying."""
    irregular = {"break": "broke broken", "steal": "stole stolen", "freeze": "froze frozen", "shrink": "shrank shrunk",
                 "sink": "sank sunk", "tear": "tore torn", "stink": "stank stunk", "shine": "shone", "hurt": "", "smell": "smelt",
                 "burn": "burnt", "spoil": "spoilt", "mislead": "misled", "lie": ""}
    forms = [*_plurals(word), *irregular.get(word, "").split()]
    if word.endswith("e"):
        return [*forms, word + "d", word[:-1] + "ing"]
    if word.endswith("y") and word[-2] not in _VOWELS:
        return [*forms, word[:-1] + "ied", word + "ing"]
    doubled = len(word) <= 6 and word[-1] not in "wxyaeiou" and word[-2] in _VOWELS and word[-3] not in _VOWELS
    stem = word + word[-1] if doubled else word
    return [*forms, word + "ed", word + "ing", stem + "ed", stem + "ing"]


def _adjective_forms(word: str) -> list[str]:
    """happy: happily, happier, happiest, happiness; simple: simply; nice: nicer, nicest."""
    if word.endswith("y") and len(word) > 3:
        stem = word[:-1] + "i"
        return [word, stem + "ly", stem + "er", stem + "est", stem + "ness"]
    if word.endswith("le"):
        return [word, word[:-1] + "y", word + "r", word + "st"]
    if word.endswith("ic"):
        return [word, word + "ally"]
    if word.endswith("e"):
        return [word, word + "ly", word + "r", word + "st", word + "ness"]
    return [word, word + "ly", word + "er", word + "est", word + "ness"]
