"""What a column's name says about its numbers: one table of rules. number_shapes.py turns a rule into a generator that fits the column."""

from fractions import Fraction

from parloader.inference.column_names import split_identifier, words
from parloader.inference.numbers.number_shapes import (
    Amounts,
    Counts,
    IfBelow,
    IfDecimal,
    Listed,
    Order,
    Prices,
    Rates,
    Shape,
    Skewed,
    Symmetric,
    Within,
)

AVERAGE_RATING = Symmetric(mean=4.2, deviation=0.45, low=1, high=5)

TAX_RATES = Rates("0 6 7 16 19 40 20 26 21 8 25 4")

# Names → shape. A name matches if it is, or ends with, one of these phrases; the longest one wins. Words of units at the end do not count.
RULES: tuple[tuple[str, Shape], ...] = (
    # money
    (
        "price unit_price list_price retail_price selling_price sell_price base_price price_net price_gross item_price",
        Prices(median=24, sigma=0.9),
    ),
    ("cost fee charge cost_price purchase_price wholesale_price", Prices(median=12, sigma=0.8)),
    ("amount payment line_total line_amount refund_amount paid_amount amount_paid", Amounts(median=60, sigma=0.9, low=1)),
    (
        "total subtotal grand_total net gross net_amount gross_amount total_amount total_price order_total value",
        Amounts(median=75, sigma=0.8, low=1),
    ),
    (
        "shipping shipping_cost shipping_fee shipping_amount delivery_fee delivery_cost postage shipping_price",
        Listed("0 24 3.90 14 4.95 26 5.99 16 6.90 10 9.90 7 14.90 3"),
    ),
    ("discount discount_amount rebate", Listed("0 66 1.00 4 2.50 6 5.00 11 7.50 3 10.00 7 15.00 2 20.00 1")),
    ("discount_percent discount_pct discount_rate percent_off discount_percentage", Listed("0 40 5 18 10 20 15 8 20 8 25 3 30 2 50 1")),
    ("tax_amount vat_amount", Amounts(median=9, sigma=0.8, low=0)),
    ("tax vat gst", IfBelow(100, TAX_RATES, Amounts(median=9, sigma=0.8, low=0))),
    ("tax_rate vat_rate tax_percent vat_percent vat_percentage gst_rate", TAX_RATES),
    ("commission_rate commission margin markup", Rates("2 10 3 15 5 30 8 15 10 20 15 10")),
    ("interest_rate interest apr", Rates("0.50 5 1.25 12 2.00 14 2.75 18 3.50 20 4.25 16 5.90 10 8.90 5")),
    ("exchange_rate fx_rate", Amounts(median=1.1, sigma=0.4, low=0.01)),
    ("salary annual_salary base_salary income yearly_income", Skewed(median=46_000, sigma=0.35, low=12_000)),
    ("monthly_salary gross_salary net_salary gross_pay net_pay", Skewed(median=3_200, sigma=0.35, low=900)),
    ("wage hourly_rate hourly_wage rate_per_hour", Skewed(median=24, sigma=0.35, low=9)),
    ("nightly_rate room_rate daily_rate rate_per_night base_rate price_per_night", Skewed(median=95, sigma=0.45, low=25)),
    ("principal loan_amount amount_financed", Skewed(median=9_500, sigma=0.8, low=500)),
    ("outstanding", Skewed(median=2_600, sigma=1.0, low=0)),
    ("spending_limit daily_limit card_limit withdrawal_limit", Listed("200 6 500 22 1000 40 2000 18 2500 8 5000 6")),
    ("term_months duration_months", Listed("12 14 24 18 36 22 48 16 60 20 84 6 120 4")),
    ("term_years duration_years", Listed("1 14 2 18 3 22 4 16 5 20 10 10")),
    ("budget revenue turnover", Amounts(median=25_000, sigma=1.0, low=500)),
    ("balance account_balance wallet", Amounts(median=240, sigma=1.2, low=0)),
    ("credit_limit limit_amount", Listed("500 20 1000 30 2000 20 2500 10 5000 14 10000 6")),
    ("freight freight_charge haulage base_charge", Amounts(median=35, sigma=0.7, low=3)),
    ("surcharge fuel_surcharge handling handling_fee toll", Amounts(median=3, sigma=0.7, low=0.5)),
    ("deposit", Listed("50 20 100 30 200 20 250 10 500 14 1000 6")),
    # how many
    ("quantity qty copies items item_count num_items quantity_ordered pieces pcs units", Listed("1 58 2 20 3 9 4 5 5 3 6 2 8 1 10 1 12 1")),
    (
        "stock stock_quantity in_stock on_hand quantity_on_hand stock_level inventory available_quantity qty_available",
        Skewed(median=34, sigma=1.1, low=0),
    ),
    ("reserved allocated reserved_quantity", Counts(mean=1.5)),
    ("min_quantity minimum_quantity moq min_order_quantity", Listed("1 70 2 10 5 10 6 4 10 6")),
    ("reorder_level reorder_point min_stock safety_stock", Listed("5 20 10 40 20 25 25 8 50 7")),
    ("views view_count hits visits impressions page_views visit_count", Skewed(median=180, sigma=1.5, low=0)),
    ("downloads download_count installs plays play_count", Skewed(median=70, sigma=1.5, low=0)),
    ("likes like_count upvotes votes vote_count shares share_count followers follower_count favorites", Skewed(median=9, sigma=1.4, low=0)),
    ("downvotes dislikes reports report_count flags", Counts(mean=0.8)),
    ("clicks click_count opens", Skewed(median=25, sigma=1.3, low=0)),
    ("login_count logins visits_count orders_count order_count", Skewed(median=14, sigma=1.1, low=0)),
    ("count comment_count comments_count reply_count replies num total_count children members member_count", Counts(mean=4)),
    ("attempts attempt retries retry_count tries attempt_count failures failed_attempts", Listed("1 80 2 12 3 5 4 2 5 1")),
    ("usage_count used_count redemptions uses times_used usage", Skewed(median=8, sigma=1.2, low=0)),
    ("usage_limit max_uses max_redemptions", Listed("1 40 10 10 50 10 100 25 500 10 1000 5")),
    ("points loyalty_points xp reputation karma credits", Skewed(median=320, sigma=1.1, low=0)),
    ("population inhabitants", Skewed(median=40_000, sigma=1.6, low=50)),
    ("capacity_kg payload_kg max_weight_kg payload max_payload", Listed("800 16 1200 22 3500 26 7500 16 12000 12 24000 8")),
    ("capacity max_participants", Listed("10 20 20 25 30 20 50 18 100 12 200 5")),
    ("seats passengers", Listed("1 20 2 30 4 26 5 14 7 6 8 4")),
    ("max_guests max_occupancy occupancy max_persons", Listed("1 14 2 46 3 16 4 20 6 4")),
    ("story_points effort", Listed("1 18 2 24 3 22 5 20 8 12 13 4")),
    ("rooms bedrooms bathrooms", Listed("1 12 2 30 3 32 4 17 5 7 6 2")),
    ("floor floors storeys", Listed("0 14 1 24 2 22 3 17 4 10 5 7 6 4 8 2")),
    # judgements
    ("rating stars star_rating", IfDecimal(AVERAGE_RATING, Listed("5 46 4 30 3 12 2 6 1 6"))),
    ("average_rating avg_rating rating_avg rating_average", AVERAGE_RATING),
    ("score grade_points", Symmetric(mean=68, deviation=16, low=0, high=100)),
    ("percent percentage pct progress completion", Listed("0 16 10 6 20 6 25 5 30 5 40 6 50 8 60 6 70 5 75 5 80 6 90 6 100 20")),
    ("priority importance severity urgency level tier grade", Listed("3 44 2 20 4 18 1 10 5 8")),
    ("confidence probability", Within(low=0.5, high=0.99)),
    # versions and order
    ("version revision version_number lock_version row_version revision_number", Listed("1 60 2 20 3 10 4 5 5 3 6 1 7 1")),
    ("sort_order sort_index display_order sort position ordering ordinal seq sequence sequence_no sort_no rank", Order()),
    # people
    ("age", Symmetric(mean=41, deviation=14, low=18, high=90)),
    ("year model_year release_year publication_year build_year founded", Symmetric(mean=2016, deviation=5, low=1990, high=2024)),
    # things
    ("weight net_weight gross_weight", Skewed(median=1.8, sigma=1.0, low=0.05, of="kg")),
    ("width height depth length diameter thickness", Skewed(median=28, sigma=0.6, low=1, of="cm")),
    ("distance mileage_km odometer", Skewed(median=24, sigma=1.1, low=1, of="km")),
    ("volume", Skewed(median=12, sigma=1.0, low=0.1)),
    ("area surface", Symmetric(mean=84, deviation=26, low=18, high=240)),
    ("duration runtime elapsed processing_time execution_time", Skewed(median=240, sigma=0.9, low=1, of="s")),
    ("latency response_time ping delay", Skewed(median=0.12, sigma=0.9, low=0.001, of="s")),
    ("timeout ttl interval", Listed("5 10 10 20 30 30 60 25 300 10 3600 5")),
    ("size file_size filesize bytes size_bytes content_length", Skewed(median=240_000, sigma=1.6, low=120)),
    ("temperature temp", Symmetric(mean=13, deviation=8, low=-20, high=40)),
    ("voltage voltage_v", Symmetric(mean=230, deviation=4, low=207, high=253)),
    ("frequency_hz", Symmetric(mean=50, deviation=0.05, low=49.5, high=50.5)),
    ("humidity", Symmetric(mean=58, deviation=14, low=5, high=100)),
    ("port", Listed("443 40 80 20 22 10 3306 8 5432 6 8080 10 8443 6")),
    # places
    ("latitude lat geo_lat", Within(low=37, high=59)),
    ("longitude lng lon long geo_lng geo_lon", Within(low=-8, high=28)),
    ("altitude elevation", Skewed(median=180, sigma=0.9, low=0)),
)

