"""What do other programs call our fields, how do they write our words, and how do they write “nothing”?"""

import re
import unicodedata
from functools import lru_cache


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split(", "))


# Ours, and what others call it (English, Chinese, then German, French and Spanish), the likeliest first: where two
# columns of a file fit, the earlier name wins. Names are compared by `normalised`.
COLUMNS: dict[str, tuple[str, ...]] = {
    "order_number": _names(
        "order number, order id, order no, order, order code, order ref, order reference, invoice no, "
        "invoice number, invoice, invoice id, transaction id, transaction number, receipt number, receipt no, "
        "receipt, name of order, sales order, bill number, 订单 ID, 订单号, 订单编号, 订单, 发票号, 发票编号, 交易号, 单号, 销售单号, "
        "Bestellnummer, Bestellnr, Bestell-ID, Bestellung, Auftragsnummer, Auftragsnr, Auftrag, Rechnungsnummer, "
        "Rechnungsnr, Rechnung, Belegnummer, numéro de commande, n° de commande, n° commande, commande, "
        "numéro de facture, n° de facture, facture, número de pedido, n.º de pedido, pedido, número de factura, "
        "factura"),
    "ordered_at": _names(
        "ordered at, order date, order datetime, order time, ordered on, order placed, invoice date, "
        "invoice datetime, transaction date, purchase date, purchased at, sale date, sales date, created at, "
        "paid at, order created, date, datetime, timestamp, day, 订单日期, 订单时间, 下单时间, 下单日期, 购买日期, 购买时间, 交易日期, 交易时间, "
        "发票日期, 付款时间, 日期, 时间, Bestelldatum, Auftragsdatum, Rechnungsdatum, Kaufdatum, Belegdatum, Datum, "
        "date de commande, date de la commande, date de facture, date d'achat, fecha de pedido, fecha del pedido, "
        "fecha de factura, fecha de compra, fecha"),
    "customer_code": _names(
        "customer code, customer id, customer no, customer number, cust id, client id, client code, client number, "
        "buyer id, user id, member id, account id, account number, customer key, customer ref, 客户 ID, 客户编号, 客户代码, "
        "客户号, 客户编码, 顾客 ID, 顾客编号, 会员 ID, 会员编号, 会员号, 会员卡号, 用户 ID, 用户编号, 买家 ID, Kundennummer, Kundennr, Kunden-ID, "
        "Kdnr, Kundencode, Debitorennummer, Debitor, numéro client, numéro de client, n° client, code client, "
        "identifiant client, número de cliente, n.º de cliente, código de cliente, código cliente, id de cliente, "
        "id cliente"),
    "customer_name": _names(
        "customer name, customer, client name, client, buyer name, buyer, contact name, full name, billing name, "
        "bill to, account name, 客户名称, 客户姓名, 客户, 顾客姓名, 顾客, 会员名, 会员姓名, 买家, 买家姓名, 收货人, 收件人, 姓名, Kundenname, Kunde, "
        "Käufer, Rechnungsempfänger, nom du client, nom client, acheteur, nombre del cliente, nombre de cliente, "
        "nombre completo, cliente, comprador"),
    "customer_email": _names(
        "customer email, email, email address, e-mail, mail, contact email, buyer email, billing email, "
        "customer e-mail, mail address, 客户邮箱, 邮箱, 电子邮件, 电子邮箱, 邮件, 邮箱地址, 邮件地址, E-Mail-Adresse, Mailadresse, "
        "adresse e-mail, adresse mail, courriel, adresse électronique, correo electrónico, correo, "
        "dirección de correo"),
    "customer_phone": _names(
        "customer phone, phone, phone number, telephone, tel, mobile, cell, billing phone, telephone number, "
        "mobile phone, mobile number, cell phone, contact number, phone no, 客户电话, 电话, 手机, 手机号, 手机号码, 电话号码, 联系电话, "
        "Telefon, Telefonnummer, Rufnummer, Handy, Handynummer, Mobil, Mobilnummer, téléphone, numéro de téléphone, "
        "portable, teléfono, número de teléfono, móvil, celular"),
    "company": _names(
        "company, company name, organisation, organization, firm, billing company, business name, 公司名称, 企业名称, 单位, "
        "单位名称, 公司, 企业, Firma, Firmenname, Unternehmen, entreprise, société, raison sociale, empresa, razón social"),
    "address": _names(
        "address, street, street address, billing address, address 1, address line 1, billing street, 地址, 街道, 收货地址, "
        "详细地址, 联系地址, Adresse, Anschrift, Straße, Straße und Hausnummer, adresse 1, rue, dirección, domicilio, calle"),
    "postal_code": _names(
        "postal code, postcode, zip, zip code, billing zip, plz, 邮编, 邮政编码, Postleitzahl, code postal, código postal"),
    "city": _names(
        "city, town, billing city, customer city, 城市, 市, 所在城市, Ort, Stadt, Wohnort, ville, ciudad, localidad"),
    "region": _names(
        "region, state, province, state/province, county, billing province, 省/自治区, 省份, 省, 省市, 州, 地区, 区域, Bundesland, "
        "Kanton, région, département, región, provincia"),
    "country": _names(
        "country, country/region, customer country, billing country, nation, country code, 国家, 国家/地区, Land, pays, "
        "país"),
    "product_code": _names(
        "product code, product id, sku, stock code, item code, item id, item number, item no, article number, "
        "article no, article id, article code, lineitem sku, variant sku, asin, ean, upc, part number, product no, "
        "product number, 产品 ID, 产品编号, 产品代码, 商品 ID, 商品编号, 商品编码, 货号, SKU编码, 产品编码, Artikelnummer, Artikelnr, "
        "Produktnummer, Produktcode, référence, référence produit, code produit, código de producto, "
        "código del producto, referencia"),
    "product_name": _names(
        "product name, product, description, item name, item, item description, product description, product title, "
        "title, article, article name, lineitem name, line item, service, 产品名称, 产品, 商品名称, 商品, 商品标题, 宝贝标题, 品名, 描述, "
        "Artikelbezeichnung, Artikelname, Artikel, Produktname, Produkt, Bezeichnung, nom du produit, produit, "
        "désignation, nombre del producto, nombre de producto, producto, artículo"),
    "category": _names(
        "category, product category, item category, product type, product line, category name, department, 类别, 产品类别, "
        "商品类别, 分类, 品类, 产品线, sub-category, subcategory, 子类别, 子类, Kategorie, Warengruppe, Produktgruppe, catégorie, "
        "famille, categoría, familia"),
    "quantity": _names(
        "quantity, qty, quantity ordered, lineitem quantity, item quantity, units, count, pieces, pcs, 数量, 购买数量, "
        "订购数量, 件数, 销量, Menge, Anzahl, Stückzahl, quantité, qté, cantidad, unidades"),
    "unit_price": _names(
        "unit price, price, price each, item price, lineitem price, price per unit, rate, list price, 单价, 价格, 售价, "
        "商品价格, Einzelpreis, Stückpreis, Preis, prix unitaire, prix, precio unitario, precio"),
    "amount": _names(
        "amount, line amount, line total, net amount, sales, sales amount, total, total price, total amount, "
        "subtotal, line subtotal, item total, revenue, net sales, turnover, total sales, dollars, 销售额, 金额, 总价, 小计, "
        "合计, 销售金额, 实付金额, 总金额, 成交金额, Betrag, Umsatz, Gesamtbetrag, Gesamtpreis, Summe, montant, montant total, "
        "chiffre d'affaires, importe, importe total, monto, ventas"),
    "discount": _names(
        "discount, discount rate, discount percent, discount %, rebate, 折扣, 折扣率, Rabatt, remise, descuento"),
    "cost": _names("cost, line cost, total cost, cogs, 成本, 总成本, Kosten, coût, coste, costo"),
    "profit": _names("profit, line profit, gross profit, 利润, 毛利, Gewinn, Rohertrag, bénéfice, beneficio, ganancia"),
    "currency": _names("currency, currency code, 币种, 货币, 货币代码, Währung, devise, moneda, divisa"),
    "channel": _names(
        "channel, sales channel, order channel, marketplace, 渠道, 销售渠道, 平台, 店铺, Kanal, Vertriebskanal, canal, "
        "canal de vente, canal de venta"),
    "status": _names(
        "status, order status, state of order, financial status, order state, 状态, 订单状态, 交易状态, Bestellstatus, "
        "Auftragsstatus, statut, estado, estado del pedido"),
    "shipped_at": _names(
        "shipped at, ship date, shipping date, shipped date, shipped on, dispatch date, fulfilled at, 发货日期, 发货时间, "
        "Versanddatum, Lieferdatum, date d'expédition, fecha de envío"),
}
# In files with a price and a quantity these are often the whole order's, repeated on each of its lines
# (Shopify): taken for the line's they would count an order several times. There they fill `amount` only by
# the user's word.
ORDER_TOTALS = ("total", "subtotal", "total amount", "合计", "总金额", "实付金额", "Gesamtbetrag", "montant total",
                "importe total")

