"""Catalogue: what does the demo company sell, at what price, and how much is each thing liked?"""

from dataclasses import dataclass

import numpy as np

CATEGORIES = ("Coffee & tea", "Cookware", "Knives & boards", "Tableware", "Baking", "Storage", "Linen",
              "Lanterns & candles")
CATEGORY_SHARE = (0.22, 0.11, 0.10, 0.16, 0.13, 0.09, 0.10, 0.09)  # of the items sold to an average customer
SHIPPING_CODE = "SHIP"


@dataclass(frozen=True)
class Item:
    """One product: `price_cents`, `liking` relative within its category, `typical_quantity` a buyer takes."""

    name: str
    category: str
    price_cents: int
    liking: float
    description: str
    typical_quantity: int = 1
    is_staple: bool = False
    is_discontinued: bool = False
    kind: str = "product"


def _items(category: str, *rows: tuple) -> tuple[Item, ...]:
    return tuple(Item(row[0], category, row[1], row[2], row[3], **(row[4] if len(row) > 4 else {}))
                 for row in rows)


_STAPLE = {"is_staple": True}
_SET = {"typical_quantity": 2}

ITEMS: tuple[Item, ...] = (
    *_items(
        "Coffee & tea",
        ("House espresso beans", 1690, 6, "Dark roast, chocolate and hazelnut, 500 g.", _STAPLE),
        ("Breakfast tea", 890, 6, "Strong black leaf tea, 250 g.", _STAPLE),
        ("Jasmine green tea", 1150, 4, "Green leaf tea scented with jasmine, 150 g.", _STAPLE),
        ("Stoneware teapot", 3890, 2.6, "One litre, speckled glaze, with a strainer."),
        ("Tea tin", 1190, 0.5, "Airtight tin for 200 g of leaf tea."),
        ("Pour-over dripper", 2290, 2.4, "Porcelain dripper for one to four cups of coffee."),
        ("Paper filters", 490, 0.6, "Hundred unbleached coffee filters."),
        ("Moka pot", 3290, 1.6, "Stovetop espresso for three cups, aluminium."),
        ("Milk pitcher", 1990, 1.2, "Steel pitcher for frothing milk, 350 ml."),
    ),
    *_items(
        "Cookware",
        ("Cast iron pan", 4990, 3, "Seasoned iron pan, 26 cm, for every stove."),
        ("Enamel casserole", 7990, 1.6, "Four litres, enamelled iron, with lid."),
        ("Saucepan", 3490, 2.4, "Steel saucepan with a pouring rim, 16 cm."),
        ("Wok", 4290, 1.4, "Carbon steel wok with a wooden handle, 32 cm."),
        ("Pasta machine", 5990, 2.0, "Rolls and cuts dough in six widths."),
        ("Pasta drying rack", 1990, 0.4, "Beech rack with ten arms for fresh pasta."),
        ("Colander", 1890, 2.2, "Enamel colander on three feet."),
        ("Copper sugar pot", 8990, 0.4, "Small copper pot for caramel.", {"is_discontinued": True}),
    ),
    *_items(
        "Knives & boards",
        ("Chef's knife", 6490, 2.4, "Forged blade of 20 cm, walnut handle."),
        ("Whetstone", 2490, 0.5, "Two grits, for kitchen knives."),
        ("Paring knife", 1790, 3, "Short forged blade for fruit."),
        ("Bread knife", 3490, 1.8, "Serrated blade of 22 cm."),
        ("Oak board", 2990, 3, "End-grain oak board with a juice groove."),
        ("Olive wood board", 3790, 2, "Serving board, every piece grown differently."),
        ("Knife sharpening", 800, 1.4, "We sharpen one blade by hand.", {"kind": "service", "typical_quantity": 2}),
    ),
    *_items(
        "Tableware",
        ("Breakfast bowl", 1290, 5, "Stoneware bowl, 15 cm.", _SET),
        ("Dinner plate", 1490, 4, "Stoneware plate, 27 cm.", {"typical_quantity": 4}),
        ("Espresso cup", 990, 4, "Small porcelain cup without a saucer.", _SET),
        ("Latte glass", 790, 3, "Double-walled glass, 300 ml.", _SET),
        ("Water carafe", 2490, 2, "Carafe of recycled glass, one litre."),
        ("Serving platter", 3290, 1.5, "Oval stoneware platter."),
        ("Salad servers", 1790, 1.5, "Pair of servers in olive wood."),
        ("Egg cup", 590, 2, "Porcelain egg cup with a foot.", _SET),
        ("Cake stand", 4490, 1, "Glass stand for a cake of 28 cm."),
    ),
    *_items(
        "Baking",
        ("Proofing basket", 1890, 2.6, "Rattan basket for a loaf of one kilogram."),
        ("Dough scraper", 690, 0.4, "Flexible scraper for sticky dough."),
        ("Bread cloth", 1290, 0.4, "Flax cloth in which bread rests."),
        ("Loaf tin", 1690, 3, "Blue steel tin, 30 cm."),
        ("Rolling pin", 1990, 2.4, "Turned beech, without handles."),
        ("Biscuit cutters", 1290, 3, "Twelve cutters in a tin."),
        ("Mixing bowl", 2790, 2.4, "Steel bowl with a rubber foot, three litres."),
        ("Kitchen scales", 3990, 1.4, "Weighs to the gram, up to five kilograms."),
    ),
    *_items(
        "Storage",
        ("Preserving jar", 490, 5, "Glass jar with a clip, 500 ml.", {"typical_quantity": 3}),
        ("Spice jar", 390, 4, "Small jar with a cork.", {"typical_quantity": 4}),
        ("Bread box", 5490, 1.2, "Enamel box with a lid of beech."),
        ("Butter dish", 2190, 2, "Stoneware dish that keeps butter soft."),
        ("Fruit basket", 2690, 1.8, "Woven willow basket."),
        ("Lunch tin", 1990, 2.2, "Steel tin with two layers."),
        ("Wall shelf", 6990, 0.4, "Small shelf of oiled ash.", {"is_discontinued": True}),
    ),
    *_items(
        "Linen",
        ("Tea towel", 990, 5, "Half linen, woven in a check.", _SET),
        ("Linen apron", 3490, 2, "Apron with a large pocket."),
        ("Linen table runner", 2990, 2.2, "Washed linen, 40 by 140 cm."),
        ("Linen napkins", 2490, 0.5, "Set of four washed napkins."),
        ("Oven glove", 1590, 2.4, "Thick cotton, to the elbow."),
        ("Tablecloth", 6490, 1, "Washed linen, 140 by 240 cm."),
    ),
    *_items(
        "Lanterns & candles",
        ("Storm lantern", 4490, 2.2, "Galvanised lantern for the garden."),
        ("Lamp oil", 990, 0.6, "One litre of clear oil."),
        ("Beeswax candles", 1390, 4, "Four candles, poured by hand.", _SET),
        ("Brass candlestick", 2790, 2, "Low brass candlestick."),
        ("Paper lantern", 890, 3, "Folding lantern, 30 cm.", _SET),
        ("Tealight tray", 2290, 0.6, "Slate tray for five lights.", {"is_discontinued": True}),
    ),
)

NAMES = tuple(item.name for item in ITEMS)
STAPLES = np.array([index for index, item in enumerate(ITEMS) if item.is_staple])
COST_SHARE = 0.46  # of the price, give or take; a shop of its own making lives on half
DISCONTINUED_BEFORE_DAYS = 240  # what is discontinued was last sold that long before today


def cost_cents(index: int) -> int:
    """What the item costs the shop; the margin differs a little from item to item, the same in every build."""
    return round(ITEMS[index].price_cents * (COST_SHARE + 0.02 * (index % 9 - 4)))


def category_of_items() -> np.ndarray:
    """Position of each item's category in CATEGORIES."""
    return np.array([CATEGORIES.index(item.category) for item in ITEMS])


def cumulative_liking() -> np.ndarray:
    """Category number plus cumulative share within it, one an item: searched with category + uniform draw."""
    category = category_of_items()
    liking = np.array([item.liking for item in ITEMS])
    within = np.empty(len(ITEMS))
    for number in range(len(CATEGORIES)):
        mine = category == number
        within[mine] = number + np.cumsum(liking[mine]) / liking[mine].sum()
    return within