OTHER_AMOUNTS, OTHER_NUMBERS = Amounts(median=60, sigma=1.0, low=0), Skewed(median=120, sigma=1.2, low=0)
"""Decimals and integers of which the name says nothing."""

# Words of tables that describe people, and what is different there
PEOPLE = frozenset(
    ("patient", "patients", "person", "persons", "people", "athlete", "player", "players", "vitals", "measurement", "measurements")
)

OF_PEOPLE: tuple[tuple[str, Shape], ...] = (
    ("weight", Symmetric(mean=75, deviation=14, low=3, high=160)),
    ("height", Symmetric(mean=172, deviation=10, low=48, high=210)),
    ("age", Symmetric(mean=47, deviation=21, low=0, high=98)),
    ("temperature temp", Symmetric(mean=36.8, deviation=0.5, low=35, high=41)),
)

# Words of tables → how many times as much things cost there
COSTLY: dict[str, int] = {
    word: factor
    for listed, factor in (
        ("property properties house houses estate", 12_000),
        ("vehicle vehicles car cars truck trucks boat boats", 900),
        ("contract contracts policy policies claim claims loan loans project projects deal deals", 80),
        ("shipment shipments leg legs freight invoice invoices quote quotes", 12),
        ("treatment treatments course courses flight flights trip trips booking bookings room rooms reservation reservations", 5),
        ("payslip payslips paycheck paychecks payroll", 40),
        ("ticket tickets rental rentals", 1),
    )
    for word in listed.split()
}

