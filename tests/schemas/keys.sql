-- Primary keys of other shapes: composite, not AUTO_INCREMENT, negative, of dates and decimals, and AUTO_INCREMENT columns that are not the key.
CREATE TABLE measurement (
    sensor SMALLINT UNSIGNED NOT NULL,
    taken_at DATETIME NOT NULL,
    celsius DECIMAL(5, 2) NOT NULL,
    PRIMARY KEY (sensor, taken_at)
);

CREATE TABLE order_line (
    order_number INT NOT NULL,
    line_number SMALLINT NOT NULL,
    article VARCHAR(40) NOT NULL,
    PRIMARY KEY (order_number, line_number)
);

CREATE TABLE order_line_note (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    order_number INT NOT NULL,
    line_number SMALLINT NOT NULL,
    note TEXT NOT NULL,
    CONSTRAINT fk_order_line_note FOREIGN KEY (order_number, line_number) REFERENCES order_line (order_number, line_number)
);

CREATE TABLE chosen_number (
    id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
    title VARCHAR(40) NOT NULL
);

CREATE TABLE small_number (
    id TINYINT NOT NULL PRIMARY KEY,
    title VARCHAR(40) NOT NULL
);

CREATE TABLE per_day (
    day DATE NOT NULL PRIMARY KEY,
    visits INT UNSIGNED NOT NULL
);

CREATE TABLE rate (
    threshold DECIMAL(8, 2) NOT NULL PRIMARY KEY,
    percent DECIMAL(4, 2) NOT NULL
);

CREATE TABLE counter_beside (
    code VARCHAR(20) NOT NULL PRIMARY KEY,
    position INT UNSIGNED NOT NULL AUTO_INCREMENT,
    KEY ix_counter_beside (position)
);

CREATE TABLE counter_second (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT,
    region SMALLINT NOT NULL,
    title VARCHAR(40) NOT NULL,
    PRIMARY KEY (region, id),
    KEY ix_counter_second (id)
);

CREATE TABLE three_parts (
    a ENUM('x', 'y', 'z') NOT NULL,
    b TINYINT UNSIGNED NOT NULL,
    c BOOLEAN NOT NULL,
    payload VARCHAR(100) NOT NULL,
    PRIMARY KEY (a, b, c)
);