_NOTES = _names(
    "note, notes, remark, remarks, memo, comment, comments, 备注, 说明, Notiz, Notizen, Bemerkung, Bemerkungen, "
    "Kommentar, remarque, remarques, commentaire, nota, notas, observaciones, comentario, comentarios")
# The firm that a deal, a ticket or a contact belongs to is an account in most programs of sales.
_COMPANY = COLUMNS["company"] + _names("account, account name, organization name, 客户公司")
_CUSTOMER = {
    "customer_code": COLUMNS["customer_code"],
    "customer_name": tuple(name for name in COLUMNS["customer_name"] if name != "account name") + _names(
        "contact, contact person, requester, requester name, 联系人, Ansprechpartner, Kontakt, contacto"),
    "customer_email": COLUMNS["customer_email"] + _names("requester email, contact e-mail"),
    "company": _COMPANY,
}
_PLACES = {ours: COLUMNS[ours] for ours in ("address", "postal_code", "city", "region", "country")}
_PRODUCT = {
    "product_code": COLUMNS["product_code"],
    "product_name": _names(
        "product name, product, item name, item, product purchased, 产品名称, 产品, 商品名称, 商品, Produktname, Produkt, "
        "Artikel, produit, nom du produit, producto, nombre del producto"),
}
_RESPONSE = {
    "response_code": _names(
        "response id, response code, respondent id, response number, submission id, form id, survey response id, "
        "answer id, id, 答卷编号, 答卷 ID, 回复 ID, 答题编号, Antwort-ID, Teilnehmer-ID, id de réponse, id de respuesta"),
    "metric": _names(
        "metric, survey type, question type, type, measure, kpi, 指标, 题型, 类型, Kennzahl, indicateur, métrica"),
    "scale_min": _names("scale min, min score, minimum, min, lowest, scale from, 最低分, 最小值, Skala von"),
    "scale_max": _names("scale max, max score, maximum, max, highest, scale to, 最高分, 最大值, 满分, Skala bis"),
    "comment": _names(
        "comment, comments, feedback, free text, verbatim, remark, remarks, review, review text, reason for score, "
        "additional comments, 评论, 意见, 评语, 建议, 备注, Kommentar, Kommentare, Anmerkung, Anmerkungen, Freitext, "
        "commentaire, commentaires, comentario, comentarios"),
    "answered_at": _names(
        "answered at, answered on, timestamp, submitted at, submission date, date submitted, response date, "
        "survey date, completed at, completion date, review date, created at, date, datetime, 提交时间, 答题时间, 填写时间, "
        "提交日期, 时间戳, 日期, Zeitstempel, Ausgefüllt am, Datum, horodateur, fecha, marca temporal"),
    "seconds_taken": _names(
        "seconds taken, seconds, time taken, duration, duration seconds, duration in seconds, response time in seconds, "
        "interview time, interviewtime, total time, 答题时长, 用时, 所用时间, 作答时长, Dauer, Bearbeitungszeit, durée, duración"),
}

