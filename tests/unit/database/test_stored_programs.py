"""Which tables a trigger names: in its own text, and in that of routines, views and triggers that it reaches."""

from dataclasses import replace

import pytest

from parloader.database.stored_programs import CHANGED, INSERTED, StoredPrograms

TABLES = ("thread", "reply", "audit", "Ünïcode", "other")

PROGRAMS = StoredPrograms(
    triggers={
        ("reply", "direct"): "UPDATE `thread` SET replies = replies + 1",
        ("reply", "upper"): "INSERT INTO AUDIT VALUES (1)",
        ("reply", "calls"): "CALL note_it(NEW.id)",
        ("reply", "quoted"): "INSERT INTO `ünïcode` SELECT * FROM some_view",
        ("audit", "chained"): "DELETE FROM thread WHERE id = 1",
        ("reply", "reads_nothing"): "SET @threads = 1",
    },
    others={"note_it": "BEGIN CALL note_it(1); INSERT INTO audit VALUES (2); END", "some_view": "select `other`.`id` from `other`"},
)


def named(trigger: str) -> set[str]:
    return set(PROGRAMS.tables_named("reply", trigger, TABLES))


@pytest.mark.parametrize(
    ("body", "inserted", "changed"),
    [
        ("insert low_priority ignore into `thread` values (1)", {"thread"}, set()),
        ("REPLACE INTO shop.audit\nSET n = 1; DELETE FROM other", {"audit"}, {"other"}),
        ("UPDATE thread t JOIN audit a ON a.id = t.id SET t.n = 1", set(), {"thread", "audit"}),
        ("DELETE FROM thread WHERE id IN (SELECT id FROM other)", set(), {"thread"}),
        ("SET NEW.x = REPLACE(NEW.x, 'a', 'b'), NEW.y = (SELECT n FROM thread FOR UPDATE)", set(), set()),
        ("INSERT INTO audit SELECT id FROM thread ON DUPLICATE KEY UPDATE other = 1", {"audit"}, set()),
        ("INSERT INTO some_view VALUES (1)", {"other"}, set()),
        ("CALL note_it(1)", {"audit"}, {"thread"}),
    ],
)
def test_written_tables(body: str, inserted: set[str], changed: set[str]) -> None:
    triggers = {("reply", "t"): body, ("audit", "chained"): "UPDATE thread SET n = 1" if "note_it" in body else ""}
    programs = replace(PROGRAMS, triggers=triggers)
    assert programs.tables_written("reply", "t", TABLES, by=[INSERTED]) == inserted
    assert programs.tables_written("reply", "t", TABLES, by=[CHANGED]) == changed
    assert programs.tables_written("reply", "t", TABLES, by=[INSERTED, CHANGED]) == inserted | changed


def test_tables_are_found_through_everything_that_is_named() -> None:
    assert named("direct") == {"thread"}
    assert named("upper") == {"audit", "thread"}
    assert named("calls") == {"audit", "thread"}
    assert named("quoted") == {"Ünïcode", "other"}
    assert named("reads_nothing") == named("unknown") == set()


@pytest.mark.parametrize(
    ("body", "inserted"),
    [
        ("insert low_priority ignore into `thread` values (1)", {"thread"}),
        ("REPLACE INTO shop.audit SET n = 1", {"audit"}),
        ("INSERT INTO `shop` . `audit` (n) VALUES (1)", {"audit"}),
        ("INSERT INTO elsewhere.audit SET n = 1", set()),
        ("BEGIN /* INSERT INTO audit */ -- INSERT INTO audit\n# INSERT INTO audit\nSET @a = 1; END", set()),
        ("BEGIN /*!50003 INSERT INTO audit VALUES (1) */; END", {"audit"}),
        ("SET @a = 'it''s \\' INSERT INTO audit'", set()),
        ('SET @a = "INSERT INTO audit "', set()),
        ('INSERT INTO "audit" VALUES (1)', {"audit"}),
        ("INSERT INTO `no # comment` VALUES (1); INSERT INTO audit VALUES (1)", {"audit"}),
        ("INSERT INTO some_view VALUES (1)", {"other"}),
        ("INSERT INTO joined VALUES (1)", set()),
        ("CALL note_it(1)", {"audit", "Ünïcode"}),
        ("CALL elsewhere.note_it(1)", set()),
        ("SET @a = (SELECT COUNT(*) FROM audit)", set()),
        ("UPDATE audit SET n = 1", set()),
        ("INSERT INTO audit VALUES (1)", {"audit", "Ünïcode"}),
    ],
)
def test_the_tables_into_which_a_trigger_inserts(body: str, inserted: set[str]) -> None:
    """`audit` fires two triggers: only what an INSERT fires counts."""
    if "audit" in inserted:
        inserted = inserted | {"Ünïcode"}
    programs = StoredPrograms(
        triggers={
            ("reply", "t"): body,
            ("audit", "when_inserted"): "INSERT INTO `Ünïcode` VALUES (1)",
            ("audit", "when_deleted"): "INSERT INTO thread VALUES (1)",
        },
        events={("reply", "t"): "INSERT", ("audit", "when_inserted"): "INSERT", ("audit", "when_deleted"): "DELETE"},
        others={**PROGRAMS.others, "joined": "select `other`.`id` from (`shop`.`other` join `shop`.`thread`)"},
        database="shop",
    )
    assert programs.tables_inserted("reply", "t", TABLES) == inserted