# Words at the end of a name that only say the unit
UNITS = words("cents cent kg g gram grams mm cm m km px ms seconds secs sec s minutes mins min hours usd eur gbp chf pct percent")


def _phrases(rules: tuple[tuple[str, Shape], ...]) -> dict[str, Shape]:
    return {phrase: shape for phrases, shape in rules for phrase in phrases.split()}


BY_PHRASE, BY_PHRASE_OF_PEOPLE = _phrases(RULES), _phrases(OF_PEOPLE)


def shape_of(column: str, table: str) -> tuple[Shape | None, Fraction]:
    """The shape that the names suggest, and by what its numbers are multiplied: the column's unit, and how costly things are in the table."""
    parts = split_identifier(column)
    unit = parts[-1] if len(parts) > 1 and parts[-1] in UNITS else None
    of_table = split_identifier(table)
    factor = next((COSTLY[word] for word in reversed(of_table) if word in COSTLY), 1)
    tables = [BY_PHRASE_OF_PEOPLE, BY_PHRASE] if PEOPLE.intersection(of_table) else [BY_PHRASE]
    for named in (parts, parts[:-1] if unit else ()):
        for start in range(len(named)):
            for rules in tables:
                if shape := rules.get("_".join(named[start:])):
                    return shape, shape.per_unit(unit) * (factor if shape.is_money else 1)
    return None, Fraction(1)