# Names per kind of file (crm.imports.kinds); a field that is missing in a kind has no known name there.
NAMES: dict[str, dict[str, tuple[str, ...]]] = {
    "order_lines": COLUMNS,
    "orders": COLUMNS | {
        "order_number": COLUMNS["order_number"] + ("id",),
        "amount": _names(
            "order total, order amount, order value, total amount, total, grand total, invoice total, "
            "invoice amount, total price, 订单金额, 订单总额, 总金额, 实付金额, Bestellwert, Rechnungsbetrag, Gesamtbetrag, "
            "montant total, importe total") + COLUMNS["amount"],
        "note": _NOTES,
    },
    "customers": {
        **_CUSTOMER, **_PLACES,
        "customer_code": COLUMNS["customer_code"] + _names(
            "contact id, lead id, person id, record id, id, code, number, no, 编号, Nummer, Nr, identifiant, código"),
        "customer_name": _CUSTOMER["customer_name"] + _names(
            "name, display name, lead name, person, 名称, vollständiger Name, nom complet"),
        "first_name": _names("first name, given name, forename, first, Vorname, prénom, nombre, nombres, 名, 名字"),
        "last_name": _names(
            "last name, surname, family name, last, Nachname, Familienname, Zuname, nom de famille, nom, apellidos, "
            "apellido, 姓, 姓氏"),
        "customer_phone": COLUMNS["customer_phone"] + _names("联系方式"),
        "address_2": _names(
            "address 2, address line 2, street 2, billing address 2, apartment, suite, 地址 2, Adresszusatz, "
            "adresse 2, complément d'adresse, dirección 2"),
        "region": COLUMNS["region"] + ("estado",),
        "channel": _names(
            "acquisition channel, lead source, original source, source, how did you hear about us, referral source, "
            "channel, customer source, 获客渠道, 客户来源, 来源, 渠道, Herkunft, Quelle, Kanal, origine, canal, "
            "canal d'acquisition, origen"),
        "stage": _names(
            "stage, lifecycle stage, customer stage, customer status, lead status, status, 客户阶段, 客户状态, 阶段, 状态, "
            "Kundenstatus, statut, étape"),
        "since_on": _names(
            "customer since, since, member since, joined, joined on, join date, signup date, sign up date, "
            "signed up, registration date, registered, registered at, registered on, enrollment date, "
            "enrolment date, subscription date, dt customer, created at, created, date created, create date, "
            "created date, 注册时间, 注册日期, 加入日期, 入会日期, 入会时间, 建档日期, 创建时间, 创建日期, Kunde seit, Mitglied seit, "
            "Registriert am, Registrierungsdatum, Anmeldedatum, Erstellt am, client depuis, date d'inscription, "
            "date de création, cliente desde, fecha de alta, fecha de registro"),
        "birth_year": _names(
            "birth year, year of birth, year birth, yob, 出生年份, 出生年, Geburtsjahr, année de naissance, "
            "año de nacimiento"),
        "birth_date": _names(
            "birth date, date of birth, dob, birthday, 出生日期, 生日, Geburtsdatum, Geburtstag, date de naissance, "
            "fecha de nacimiento"),
        "gender": _names("gender, sex, 性别, Geschlecht, genre, sexe, género, sexo"),
        "yearly_income": _names(
            "yearly income, annual income, income, household income, annual salary, estimated salary, salary, 年收入, "
            "收入, Jahreseinkommen, Einkommen, revenu annuel, revenu, ingresos anuales, ingresos"),
        "education": _names(
            "education, education level, educational level, 教育程度, 学历, 受教育程度, Bildung, Bildungsabschluss, "
            "niveau d'études, educación, nivel educativo"),
        "note": _NOTES,
        "email_consent": _names(
            "email consent, email opt in, opt in, newsletter, subscribed, accepts marketing, "
            "accepts email marketing, marketing consent, email marketing consent, email subscription, 同意邮件, 邮件订阅, "
            "订阅, 营销同意, E-Mail-Einwilligung, Werbeeinwilligung, Einwilligung, consentement e-mail, consentement, "
            "consentimiento"),
        "tags": _names("tags, tag, labels, groups, 标签, 客户标签, Schlagwörter, Schlagworte, étiquettes, etiquetas"),
    },
    "products": {
        "product_code": COLUMNS["product_code"] + _names("id, code, 编号, 编码, Nummer, código"),
        "product_name": _names(
            "product name, name, product, product title, title, item name, item, article name, article, 产品名称, 商品名称, "
            "产品, 商品, 名称, 品名, 商品标题, Produktname, Artikelname, Artikelbezeichnung, Produkt, Artikel, Bezeichnung, "
            "nom du produit, produit, désignation, nombre del producto, producto, artículo"),
        "product_kind": _names(
            "product kind, kind, item type, type, product type, 商品类型, 产品类型, 类型, Artikelart, Produktart, Typ, tipo"),
        "category": COLUMNS["category"] + _names(
            "series, range, family, product family, product group, group, collection, 系列, 商品分类, 产品分类, Serie, "
            "Produktlinie, gamme, gama"),
        "price": _names(
            "sales price, selling price, retail price, suggested retail price, msrp, rrp, unit price, price, "
            "list price, price each, variant price, 售价, 销售价, 零售价, 单价, 价格, 标价, Verkaufspreis, VK, VK-Preis, "
            "Listenpreis, Einzelpreis, Preis, prix de vente, prix unitaire, prix, precio de venta, precio unitario, "
            "precio"),
        "cost": _names(
            "cost, unit cost, cost price, cost per item, buy price, purchase price, wholesale price, 成本, 成本价, 进价, "
            "采购价, Einkaufspreis, EK, EK-Preis, Kosten, prix d'achat, coût, precio de compra, coste, costo"),
        "description": _names(
            "description, product description, long description, details, 描述, 产品描述, 商品描述, 简介, Beschreibung, "
            "Produktbeschreibung, descripción"),
        "is_discontinued": _names(
            "discontinued, is discontinued, retired, archived, 停产, 下架, 已停售, 已下架, ausgelaufen, Auslaufartikel, "
            "descatalogado"),
        "is_sold_out": _names(
            "sold out, is sold out, out of stock, 售罄, 缺货, 已售罄, ausverkauft, épuisé, agotado"),
        "is_excluded": _names("never offered, never offer, not offered, is excluded"),
    },
    "payments": {
        **_CUSTOMER,
        "customer_name": _CUSTOMER["customer_name"] + _names(
            "name, payer, payer name, payee, sender, 付款人, 付款方, 对方户名, Auftraggeber, Auftraggeber/Empfänger, "
            "Zahlungspflichtiger, Zahler, payeur, ordenante"),
        "payment_code": _names(
            "payment code, payment id, payment number, payment no, payment reference, payment ref, check number, "
            "cheque number, transaction id, transaction number, transaction reference, reference number, reference, "
            "ref, receipt number, id, 付款单号, 付款编号, 支付单号, 收款编号, 收款单号, 交易流水号, 流水号, 交易号, Zahlungsnummer, Zahlungs-ID, "
            "Belegnummer, Referenz, numéro de paiement, référence, número de pago, referencia"),
        "order_number": tuple(name for name in COLUMNS["order_number"]
                              if not name.startswith(("transaction", "receipt", "交易", "Beleg"))),
        "paid_on": _names(
            "paid on, paid at, payment date, date paid, date of payment, value date, booking date, transaction date, "
            "received on, date received, date, 付款日期, 付款时间, 支付时间, 支付日期, 收款日期, 到账日期, 到账时间, 交易日期, 日期, Zahlungsdatum, "
            "Bezahlt am, Zahlungseingang, Buchungstag, Buchungsdatum, Wertstellung, Valuta, Datum, date de paiement, "
            "date du paiement, fecha de pago, fecha"),
        "due_on": _names(
            "due date, due on, payment due, due, 到期日, 到期日期, 应付日期, 应收日期, Fälligkeitsdatum, Fälligkeit, fällig am, "
            "date d'échéance, échéance, fecha de vencimiento, vencimiento"),
        "amount": _names(
            "amount paid, paid amount, payment amount, amount, paid, amount received, payment value, total, "
            "total amount, value, sum, 付款金额, 支付金额, 收款金额, 实收金额, 到账金额, 金额, Zahlbetrag, Zahlungsbetrag, Betrag, "
            "montant payé, montant, importe pagado, importe, monto"),
        "currency": COLUMNS["currency"],
        "method": _names(
            "payment method, method, payment type, pay method, paid with, paid by, payment mode, 付款方式, 支付方式, 收款方式, "
            "Zahlungsart, Zahlungsmethode, Zahlungsweise, mode de paiement, moyen de paiement, método de pago, "
            "forma de pago"),
        "note": _NOTES + _names("purpose, description, Verwendungszweck, concepto, 用途, 摘要"),
    },
    "deals": {
        **_CUSTOMER, **_PRODUCT,
        "deal_code": _names(
            "deal id, opportunity id, deal code, deal number, opportunity number, opportunity code, record id, id, "
            "商机编号, 商机 ID, 机会编号, 机会 ID, 交易编号"),
        "title": _names(
            "deal name, opportunity name, deal title, title, deal, opportunity, name, subject, 商机名称, 机会名称, 商机, 标题, "
            "Verkaufschance, Titel, opportunité, nom de l'opportunité, oportunidad, nombre de la oportunidad"),
        "stage": _names(
            "deal stage, opportunity stage, sales stage, pipeline stage, stage, deal status, opportunity status, "
            "status, 商机阶段, 销售阶段, 阶段, 商机状态, 状态, Verkaufsphase, Phase, étape, etapa, fase"),
        "amount": _names(
            "deal value, deal amount, opportunity value, opportunity amount, close value, deal size, contract value, "
            "estimated value, expected value, amount, value, revenue, 商机金额, 预计金额, 成交金额, 合同金额, 金额, Auftragswert, "
            "Wert, Betrag, montant, valeur, importe, valor, monto"),
        "probability": _names(
            "probability, win probability, close probability, likelihood, chance, 赢单概率, 赢单率, 成交概率, 概率, 可能性, "
            "Wahrscheinlichkeit, probabilité, probabilidad"),
        "opened_on": _names(
            "opened on, open date, opened, engage date, created on, create date, created date, date created, "
            "created at, creation date, created, start date, 创建日期, 创建时间, 开始日期, Erstellt am, Anlagedatum, "
            "date de création, fecha de creación"),
        "expected_on": _names(
            "expected close date, expected close, expected on, estimated close date, forecast close date, "
            "target close date, target date, 预计成交日期, 预计签单日期, 预计结束日期, erwarteter Abschluss, "
            "erwartetes Abschlussdatum, date de clôture prévue, fecha prevista de cierre"),
        "closed_on": _names(
            "close date, closed on, closed date, date closed, closing date, closed at, closed, won date, 成交日期, 签单日期, "
            "关闭日期, 结束日期, Abschlussdatum, Abgeschlossen am, date de clôture, fecha de cierre"),
        "lost_reason": _names(
            "lost reason, loss reason, closed lost reason, reason lost, reason for loss, 输单原因, 丢单原因, 失败原因, "
            "Verlustgrund, raison de la perte, motivo de pérdida"),
    },
    "tickets": {
        **_CUSTOMER,
        "ticket_code": _names(
            "ticket id, ticket number, ticket no, ticket code, case id, case number, case no, issue id, issue key, "
            "issue number, incident id, incident number, complaint id, request id, ticket, id, 工单号, 工单编号, 工单 ID, "
            "投诉编号, Ticketnummer, Ticket-ID, Vorgangsnummer, Fallnummer, numéro de ticket, número de ticket"),
        "order_number": COLUMNS["order_number"],
        "ticket_kind": _names(
            "ticket type, ticket kind, case type, issue type, request type, type, kind, 工单类型, 问题类型, 类型, Tickettyp, "
            "Vorgangsart, Typ, type de demande, tipo, tipo de solicitud"),
        "priority": _names(
            "priority, ticket priority, urgency, severity, 优先级, 紧急程度, 优先程度, Priorität, Dringlichkeit, priorité, "
            "urgence, prioridad, urgencia"),
        "status": _names("status, ticket status, case status, state, 工单状态, 处理状态, 状态, statut, estado"),
        "subject": _names(
            "subject, ticket subject, title, summary, headline, 主题, 标题, Betreff, Titel, sujet, objet, asunto, título"),
        "topic": _names(
            "topic, ticket topic, category, ticket category, issue category, complaint category, subcategory, reason, "
            "complaint reason, root cause, area, 主题分类, 问题分类, 工单分类, 投诉原因, 分类, 类别, Thema, Kategorie, Grund, "
            "Beschwerdegrund, thème, catégorie, motif, tema, categoría, motivo"),
        "channel": _names(
            "channel, ticket channel, contact channel, origin, case origin, ticket source, via, 渠道, 来源渠道, 受理渠道, 工单来源, "
            "Kanal, Eingangskanal, Herkunft, canal, origine, origen"),
        "agent": _names(
            "agent, ticket agent, assigned to, assignee, assigned agent, agent name, support agent, case owner, "
            "ticket owner, owner, handled by, technician, 客服, 客服人员, 处理人, 负责人, 经办人, Bearbeiter, Sachbearbeiter, "
            "zugewiesen an, zuständig, assigné à, responsable, agente, asignado a"),
        "body": _names(
            "description, body, ticket description, message, details, content, text, problem, question, 问题描述, 描述, "
            "内容, 详情, Beschreibung, Nachricht, Inhalt, message client, contenu, descripción, mensaje"),
        "opened_at": _names(
            "opened at, open date, opened, created at, created, created date, date created, creation date, "
            "submitted at, submitted on, reported at, received at, date received, complaint date, open time, "
            "timestamp, date, 创建时间, 创建日期, 提交时间, 投诉时间, 日期, Eröffnet am, Erstellt am, Gemeldet am, Datum, "
            "date d'ouverture, date de création, fecha de apertura, fecha de creación, fecha"),
        "first_answered_at": _names(
            "first answered at, first response at, first response, first reply at, first reply, first responded at, "
            "first response time, responded at, 首次回复时间, 首次响应时间, Erste Antwort, Erste Antwort am, première réponse, "
            "primera respuesta"),
        "resolved_at": _names(
            "resolved at, resolved on, resolved, resolution date, resolved date, solved at, closed at, closed on, "
            "closed date, close date, closed, completed at, time to resolution, 解决时间, 解决日期, 关闭时间, 完成时间, Gelöst am, "
            "Geschlossen am, Erledigt am, date de résolution, fecha de resolución, fecha de cierre"),
        "reopened_at": _names(
            "reopened at, reopened on, reopen date, last reopened, last reopened at, 重开时间, 重新打开时间, wieder geöffnet am, "
            "rouvert le, reabierto el"),
        "times_reopened": _names(
            "times reopened, reopens, reopen count, number of reopens, reopened count, reopenings, 重开次数, 重新打开次数, "
            "Anzahl Wiedereröffnungen, nombre de réouvertures, veces reabierto"),
        "answer_due_at": _names(
            "answer due at, answer due, first response due, response due, response due at, first reply due, "
            "first response by, respond by, 响应期限, 响应截止时间, Antwort fällig am, réponse due, respuesta antes de"),
        "solution_due_at": _names(
            "solution due at, solution due, resolution due, resolution due at, due by, due date, due at, deadline, "
            "resolve by, 解决期限, 截止时间, 截止日期, fällig am, Frist, échéance, fecha límite"),
        "cost": _names("cost, ticket cost, handling cost, cost of the ticket, 成本, 处理成本, 费用, Kosten, coût, coste, costo"),
    },
    "interactions": {
        **_CUSTOMER,
        "interaction_code": _names(
            "interaction id, activity id, call id, message id, conversation id, event id, id, 记录编号, 跟进编号, 沟通编号"),
        "channel": _names(
            "channel, contact channel, communication channel, interaction type, activity type, contact type, "
            "contact method, medium, via, type, 沟通方式, 跟进方式, 联系方式, 渠道, 方式, 类型, Kontaktart, Kanal, Art, canal, tipo"),
        "direction": _names("direction, call direction, inbound/outbound, in/out, 方向, 呼叫方向, Richtung, sens"),
        "subject": _names("subject, title, topic, summary, 主题, 标题, Betreff, Titel, Thema, objet, sujet, asunto, tema"),
        "body": _names(
            "body, message, content, text, details, transcript, description, notes, note, comments, comment, 内容, "
            "沟通内容, 跟进内容, 沟通记录, 备注, 描述, Inhalt, Nachricht, Notiz, Notizen, Beschreibung, contenu, contenido, mensaje"),
        "happened_at": _names(
            "happened at, occurred at, interaction date, activity date, contact date, contacted on, call date, "
            "call time, start time, started at, sent at, date, datetime, timestamp, time, created at, 沟通时间, 跟进时间, "
            "跟进日期, 联系时间, 通话时间, 时间, 日期, Kontaktdatum, Zeitpunkt, Datum, date de contact, fecha de contacto, fecha"),
    },
    "answers_long": {
        **_CUSTOMER, **_RESPONSE,
        "product_code": COLUMNS["product_code"] + _names("movie id, film id, book id, isbn, 书号, 电影 ID"),
        # In a list of answers an “item” is a question.
        "product_name": tuple(name for name in _PRODUCT["product_name"] if name != "item"),
        "item": _names(
            "item, question, question text, survey question, statement, question id, 题目, 问题, 题干, Frage, énoncé, "
            "pregunta"),
        "score": _names(
            "score, rating, answer, response, value, points, stars, satisfaction score, csat score, nps score, "
            "satisfaction, csat, nps, ces, review score, 评分, 得分, 分数, 打分, 答案, 满意度, Bewertung, Punkte, Antwort, "
            "Punktzahl, réponse, évaluation, puntuación, valoración, respuesta"),
    },
    "answers_wide": {
        **_CUSTOMER, **_RESPONSE, "gender": _names("gender, sex, 性别, Geschlecht, genre, sexe, género, sexo"),
        "country": COLUMNS["country"],
    },
    "campaign_results": {
        **_CUSTOMER,
        "campaign_name": _names(
            "campaign name, campaign, campaign title, mailing, campaign id, 活动名称, 营销活动, 活动, Kampagnenname, Kampagne, "
            "campagne, nom de la campagne, campaña, nombre de la campaña"),
        "campaign_channel": _names("campaign channel, campaign type, channel, medium, 活动渠道, 营销渠道, 渠道, Kanal, canal"),
        "campaign_cost": _names(
            "campaign cost, campaign budget, campaign spend, cost, 活动费用, 活动成本, 费用, Kosten, Kampagnenkosten, coût, "
            "coste, costo"),
        "sent_at": _names(
            "sent at, sent on, sent date, send date, date sent, send time, sent, contacted at, contact date, "
            "delivered at, 发送时间, 发送日期, Versendet am, Gesendet am, date d'envoi, fecha de envío"),
        "has_responded": _names(
            "has responded, responded, response, converted, conversion, clicked, reacted, 是否响应, 已响应, 是否转化, 是否点击, "
            "reagiert, geantwortet, a répondu, respondió"),
        "responded_at": _names(
            "responded at, responded on, response date, response time, conversion date, converted at, clicked at, "
            "响应时间, 响应日期, 转化时间, Reagiert am, date de réponse, fecha de respuesta"),
        "is_holdout": _names(
            "is holdout, holdout, control group, is control, control, 对照组, 是否对照组, Kontrollgruppe, groupe témoin, "
            "grupo de control"),
    },
}

