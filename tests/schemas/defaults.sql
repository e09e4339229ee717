-- Defaults: constants, expressions, the clock, of every type; and foreign keys whose default points at nothing.
CREATE TABLE with_defaults (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    number INT NOT NULL DEFAULT -5,
    amount DECIMAL(6, 2) NOT NULL DEFAULT 1.50,
    word VARCHAR(40) NOT NULL DEFAULT 'it''s "a" \\ word',
    blank VARCHAR(40) NOT NULL DEFAULT '',
    hash BINARY(3) NOT NULL DEFAULT 'abc',
    flags BIT(4) NOT NULL DEFAULT b'101',
    size ENUM('small', 'large') NOT NULL DEFAULT 'large',
    days SET('mon', 'tue') NOT NULL DEFAULT 'mon,tue',
    day DATE NOT NULL DEFAULT '2001-02-03',
    clock TIME NOT NULL DEFAULT '-12:30:00',
    created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    touched_at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
    optional VARCHAR(40) NULL DEFAULT 'something',
    nothing VARCHAR(40) DEFAULT NULL
);

CREATE TABLE with_expressions (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    code CHAR(36) NOT NULL DEFAULT (UUID()),
    luck DOUBLE NOT NULL DEFAULT (RAND()),
    story TEXT NOT NULL DEFAULT ('once upon a time'),
    computed INT NOT NULL DEFAULT (1 + 2 * 3),
    UNIQUE KEY uq_with_expressions (code)
);

CREATE TABLE state (
    id TINYINT UNSIGNED NOT NULL PRIMARY KEY,
    name VARCHAR(20) NOT NULL UNIQUE
);

CREATE TABLE default_to_nothing (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    state_id TINYINT UNSIGNED NOT NULL DEFAULT 1,
    previous_state_id TINYINT UNSIGNED NULL DEFAULT 9,
    CONSTRAINT fk_default_state FOREIGN KEY (state_id) REFERENCES state (id),
    CONSTRAINT fk_default_previous FOREIGN KEY (previous_state_id) REFERENCES state (id) ON DELETE SET NULL
);
