"""Which words say nothing of what a comment is about? And which tell that it is in another language?"""

from __future__ import annotations

from crm.analytics.comments.word_lists import listed

ENGLISH = listed("""a about above after again against ago all almost along already also although always am among an and another any anybody
    anyone anything anyway are around as ask asked asks at away back be became because become been before being below between both but by
    came can can't cannot come comes coming could did do does doing done down during each either else end ended enough even ever every
    everybody everyone everything far few first for from gave get gets getting give given gives go goes going gone got had has have having
    he hence her here hers herself him himself his how however i i'd i'll i'm i've if in indeed instead into is it it'd it'll it's its itself
    just keep keeps kept knew know known knows last least less let lets like ll lot lots made make makes making many may maybe me mean means
    might mine more most mostly much must my myself near need needed needs neither next nor now of off often oh ok okay on once one ones
    only onto or other others our ours ourselves out over own per perhaps put puts quite rather re really s said same saw say saying says
    second see seem seemed seems seen self several shall she should since so some somebody someone something sometimes somewhat soon
    still such t take taken takes taking tell than that that's the their theirs them themselves then there there's thereby these they
    they'd they'll they're they've thing things think this those though thought three through thus till to today together told tomorrow
    too took toward towards tried tries try trying two under unless until up upon us use used uses using usually ve very via want wanted
    wants was way ways we we'd we'll we're we've well went were what what's whatever when where whether which while who whoever whole
    whom whose why will wish with within would yes yesterday yet you you'd you'll you're you've your yours yourself yourselves
    bit don doesn didn isn wasn won wouldn couldn hadn hasn haven shouldn aren weren mustn d m o y etc eg ie vs please dear hello hi hey
    regards sincerely mr mrs ms sir madam day days time times week weeks month months year years bought buy buying order ordered ordering
    product products item items company thank thanks u im ive id dont doesnt didnt cant wont isnt wasnt
    able ahead lately later actually basically especially absolutely definitely totally completely extremely highly truly
    a.m p.m am pm mother's own's that'll who's when's""")
# They praise or blame whatever it is: a theme is about things.
PRAISE = listed("""good great nice excellent perfect perfectly awesome amazing fantastic wonderful brilliant lovely beautiful beautifully
    best better love loved loves happy satisfied pleased glad super fine cool favourite favorite recommend recommended enjoy enjoyed fun
    bad terrible horrible awful worst worse poor poorly disappointed disappointing disappointment hate hated unhappy useless pathetic
    impressed worth pretty decent okay alright special outstanding superb problem problems issue issues complaint complaints
    好 很好 真好 挺好 不错 真不错 很不错 满意 非常满意 喜欢 很喜欢 棒 很棒 赞 差 很差 太差 失望 很失望 好评 差评 推荐 一般 还可以 还行 可以 非常好 太好了 谢谢 感谢 开心 高兴 完美
    优秀 糟糕 垃圾 烂 不好 不满意 不行 还好 支持 值得 值 问题""")
CHINESE = listed("""的 了 和 是 就 都 而 及 与 着 或 一个 一 在 有 我 你 他 她 它 们 我们 你们 他们 她们 它们 这 那 这个 那个 这些 那些 这里 那里 这样 那样 这么 那么 什么 怎么 怎样
    为什么 哪 哪里 哪个 谁 多少 几 也 还 又 再 很 太 更 最 非常 特别 十分 比较 较 有点 有些 一点 一些 一下 一次 一直 一样 一起 已 已经 曾 曾经 将 将要 正在 刚 刚刚 才 却 但 但是 可 可是 不过
    然而 因为 所以 因此 由于 如果 要是 虽然 尽管 即使 除了 并 并且 而且 或者 还是 以及 以 于 于是 对 对于 关于 从 自 自己 到 去 来 上 下 里 中 内 外 前 后 之 之前 之后 以前 以后 时 时候
    现在 今天 昨天 明天 今年 去年 天 年 月 日 号 点 个 件 次 只 些 把 被 给 让 向 跟 同 用 使 叫 比 像 如 吧 吗 呢 啊 呀 哦 嗯 哈 哈哈 啦 嘛 哎 唉 呵呵 没 没有 不 不是 无 未 别 要 会 能 可以 能够
    应该 必须 得 想 觉得 感觉 认为 知道 看 看到 看看 说 说是 做 买 买的 买了 购买 下单 东西 商品 产品 店 店家 商家 卖家 老板 公司 收到 其他 其它 另外 别的 每 各 全 所有 某 本 该 此 第一 第二 两 三 二
    几个 几天 很多 好多 许多 一本 本书 一些 一点儿 一定 一般来说 有时 有时候 那个 一会 一会儿 特别是 尤其 尤其是 不会 不能 不要 真 真的 确实 实在 就是 只是 只有 只要 总 总是 总之 反正 当然 其实 居然 竟然 希望 起来 出来 下来 过来 过 完 好像 似乎 可能 大概 估计 左右 地 等 等等 您 您好 你好 请 亲
    这次 那次 每次 上次 下次 多 少 大 小 高 低 新 旧 长 短 以为 有人 没人 还有 还要 还会 还能 都是 也是 不了 得到 进行 方面 情况""")
# Words of other languages in Latin letters that English has not (German, French, Spanish, Italian, Portuguese, Dutch, Swedish, Polish ...).
FOREIGN = listed("""und der das ist nicht mit ein eine einen sehr ich wir sie für auf dem den zu wurde haben aber auch bei schon noch wie war'n oder
    alles leider immer kein keine nur mehr gut schnell wieder gerne danke vielen mein meine es ware
    le la les des est et un une dans pour avec pas très je nous vous ils elle mais bien sur ce cette qui que plus trop merci mon ma c'est
    n'est j'ai d'un l'article
    el los las y es una muy pero con por para no'es del se lo mi mis su como más todo bien gracias fue está tiene
    il lo gli che di è per non sono molto ma anche con della nel una ho grazie tutto
    o os um uma não muito com em foi mas obrigado meu minha
    het een niet van en zijn ik maar ook voor met heel erg goed werd wij bij naar
    och att det är inte på som jag men med mycket var för så har
    i nie jest się na bardzo ale jak tak od do że są
    bir ve çok bu için ama da değil güzel
    ja ei se että mutta hyvin oli
    og på ikke meget jeg til af""") - ENGLISH - listed("no plus jest ale mit men con var la el per sur bin tak bien prima super")
