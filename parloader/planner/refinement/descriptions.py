"""Texts: people and places whose attributes agree, names that the table suggests, codes, slugs and documents.

inference/texts/text_roles.py has the rules. A generator replaces the solver's only if the column's type, length, character set, CHECKs and unique
keys accept its values.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from parloader.inference.default_values import default_value
from parloader.inference.numbers.shares import null_share
from parloader.inference.statuses.event_times import quoted
from parloader.inference.texts import candidates, text_roles
from parloader.inference.texts.role_words import COUNTRY, PERSON, PLACE
from parloader.inference.texts.text_roles import Attribute
from parloader.planner.refinement.refinement import Refinement
from parloader.plans.compositions import FAMILY_OF
from parloader.plans.generators import OF_LOCALES, Code, Cycle, Generator, Provider, Scalar, Slug, Unique, UniqueKind, When
from parloader.plans.locales import LOCALES, locale_data
from parloader.schema.model import ColumnSchema, ColumnType

USUAL = LOCALES[0]
"""The locale of all others."""

FACTS = {"country": ("country", "country_code"), "country_code": ("country_code",), "currency_code": ("currency_code",), "locale": ()}
"""Attribute → the keys of a locale's file among which a DEFAULT or a list of values is looked up."""

SLUGS = ("slug", "permalink", "urlkey", "handle")

BY_RATING = {
    "review": ("review_good", "review", "review_bad"),
    "review_title": ("review_title", "review_title_mixed", "review_title_bad"),
}
"""Provider → those for a rating of 4 and more, of 3, and of less."""

COMPANIES = ("clinic", "school", "shop", "warehouse")
"""Lists of names that are companies if there are more of them."""

MANY = 100_000  # telephone numbers of the North American plan for fiction


def describe_rows(refinement: Refinement) -> None:
    """The step: texts are what the names of their column and table say."""
    home = _home(refinement)
    for table in refinement.layouts:
        _Description(refinement, table, home).write()


def _home(refinement: Refinement) -> str:
    """The locale of the country or the locale that is the DEFAULT of a column; the usual one if there is none."""
    for table in sorted(refinement.layouts):
        for column in refinement.drafts[table].schema.columns:
            found = text_roles.attribute(table, column.name)
            if found is not None and found.provider in ("country", "country_code", "locale"):
                fitting = _locales_with(default_value(column), found.provider)
                if len(fitting) == 1:
                    return fitting[0]
    return USUAL


def _locales_with(value: Scalar, provider: str) -> list[str]:
    """The locales that have this value of a country, a currency or a locale."""
    return [locale for locale in LOCALES if value in (locale, *(locale_data(locale)[key] for key in FACTS.get(provider, ())))]


