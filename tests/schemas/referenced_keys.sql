-- Foreign keys to a UNIQUE key instead of the primary one: text, and of two columns; and one with a default that points at nothing.
CREATE TABLE currency (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    code CHAR(3) CHARACTER SET ascii NOT NULL,
    name VARCHAR(60) NOT NULL,
    UNIQUE KEY uq_currency_code (code)
);

CREATE TABLE branch (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    bank SMALLINT UNSIGNED NOT NULL,
    number SMALLINT UNSIGNED NOT NULL,
    UNIQUE KEY uq_branch (bank, number)
);

CREATE TABLE optional_code (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    code VARCHAR(10) NULL,
    UNIQUE KEY uq_optional_code (code)
);

CREATE TABLE account (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    currency_code CHAR(3) CHARACTER SET ascii NOT NULL DEFAULT 'EUR',
    bank SMALLINT UNSIGNED NOT NULL,
    branch_number SMALLINT UNSIGNED NOT NULL,
    optional_code VARCHAR(10) NULL,
    balance DECIMAL(14, 2) NOT NULL DEFAULT 0,
    CONSTRAINT fk_account_currency FOREIGN KEY (currency_code) REFERENCES currency (code),
    CONSTRAINT fk_account_branch FOREIGN KEY (bank, branch_number) REFERENCES branch (bank, number),
    CONSTRAINT fk_account_optional FOREIGN KEY (optional_code) REFERENCES optional_code (code)
);

CREATE TABLE two_ways (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    currency_id INT UNSIGNED NOT NULL,
    other_currency_id INT UNSIGNED NULL,
    price DECIMAL(10, 4) NOT NULL,
    CONSTRAINT fk_two_ways_one FOREIGN KEY (currency_id) REFERENCES currency (id),
    CONSTRAINT fk_two_ways_other FOREIGN KEY (other_currency_id) REFERENCES currency (id)
);
