-- Six levels of parents, each with a key of another type.
CREATE TABLE continent (id TINYINT UNSIGNED NOT NULL PRIMARY KEY, name VARCHAR(30) NOT NULL UNIQUE);

CREATE TABLE nation (
    code CHAR(2) CHARACTER SET ascii NOT NULL PRIMARY KEY,
    continent_id TINYINT UNSIGNED NOT NULL,
    CONSTRAINT fk_nation FOREIGN KEY (continent_id) REFERENCES continent (id)
);

CREATE TABLE region (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    nation_code CHAR(2) CHARACTER SET ascii NOT NULL,
    CONSTRAINT fk_region FOREIGN KEY (nation_code) REFERENCES nation (code)
);

CREATE TABLE town (
    region_id INT NOT NULL,
    number SMALLINT NOT NULL,
    name VARCHAR(60) NOT NULL,
    PRIMARY KEY (region_id, number),
    CONSTRAINT fk_town FOREIGN KEY (region_id) REFERENCES region (id)
);

CREATE TABLE street (
    id BINARY(16) NOT NULL PRIMARY KEY,
    region_id INT NOT NULL,
    town_number SMALLINT NOT NULL,
    name VARCHAR(60) NOT NULL,
    CONSTRAINT fk_street FOREIGN KEY (region_id, town_number) REFERENCES town (region_id, number)
);

CREATE TABLE house (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    street_id BINARY(16) NOT NULL,
    number VARCHAR(10) NOT NULL,
    CONSTRAINT fk_house FOREIGN KEY (street_id) REFERENCES street (id)
);

CREATE TABLE flat (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    house_id BIGINT UNSIGNED NOT NULL,
    area DECIMAL(6, 2) NOT NULL,
    CONSTRAINT fk_flat FOREIGN KEY (house_id) REFERENCES house (id)
);
