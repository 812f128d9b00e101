"""Names: what are the demo's people, firms and places called, so plainly invented that nobody real is meant?"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Culture:
    """One country's words; family names are made of kitchen things, so that no such family is likely."""

    country: str
    share: float
    female: tuple[str, ...]
    male: tuple[str, ...]
    family: tuple[str, ...]
    towns: tuple[str, ...]
    streets: tuple[str, ...]
    is_family_first: bool = False


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


CULTURES = (
    Culture("Germany", 0.30,
            _words("Anneli Britta Doro Elfi Frauke Gesa Hanne Ilka Jette Wiebke"),
            _words("Arndt Bodo Carsten Detlef Eike Falk Gero Hauke Ingo Jörn"),
            _words("Kesselbrook Löffelhain Pfannenhöfer Brotwinkel Tassenfels Laternow Krügelmoos Siebenquirl "
                   "Zuckerlöh Deckelried Schürzenau Teigmeyden"),
            _words("Laternstedt Neukesselbach Tassenhausen"), _words("Löffelweg Krugstraße Teegasse")),
    Culture("United Kingdom", 0.17,
            _words("Alys Bryony Clemmie Dilys Effie Fern Greer Hettie Isla Juno"),
            _words("Alban Barnaby Corin Dewi Ellis Fergus Gethin Hamish Ivor Jago"),
            _words("Kettlebrook Ladlemoor Teaspoonwell Candlewhistle Breadlebury Pansworth Honeywhisk Thimblecup "
                   "Saucerby Lanternfield Crumblethwaite Spicejar"),
            ("Great Kettling", "Ladle St Mary", "Port Lantern"), ("Kettle Lane", "Saucer Row", "Whisk Street")),
    Culture("France", 0.12,
            _words("Aliénor Bérénice Clélia Delphine Éloïse Flavie Garance Ysaline"),
            _words("Amaury Bastien Côme Donatien Eudes Foulques Gaspard Yvain"),
            _words("Casserolin Lampadou Théière-Duval Cuillerac Painsdoré Bougival-Tasse Tournebroche Sucrevin"),
            _words("Lanterneuil Saint-Théière Montcuiller"), ("rue du Fouet", "quai des Tasses")),
    Culture("Spain", 0.08,
            _words("Aldara Briseida Candela Eloísa Fabiola Graciela Inés Ximena"),
            _words("Abelardo Bermudo Ciro Dámaso Eladio Fermín Gaspar Íñigo"),
            _words("Cucharal Teterón Farolillo Sarteneda Panecillar Azucarín Molinillo Tazabuena"),
            _words("Villafarol Tazalinda"), ("calle del Cazo", "plaza de la Tetera")),
    Culture("Poland", 0.09,
            _words("Agnieszka Bożena Celina Dobrawa Ewelina Grażyna Halszka Żaneta"),
            _words("Bogumił Cezary Dobromir Gniewko Jaromir Kazimierz Lesław Zbyszko"),
            _words("Czajniczak Łyżkowiec Garnkoszek Lampionek Chlebodar Filiżański Solniczka Miskowicz"),
            _words("Czajniki-Zdrój Lampionowo"), ("ulica Łyżkowa", "ulica Garnkowa")),
    Culture("Greece", 0.05,
            _words("Αριάδνη Δανάη Ερατώ Θάλεια Ιφιγένεια Κλειώ"), _words("Αίας Βίων Διομήδης Ζήνων Ιάσων Λέανδρος"),
            _words("Φαναροπηγής Κουταλάνθης Τσαγιερίνος Ψωμολέων Κυπελλίδης Πιατόπετρας"),
            _words("Φαναρούπολη"), ("οδός Κουταλιού",)),
    Culture("Ukraine", 0.05,
            _words("Богдана Дарина Зоряна Квітка Лада Мирослава"),
            _words("Остап Тарасик Ярополк Назарій Любомир Гордій"),
            _words("Самоварчук Ложкодар Чайниченко Ліхтаренчик Пательник Хлібозір"),
            _words("Новочайників"), ("вулиця Ложкова",)),
    Culture("China", 0.06,
            _words("小禾 明月 若兰 听雨 晓棠 思齐"), _words("子墨 云帆 一舟 远山 知秋 浩然"),
            _words("灯笼 陶壶 竹匙 米香 茶盏 青瓷"), _words("灯笼镇"), ("陶壶路",), is_family_first=True),
    Culture("Japan", 0.05,
            _words("あかり ことは すずね はるか みおり ゆずき"), _words("蒼太郎 一茶 風真 陽介 湊人 凛之助"),
            _words("灯乃井 茶碗沢 鍋之原 匙ヶ谷 急須田 皿山木"), _words("灯里ヶ浜"), ("急須通り",),
            is_family_first=True),
    Culture("Egypt", 0.03,
            _words("ليلى نور سلمى هالة"), _words("كريم سامي ياسر طارق"),
            _words("الإبريقاني الملعقاوي الفوانيسي الخبازين"), ("مدينة الفوانيس",), ("شارع الإبريق",)),
)

FIRM_KINDS = ("Café {}", "{} Bakery", "{} & Daughters", "{} Tearoom", "{} Studio", "Guesthouse {}", "{} Office Supply",
              "{} Gift Shop")
FIRM_WORDS = ("Lilac Ladle", "Blue Kettle", "Quiet Whisk", "Copper Owl", "Paper Moon", "Salt & Candle", "Seven Saucers",
              "Tin Lantern", "Velvet Crumb", "Walnut Spoon", "Winter Teapot", "Yellow Thimble", "Little Colander",
              "Merry Pestle", "Silver Sieve", "Hazel Mill", "Open Oven", "Round Table Linen", "Slow Loaf", "Two Spoons")
MAIL_DOMAINS = ("example.com", "example.org", "example.net")  # reserved: no such mailbox can exist (RFC 2606)
