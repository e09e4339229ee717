-- UNIQUE texts under collations that MariaDB alone has.
CREATE TABLE accent_insensitive (
    word VARCHAR(50) CHARACTER SET utf8mb4 COLLATE uca1400_ai_ci NOT NULL PRIMARY KEY,
    swedish VARCHAR(50) CHARACTER SET utf8mb4 COLLATE uca1400_swedish_ai_ci NOT NULL UNIQUE
);

CREATE TABLE no_pad (
    word VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_nopad_ci NOT NULL PRIMARY KEY,
    exact VARCHAR(50) CHARACTER SET utf8mb4 COLLATE uca1400_as_cs NOT NULL UNIQUE
);
