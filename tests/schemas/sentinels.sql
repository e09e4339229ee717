-- Tables with rows: the highest values of their keys and UNIQUE columns are taken, as a value that stands for "none" or "for ever"; zero dates, dates of the year 0, negative keys, keys above the signed 64 bits.
SET SESSION sql_mode = '';

CREATE TABLE dimension (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    title VARCHAR(40) NOT NULL
);

INSERT INTO dimension VALUES (-2147483648, 'error'), (-1, 'unknown'), (1, 'first'), (2, 'second'), (2147483647, 'none');

CREATE TABLE fact (
    id SMALLINT NOT NULL PRIMARY KEY,
    dimension_id INT NOT NULL,
    previous SMALLINT NULL,
    CONSTRAINT fk_fact_dimension FOREIGN KEY (dimension_id) REFERENCES dimension (id),
    CONSTRAINT fk_fact_previous FOREIGN KEY (previous) REFERENCES fact (id)
);

INSERT INTO fact VALUES (-1, -1, NULL), (32767, 2147483647, -1);

CREATE TABLE wide_number (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    number BIGINT UNSIGNED NOT NULL,
    UNIQUE KEY uq_wide_number (number)
);

INSERT INTO wide_number VALUES (3, 18446744073709551615), (9223372036854775900, 7);

CREATE TABLE picks_wide_number (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    wide_number_id BIGINT UNSIGNED NOT NULL,
    number BIGINT UNSIGNED NOT NULL,
    CONSTRAINT fk_picks_wide_number_id FOREIGN KEY (wide_number_id) REFERENCES wide_number (id),
    CONSTRAINT fk_picks_wide_number FOREIGN KEY (number) REFERENCES wide_number (number)
);

CREATE TABLE counter_of_uuids (
    uuid BINARY(16) NOT NULL PRIMARY KEY,
    number BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    KEY ix_counter_of_uuids (number)
);

INSERT INTO counter_of_uuids VALUES (x'c0112233445566778899aabbccddeeff', 9223372036854775900), (x'ffffffffffffffffffffffffffffffff', 1);

CREATE TABLE validity (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    valid_until DATETIME NOT NULL,
    UNIQUE KEY uq_validity (valid_until)
);

INSERT INTO validity (valid_until) VALUES ('0000-00-00 00:00:00'), ('0000-02-03 01:00:00'), ('2020-00-00 00:00:00'), ('9999-12-31 23:59:59');

CREATE TABLE picks_validity (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    valid_until DATETIME NOT NULL,
    CONSTRAINT fk_picks_validity FOREIGN KEY (valid_until) REFERENCES validity (valid_until),
    UNIQUE KEY uq_picks_validity (valid_until)
);

CREATE TABLE per_day (
    day DATE NOT NULL,
    region INT NOT NULL,
    PRIMARY KEY (day, region)
);

INSERT INTO per_day VALUES ('0000-00-00', 2147483647), ('0000-01-01', 1), ('9999-12-31', 2147483647);

CREATE TABLE picks_per_day (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    day DATE NOT NULL,
    region INT NOT NULL,
    CONSTRAINT fk_picks_per_day FOREIGN KEY (day, region) REFERENCES per_day (day, region)
);

CREATE TABLE of_each_type (
    id INT NOT NULL PRIMARY KEY,
    seen TIMESTAMP NOT NULL DEFAULT '2000-01-01 00:00:00',
    seen_exactly DATETIME(6) NOT NULL,
    at TIME NOT NULL,
    price DECIMAL(10, 2) NOT NULL,
    ip VARBINARY(16) NOT NULL,
    flags BIT(64) NOT NULL,
    ratio DOUBLE NOT NULL,
    UNIQUE KEY uq_seen (seen),
    UNIQUE KEY uq_seen_exactly (seen_exactly),
    UNIQUE KEY uq_at (at),
    UNIQUE KEY uq_price (price),
    UNIQUE KEY uq_ip (ip),
    UNIQUE KEY uq_flags (flags),
    UNIQUE KEY uq_ratio (ratio)
);

INSERT INTO of_each_type VALUES
    (-5, '0000-00-00 00:00:00', '0000-00-00 00:00:00', '-838:59:59', -99999999.99, x'7f000001', 0, -1e300),
    (2147483647, '2038-01-19 03:14:07', '9999-12-31 23:59:59.999999', '838:59:59', 99999999.99, x'ffffffffffffffffffffffffffffffff', 18446744073709551615, 1e300);

CREATE TABLE picks_time (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    at TIME NOT NULL,
    CONSTRAINT fk_picks_time FOREIGN KEY (at) REFERENCES of_each_type (at)
);

-- A row that references itself, by a value that stands for "none"
CREATE TABLE day_tree (
    day DATE NOT NULL PRIMARY KEY,
    previous DATE NOT NULL,
    CONSTRAINT fk_day_tree FOREIGN KEY (previous) REFERENCES day_tree (day)
);

INSERT INTO day_tree VALUES ('0000-00-00', '0000-00-00');

CREATE TABLE wide_tree (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    number BIGINT UNSIGNED NOT NULL UNIQUE,
    previous BIGINT UNSIGNED NOT NULL,
    CONSTRAINT fk_wide_tree FOREIGN KEY (previous) REFERENCES wide_tree (number)
);

INSERT INTO wide_tree VALUES (1, 18446744073709551615, 18446744073709551615);
