-- Every column type that both servers know, NOT NULL and without a default; the table `optional` has nullable ones.
CREATE TABLE numbers (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    tiny TINYINT NOT NULL,
    tiny_unsigned TINYINT UNSIGNED NOT NULL,
    small SMALLINT NOT NULL,
    small_unsigned SMALLINT UNSIGNED NOT NULL,
    medium MEDIUMINT NOT NULL,
    medium_unsigned MEDIUMINT UNSIGNED NOT NULL,
    plain INT NOT NULL,
    plain_unsigned INT UNSIGNED NOT NULL,
    filled INT(8) ZEROFILL NOT NULL,
    big BIGINT NOT NULL,
    big_unsigned BIGINT UNSIGNED NOT NULL,
    yes BOOLEAN NOT NULL,
    money DECIMAL(10, 2) NOT NULL,
    money_unsigned DECIMAL(10, 2) UNSIGNED NOT NULL,
    whole DECIMAL(5, 0) NOT NULL,
    fraction_only DECIMAL(4, 4) NOT NULL,
    huge DECIMAL(65, 30) NOT NULL,
    ratio FLOAT NOT NULL,
    ratio_unsigned FLOAT UNSIGNED NOT NULL,
    measure DOUBLE NOT NULL,
    rounded FLOAT(7, 2) NOT NULL,
    rounded_twice DOUBLE(12, 4) NOT NULL,
    flag BIT NOT NULL,
    flags BIT(13) NOT NULL,
    mask BIT(64) NOT NULL
);

CREATE TABLE texts (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    one CHAR NOT NULL,
    fixed CHAR(10) NOT NULL,
    nothing VARCHAR(0) NOT NULL,
    short VARCHAR(3) NOT NULL,
    usual VARCHAR(255) NOT NULL,
    long_one VARCHAR(4000) NOT NULL,
    tiny TINYTEXT NOT NULL,
    plain TEXT NOT NULL,
    medium MEDIUMTEXT NOT NULL,
    longest LONGTEXT NOT NULL,
    western VARCHAR(40) CHARACTER SET latin1 NOT NULL,
    plain_ascii VARCHAR(40) CHARACTER SET ascii NOT NULL,
    three_bytes VARCHAR(40) CHARACTER SET utf8mb3 NOT NULL,
    wide VARCHAR(40) CHARACTER SET utf16 NOT NULL,
    exact VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL
) DEFAULT CHARSET=utf8mb4;

CREATE TABLE bytes (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    one BINARY NOT NULL,
    hash BINARY(32) NOT NULL,
    some VARBINARY(100) NOT NULL,
    tiny TINYBLOB NOT NULL,
    plain BLOB NOT NULL,
    medium MEDIUMBLOB NOT NULL,
    longest LONGBLOB NOT NULL
);

CREATE TABLE moments (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    day DATE NOT NULL,
    moment DATETIME NOT NULL,
    moment_tenths DATETIME(1) NOT NULL,
    moment_micros DATETIME(6) NOT NULL,
    stamp TIMESTAMP NOT NULL,
    stamp_millis TIMESTAMP(3) NOT NULL,
    clock TIME NOT NULL,
    clock_micros TIME(6) NOT NULL,
    vintage YEAR NOT NULL
);

CREATE TABLE choices (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    size ENUM('small', 'medium', 'large') NOT NULL,
    only ENUM('one') NOT NULL,
    awkward ENUM('', 'it''s', 'a,b', 'back\\slash', 'ünï') NOT NULL,
    days SET('mon', 'tue', 'wed') NOT NULL,
    document JSON NOT NULL
) DEFAULT CHARSET=utf8mb4;

CREATE TABLE shapes (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    any_shape GEOMETRY NOT NULL,
    place POINT NOT NULL,
    way LINESTRING NOT NULL,
    area POLYGON NOT NULL,
    places MULTIPOINT NOT NULL,
    ways MULTILINESTRING NOT NULL,
    areas MULTIPOLYGON NOT NULL,
    collected GEOMETRYCOLLECTION NOT NULL
);

CREATE TABLE indexed_places (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    title VARCHAR(80) NOT NULL,
    place POINT NOT NULL,
    SPATIAL INDEX ix_indexed_places (place),
    FULLTEXT INDEX ft_indexed_places (title)
) ENGINE=InnoDB;

CREATE TABLE optional (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    number INT NULL,
    amount DECIMAL(8, 3) NULL,
    ratio DOUBLE NULL,
    flag BIT(3) NULL,
    word VARCHAR(30) NULL,
    story TEXT NULL,
    hash BINARY(8) NULL,
    day DATE NULL,
    moment DATETIME NULL,
    stamp TIMESTAMP NULL,
    clock TIME NULL,
    vintage YEAR NULL,
    size ENUM('small', 'large') NULL,
    days SET('mon', 'tue') NULL,
    document JSON NULL,
    place POINT NULL
) DEFAULT CHARSET=utf8mb4;
