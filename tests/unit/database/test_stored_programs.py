"""Which tables a trigger names: in its own text, and in that of routines, views and triggers that it reaches."""

from parloader.database.stored_programs import StoredPrograms

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


def test_tables_are_found_through_everything_that_is_named() -> None:
    assert named("direct") == {"thread"}
    assert named("upper") == {"audit", "thread"}
    assert named("calls") == {"audit", "thread"}
    assert named("quoted") == {"Ünïcode", "other"}
    assert named("reads_nothing") == named("unknown") == set()