@dataclass
class _Description:
    refinement: Refinement
    table: str
    home: str
    own: tuple[str, str | tuple[str, ...]] | None = None  # group and locale of the attributes of the row itself

    def write(self) -> None:
        found = {column.name: attribute for column in self._columns() if (attribute := text_roles.attribute(self.table, column.name))}
        own = text_roles.provider_of_name(self.table)
        for column in self._columns():
            is_person = own == "name" and column.name.lower() in ("name", "display_name", f"{self.table.rsplit('.', 1)[-1].lower()}_name")
            if is_person and column.name not in found:
                found[column.name] = Attribute("name", "")
        for column in self._columns():
            whose, _, last = column.name.lower().rpartition("_")
            if whose and last == "name" and any(each.of == whose and each.provider in PLACE for each in found.values()):
                found.setdefault(column.name, Attribute("name", whose))
        for of in dict.fromkeys(attribute.of for attribute in found.values()):
            self._write_group(of, {name: each.provider for name, each in found.items() if each.of == of})
        for column in self._columns():
            if column.name not in found:
                self._write_alone(column)
        self._write_slugs()

    def _columns(self) -> Iterator[ColumnSchema]:
        """The columns that the step may change."""
        refinement = self.refinement
        for column in refinement.drafts[self.table].schema.columns:
            changeable = self._is_unique(column.name) or refinement.is_free(self.table, column.name)
            if changeable and not refinement.is_settled(self.table, column.name) and self._is_open(column):
                yield column

    def _is_open(self, column: ColumnSchema) -> bool:
        """Whether neither a list of values nor a family of rows decides about the column."""
        domain = self.refinement.domain(self.table, column.name)
        generator = self.refinement.tables[self.table].columns[column.name]
        return domain is not None and domain.values is None and not domain.unsure and candidates.is_plain(generator)

    def _is_unique(self, column: str) -> bool:
        """Whether the column is different in each row only because of unique keys over texts as they are."""
        refinement, draft = self.refinement, self.refinement.drafts[self.table]
        unique = refinement.layouts[self.table].unique.get(column)
        if (
            unique is None
            or unique.form not in (UniqueKind.TEXT, UniqueKind.VALUES)
            or draft.schema.column(column).kind is not ColumnType.TEXT
        ):
            return False
        special = column in draft.unanalysed or column in draft.schema.computed_from or draft.prefix(column) is not None
        in_expression = any(key.expressions and column in key.compared for key in draft.schema.unique_keys)
        free = (
            draft.is_open(column) and not refinement.is_compared(self.table, column) and refinement.domain(self.table, column) is not None
        )
        return free and not special and not in_expression

    # People and places

    def _write_group(self, of: str, providers: dict[str, str]) -> None:
        place = [name for name, provider in providers.items() if provider in PLACE]
        has_address = any(providers[name] in ("city", "postcode", "street", "address", "latitude") for name in place)
        has_person = any(provider in PERSON - {"gender"} for provider in providers.values())
        if not has_address:
            place = [name for name in place if has_person and providers[name] not in ("state", "street")]
        members = {name: provider for name, provider in providers.items() if (provider in PERSON and has_person) or name in place}
        locale = self._locale(members)
        if not all(self._accepts(name, provider, locale) for name, provider in members.items()):  # such as Polish letters in latin1
            locale = USUAL
        name = of or ("person" if has_person else "place")
        if not of and len(members) > 1:
            self.own = name, locale
        for column, provider in members.items():
            self._write_attribute(self._column(column), provider, locale, name if len(members) > 1 else None)
        for column, provider in providers.items():
            if column not in members and provider in COUNTRY and not self._is_unique(column):
                self._set_first(self._column(column), candidates.provided(self._column(column), provider, "world", None))

    def _accepts(self, name: str, provider: str, locale: str | tuple[str, ...]) -> bool:
        """Whether the column accepts the values of the locale, if it has any."""
        column, domain = self._column(name), self.refinement.domain(self.table, name)
        generators = candidates.provided(column, provider, locale, None)
        return domain is None or all(candidates.fits(column, domain, each, self.table, 0) for each in generators)

    def _locale(self, members: dict[str, str]) -> str | tuple[str, ...]:
        """Several locales if a column says in which country the row is; only those of its DEFAULT, if it has one."""
        telling = [(self._column(name), provider) for name, provider in members.items() if provider in COUNTRY]
        if not telling:
            return self.home
        for column, provider in telling:
            fitting = _locales_with(default_value(column), provider)
            if fitting:
                with_iban = any(text_roles.code(other.name) == "iban" for other in self._columns())
                return tuple(fitting) if len(fitting) > 1 and not with_iban else fitting[0]
        return "world"

    def _write_attribute(self, column: ColumnSchema, provider: str, locale: str | tuple[str, ...], group: str | None) -> None:
        if provider in ("country", "language") and 0 < column.length <= 3:
            provider = f"{provider}_code"
        if self._is_unique(column.name):
            if provider in ("email", "username", "name"):
                self._set_first(column, candidates.unique(column, provider, locale, group))
            elif provider == "phone":
                many = self._rows > MANY // 2
                self._set_first(column, [Unique(form=UniqueKind.CODE, pattern="+1 %## 555 ####" if many else "+1 %## 555 01##")])
            return
        self._set_first(column, candidates.provided(column, provider, locale, group))
        if default_value(column) is not None or provider == "state":
            self._settle(column)  # a DEFAULT in most rows would not agree with the others; a state may look like a status

    def _settle(self, column: ColumnSchema) -> None:
        """Keeps other steps from changing the column, which is NULL as often as others."""
        refinement = self.refinement
        if refinement.drafts[self.table].may_be_null(column.name):
            generator = refinement.tables[self.table].columns[column.name]
            refinement.set(self.table, column.name, replace(generator, null_share=null_share(column)))
        refinement.settle(self.table, column.name)

    # Other texts

    def _write_alone(self, column: ColumnSchema) -> None:
        if column.kind is ColumnType.JSON:
            self._set_first(column, [Provider(name=text_roles.document(column.name))])
        elif column.kind is not ColumnType.TEXT or self._write_reference(column) or self._write_code(column):
            return
        elif provider := text_roles.provider(self.table, column.name):
            of_row = self.own if provider == "company" else None
            group, locale = of_row or (provider if provider in FAMILY_OF else None, USUAL)
            if provider in BY_RATING and self._write_review(column, BY_RATING[provider]):
                return
            if not self._is_unique(column.name):
                self._set_first(column, candidates.provided(column, provider, locale, group))
            elif provider in FAMILY_OF:
                self._set_first(column, candidates.unique(column, provider, locale, group))
            elif not self._write_listed(column, candidates.listed(provider)) and provider in COMPANIES:
                self._set_first(column, candidates.unique(column, "company", locale, group))
        else:
            self._write_usual(column)

    def _write_listed(self, column: ColumnSchema, values: tuple[str, ...]) -> bool:
        """Different values of a list, if it has enough, and no row has one yet."""
        if len(values) < self._rows or self.refinement.request.has_rows(self.table):
            return False
        return self._set_first(column, [Unique(form=UniqueKind.VALUES, values=values)])

    def _write_usual(self, column: ColumnSchema) -> None:
        """Texts of the solver's pools, of random words, become texts of a locale."""
        generator = self.refinement.tables[self.table].columns[column.name]
        if isinstance(generator, Provider) and generator.name in OF_LOCALES and generator.locale is None:
            self._set_first(column, [replace(generator, locale=USUAL)])

    def _write_review(self, column: ColumnSchema, names: tuple[str, str, str]) -> bool:
        """Good words where the rating is high, bad ones where it is low."""
        columns = {other.name: other for other in self.refinement.drafts[self.table].schema.columns}
        rating = next((name for name in columns if name.lower() in ("rating", "stars", "score")), None)
        if rating is None or rating not in self.refinement.tables[self.table].columns or self._is_unique(column.name):
            return False
        domain = self.refinement.domain(self.table, rating)
        if domain is None or domain.high != 5 or columns[rating].kind not in (ColumnType.INTEGER, ColumnType.DECIMAL):
            return False
        texts = [candidates.provided(column, name, USUAL, None) for name in names]
        if not all(self._set_first(column, each) for each in texts):
            return False
        good, mixed, bad = (each[0] for each in texts)
        name = quoted(rating)
        self.refinement.set(
            self.table,
            column.name,
            When(condition=f"{name} >= 4", then=good, otherwise=When(condition=f"{name} >= 3", then=mixed, otherwise=bad)),
        )
        return True

    def _write_reference(self, column: ColumnSchema) -> bool:
        """Countries, currencies and languages: their names and codes, in one order."""
        values = text_roles.reference(self.table, column.name, column.length)
        if not values or len(values) < self._rows or self.refinement.request.has_rows(self.table):
            return False
        is_unique = self._is_unique(column.name)
        return self._set_first(column, [Unique(form=UniqueKind.VALUES, values=values) if is_unique else Cycle(values=values)])

    def _write_code(self, column: ColumnSchema) -> bool:
        before = text_roles.running_number(self.table, column.name)
        pattern = text_roles.code(column.name)
        unique = self._is_unique(column.name)
        if before and not pattern:
            digits = min(7, column.length - len(before) - 1)
            if unique and 10**digits > 4 * self._rows and 10 ** (digits - 3) > 4 * self._rows:
                digits -= 2
            if unique and 10**digits > 4 * self._rows:
                return self._set_first(column, [Unique(form=UniqueKind.TEXT, prefix=f"{before}-", length=digits, base=10)])
            pattern = None if unique else f"{before}-{'#' * min(4, digits)}" if digits >= 3 else None
        if not pattern:
            return False
        return self._set_first(column, [Unique(form=UniqueKind.CODE, pattern=pattern) if unique else Code(pattern=pattern)])

    def _write_slugs(self) -> None:
        columns = self.refinement.tables[self.table].columns
        named = next((name for name in ("name", "title", "headline") if name in columns), None)
        source = columns.get(named) if named else None
        for column in self._columns():
            if column.kind is not ColumnType.TEXT or named is None or "".join(column.name.lower().split("_")[-2:]) not in SLUGS:
                continue
            if column.name == named:
                continue
            if not self._is_unique(column.name):
                self._set_first(column, [Slug(column=named, length=column.length)])
            elif isinstance(source, Provider | Unique):
                of = source.name if isinstance(source, Provider) else str(source.form)
                if of in ("name", "product", "company", "title"):
                    group = source.group or named
                    if self._set_first(column, candidates.unique_slug(column, of, source.locale or USUAL, group)) and source.group is None:
                        self.refinement.set(self.table, named, replace(source, group=group))
                elif isinstance(source, Unique) and source.form is UniqueKind.VALUES and candidates.have_different_slugs(source.values):
                    self._set_first(column, [Slug(column=named)])

    # Setting

    def _set_first(self, column: ColumnSchema, generators: Sequence[Generator]) -> bool:
        """Gives the column the first generator whose values it accepts."""
        domain = self.refinement.domain(self.table, column.name)
        for generator in generators:
            if domain is not None and candidates.fits(column, domain, generator, self.table, self._needed_values(generator)):
                self.refinement.set(self.table, column.name, generator)
                return True
        return False

    def _needed_values(self, generator: Generator) -> int:
        """How many different values are needed beside existing ones."""
        return (
            2 * (self._rows + self.refinement.request.existing_rows(self.table))
            if isinstance(generator, Unique) and not generator.values
            else 0
        )

    def _column(self, name: str) -> ColumnSchema:
        return self.refinement.drafts[self.table].schema.column(name)

    @property
    def _rows(self) -> int:
        return self.refinement.tables[self.table].rows
