-- UNIQUE keys next to a primary key, of every type and shape; some of the tables hold few rows for that reason.
CREATE TABLE customer (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    email VARCHAR(120) NOT NULL,
    phone VARCHAR(20) NULL,
    username VARCHAR(12) NOT NULL,
    card_number CHAR(16) NOT NULL,
    UNIQUE KEY uq_customer_email (email),
    UNIQUE KEY uq_customer_phone (phone),
    UNIQUE KEY uq_customer_username (username),
    UNIQUE KEY uq_customer_card (card_number)
);

CREATE TABLE holds_255 (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    position TINYINT UNSIGNED NOT NULL,
    UNIQUE KEY uq_holds_255 (position)
);

CREATE TABLE holds_2 (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    is_default BOOLEAN NOT NULL,
    title VARCHAR(20) NOT NULL,
    UNIQUE KEY uq_holds_2 (title, is_default)
);

CREATE TABLE of_choices (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    size ENUM('s', 'm', 'l') NOT NULL,
    color ENUM('red', 'green', 'blue', 'black') NOT NULL,
    year_made YEAR NOT NULL,
    UNIQUE KEY uq_of_choices (size, color, year_made)
);

CREATE TABLE nullable_choice (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    size ENUM('s', 'm', 'l') NULL,
    UNIQUE KEY uq_nullable_choice (size)
);

CREATE TABLE nullable_pair (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    region TINYINT UNSIGNED NOT NULL,
    slot TINYINT UNSIGNED NULL,
    UNIQUE KEY uq_nullable_pair (region, slot)
);

CREATE TABLE by_prefix (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    title VARCHAR(200) NOT NULL,
    body TEXT NOT NULL,
    short VARCHAR(100) NOT NULL,
    UNIQUE KEY uq_by_prefix_title (title(10)),
    UNIQUE KEY uq_by_prefix_body (body(64)),
    UNIQUE KEY uq_by_prefix_pair (short(2), title(4))
);

CREATE TABLE overlapping (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    a INT NOT NULL,
    b INT NOT NULL,
    c INT NOT NULL,
    UNIQUE KEY uq_overlapping_ab (a, b),
    UNIQUE KEY uq_overlapping_bc (b, c)
);

CREATE TABLE of_every_type (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    day DATE NOT NULL UNIQUE,
    moment DATETIME NOT NULL UNIQUE,
    stamp TIMESTAMP NOT NULL UNIQUE,
    clock TIME NOT NULL UNIQUE,
    price DECIMAL(12, 2) NOT NULL UNIQUE,
    measure DOUBLE NOT NULL UNIQUE,
    mask BIT(24) NOT NULL UNIQUE,
    signed_number SMALLINT NOT NULL UNIQUE,
    uuid CHAR(36) NOT NULL UNIQUE,
    hash VARBINARY(20) NOT NULL UNIQUE
);

CREATE TABLE short_text (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    letter CHAR(1) NOT NULL UNIQUE
);
