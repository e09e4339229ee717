-- UNIQUE keys under collations for which different texts are the same: case, accents, spaces at the end.
CREATE TABLE general_ci (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    word VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL UNIQUE,
    short CHAR(4) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL UNIQUE
);

CREATE TABLE unicode_ci (
    word VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL PRIMARY KEY,
    word_520 VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci NOT NULL UNIQUE
);

CREATE TABLE western (
    word VARCHAR(50) CHARACTER SET latin1 COLLATE latin1_swedish_ci NOT NULL PRIMARY KEY,
    german VARCHAR(50) CHARACTER SET latin1 COLLATE latin1_german2_ci NOT NULL UNIQUE
) DEFAULT CHARSET=latin1;

CREATE TABLE others (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    plain VARCHAR(50) CHARACTER SET ascii NOT NULL UNIQUE,
    three_bytes VARCHAR(50) CHARACTER SET utf8mb3 NOT NULL UNIQUE,
    wide VARCHAR(50) CHARACTER SET utf16 NOT NULL UNIQUE,
    cyrillic VARCHAR(50) CHARACTER SET cp1251 NOT NULL UNIQUE,
    japanese VARCHAR(50) CHARACTER SET sjis NOT NULL UNIQUE,
    exact VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL UNIQUE
);

CREATE TABLE two_letters (
    code CHAR(2) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL PRIMARY KEY
);