# Words of others for ours (on the left, as crm.models has them), compared by `normalised` too.
_CHANNELS = {
    "email": _names(
        "email, e-mail, mail, newsletter, email campaign, 邮件, 电子邮件, 邮箱, courriel, correo electrónico, correo"),
    "phone": _names(
        "phone, call, telephone, phone call, tel, mobile, cellular, telemarketing, outbound call, inbound call, sms, "
        "text message, 短信, 电话, 来电, 去电, 手机, Telefon, Anruf, Telefonat, téléphone, appel, teléfono, llamada"),
    "chat": _names(
        "chat, live chat, webchat, whatsapp, wechat, messenger, telegram, instant message, 在线聊天, 聊天, 在线客服, 微信, QQ"),
    "visit": _names(
        "visit, meeting, in person, in-person, on site, onsite, face to face, appointment, store, shop, 拜访, 上门, 见面, "
        "会面, 面谈, 会议, 到店, 门店, Besuch, Treffen, Termin, visite, réunion, rendez-vous, visita, reunión"),
    "letter": _names(
        "letter, post, postal mail, direct mail, fax, catalogue, flyer, 信件, 信函, 邮寄, 传真, Brief, Post, lettre, "
        "courrier, carta"),
    "social": _names(
        "social, social media, facebook, instagram, twitter, x, linkedin, tiktok, youtube, weibo, 微博, 社交媒体, 抖音, 小红书, "
        "soziale Medien, réseaux sociaux, redes sociales"),
    "other": _names(
        "other, others, unknown, web, form, website, web form, portal, display, search, ads, 其他, 其它, 网站, 网页, "
        "Sonstige, Sonstiges, Andere, autre, otro, otros"),
}
CHOICES: dict[str, dict[str, tuple[str, ...]]] = {
    "customer_stage": {
        "lead": _names(
            "lead, new lead, cold lead, warm lead, hot lead, subscriber, contact, marketing qualified lead, mql, "
            "潜在线索, 线索, 销售线索, 新线索"),
        "prospect": _names(
            "prospect, opportunity, qualified, qualified lead, sales qualified lead, sql, interested, potential, "
            "potential customer, 潜在客户, 意向客户, 潜在, 准客户, Interessent, client potentiel, prospecto, cliente potencial"),
        "customer": _names(
            "customer, client, active, active customer, existing, existing customer, current, current customer, "
            "buyer, member, evangelist, 客户, 正式客户, 成交客户, 老客户, 活跃, Kunde, Bestandskunde, aktiv, client actif, actif, "
            "cliente, activo"),
        "former": _names(
            "former, former customer, ex-customer, past customer, inactive, churned, attrited, lost, cancelled, "
            "canceled, 流失, 流失客户, 已流失, 前客户, 不活跃, ehemaliger Kunde, ehemalig, inaktiv, ancien client, inactif, "
            "antiguo cliente, inactivo"),
    },
    "product_kind": {
        "product": _names(
            "product, goods, good, item, physical, physical product, article, stock item, stock, inventory, simple, "
            "variable, 产品, 商品, 实物, 货品, Produkt, Ware, Artikel, produit, producto, artículo"),
        "service": _names(
            "service, services, labor, labour, consulting, subscription, digital, virtual, non inventory, 虚拟商品, 服务, "
            "Dienstleistung, Leistung, prestation, servicio"),
        "fee": _names(
            "fee, fees, charge, surcharge, shipping, postage, delivery, freight, 费用, 运费, 手续费, 服务费, Gebühr, Versand, "
            "Versandkosten, frais, frais de port, tarifa, gastos de envío"),
    },
    "deal_stage": {
        "prospecting": _names(
            "prospecting, prospect, new, lead, open, identified, discovery, qualification, qualified, qualifying, "
            "needs analysis, 初步接触, 初步接洽, 新建, 线索, 潜在, 验证客户, neu, Qualifizierung, nouveau, nuevo"),
        "engaging": _names(
            "engaging, engaged, contacted, contact made, in contact, working, in progress, meeting, "
            "meeting scheduled, appointment scheduled, demo, demo scheduled, presentation, needs defined, "
            "value proposition, id. decision makers, perception analysis, presentation scheduled, qualified to buy, "
            "跟进, 跟进中, 接洽, 接洽中, 接触中, 洽谈, 沟通中, 需求分析, 需求确认, 意向, in Kontakt, in Bearbeitung, en cours, contactado, "
            "en curso"),
        "offered": _names(
            "offered, offer, proposal, proposal sent, proposal made, proposal/price quote, quote, quoted, "
            "quote sent, negotiation, negotiating, negotiations started, negotiation/review, contract sent, "
            "price quote, decision maker bought-in, 报价, 已报价, 方案报价, 方案, 谈判, 商务谈判, 谈判审核, 合同, Angebot, "
            "Angebot gesendet, Verhandlung, devis, devis envoyé, négociation, propuesta, propuesta enviada, "
            "negociación"),
        "won": _names(
            "won, closed won, closed-won, win, signed, success, successful, 赢得, 赢单, 已赢单, 成交, 已成交, 签单, gewonnen, "
            "gagné, gagnée, ganado, ganada"),
        "lost": _names(
            "lost, closed lost, closed-lost, loss, dead, abandoned, disqualified, failed, cancelled, canceled, 已丢失, "
            "输单, 已输单, 丢单, 失败, 未成交, 流失, verloren, perdu, perdue, perdido, perdida"),
    },
    "ticket_kind": {
        "inquiry": _names(
            "inquiry, enquiry, question, query, information, information request, general, product inquiry, "
            "billing inquiry, general inquiry, 咨询, 询问, 疑问, 问题, Anfrage, Frage, demande d'information, consulta, "
            "pregunta"),
        "complaint": _names(
            "complaint, problem, issue, incident, bug, defect, claim, technical issue, refund request, return, "
            "return request, 退款, 投诉, 抱怨, 故障, 质量问题, Beschwerde, Reklamation, Störung, réclamation, plainte, queja, "
            "reclamación, reclamo"),
        "service_request": _names(
            "service request, request, task, support, service, technical support, change request, feature request, "
            "cancellation request, change, 请求, 需求, 服务请求, 服务, 售后, 维修, 报修, 技术支持, 退货, Serviceanfrage, "
            "demande de service, solicitud, solicitud de servicio"),
    },
    "priority": {
        "low": _names("low, lowest, minor, trivial, p4, p5, 低, 较低, niedrig, gering, basse, faible, baja, bajo"),
        "normal": _names(
            "normal, medium, mid, moderate, standard, average, p3, 中, 普通, 一般, 正常, mittel, moyenne, moyen, normale, "
            "media, medio"),
        "high": _names(
            "high, highest, urgent, critical, major, severe, immediate, important, blocker, p1, p2, 高, 紧急, 严重, 非常紧急, "
            "重要, hoch, dringend, kritisch, haute, élevée, urgente, critique, alta, alto, crítica"),
    },
    "ticket_status": {
        "open": _names(
            "open, new, pending, in progress, on hold, hold, todo, waiting, assigned, unassigned, unresolved, "
            "escalated, 打开, 新建, 待处理, 处理中, 未处理, 进行中, 未解决, offen, neu, in Bearbeitung, wartend, ouvert, nouveau, "
            "en cours, en attente, abierto, nuevo, en curso, pendiente"),
        "answered": _names(
            "answered, replied, responded, pending customer response, waiting on customer, waiting for customer, "
            "awaiting customer, awaiting reply, 等待客户, 已回复, 已答复, 已响应, 待客户回复, beantwortet, répondu, respondido"),
        "resolved": _names(
            "resolved, solved, closed, done, completed, complete, fixed, finished, 已解决, 已关闭, 已完成, 关闭, 完成, gelöst, "
            "geschlossen, erledigt, résolu, fermé, clos, terminé, resuelto, cerrado"),
        "reopened": _names(
            "reopened, re-opened, reopen, 重新打开, 已重开, 重开, wieder geöffnet, wiedereröffnet, rouvert, reabierto"),
    },
    "contact_channel": _CHANNELS,
    "direction": {
        "in": _names(
            "in, inbound, incoming, received, from customer, 呼入, 来, 收到, 接收, 入, 来电, eingehend, entrant, entrante"),
        "out": _names("out, outbound, outgoing, sent, to customer, 呼出, 去, 发出, 发送, 出, 去电, ausgehend, sortant, saliente"),
    },
    "metric": {
        "csat": _names(
            "csat, satisfaction, customer satisfaction, customer satisfaction score, 满意度, 客户满意度, Zufriedenheit, "
            "Kundenzufriedenheit, satisfaction client, satisfacción"),
        "nps": _names(
            "nps, net promoter, net promoter score, recommendation, likelihood to recommend, 净推荐值, 推荐度, 推荐意愿, "
            "Weiterempfehlung, recommandation, recomendación"),
        "ces": _names(
            "ces, customer effort score, customer effort, effort, ease, 费力度, 客户费力度, Aufwand, effort client, esfuerzo"),
        "likert": _names("likert, scale, rating, agreement, 量表, 评分, Skala, Bewertung, échelle, escala"),
    },
}
CUSTOMER_FIELDS = {  # our column: the customers' column
    "customer_name": "name",
    "customer_email": "email",
    "customer_phone": "phone",
    "company": "company",
    "address": "address",
    "postal_code": "postal_code",
    "city": "city",
    "region": "region",
    "country": "country",
}

EMPTY = frozenset(
    {"", "null", "\\n", "nan", "#n/a", "n/a", "<null>", "(null)"}
)  # how programs write “nothing”

_BRACKETS = re.compile(r"\(.*?\)|\[.*?\]")


@lru_cache(maxsize=8192)
def normalised(name: str) -> str:
    """A column's name without case, accents, blanks, signs and brackets.

    >>> normalised("Order_ID"), normalised("省/自治区"), normalised("Price (EUR)"), normalised("N° de pièce")
    ('orderid', '省自治区', 'price', 'ndepiece')
    """
    plain = unicodedata.normalize("NFKC", name).casefold()
    without = _BRACKETS.sub("", plain)
    apart = unicodedata.normalize("NFD", without if without.strip() else plain)
    return unicodedata.normalize("NFC", "".join(sign for sign in apart if sign.isalnum()))


def is_position(name: str) -> bool:
    """Whether a column has no name of its own, only its position: "3", "column 3"."""
    return re.fullmatch(r"(column )?\d+", name) is not None
