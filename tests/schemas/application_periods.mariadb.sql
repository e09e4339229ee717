-- Application periods WITHOUT OVERLAPS, of which the other columns have few values: a parent's, a choice, a primary key, and with history.
CREATE TABLE room (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, title VARCHAR(40) NOT NULL);

CREATE TABLE stay (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    room_id INT NOT NULL,
    arrival DATE NOT NULL,
    departure DATE NOT NULL,
    PERIOD FOR nights (arrival, departure),
    UNIQUE KEY uq_stay (room_id, nights WITHOUT OVERLAPS),
    CONSTRAINT fk_stay_room FOREIGN KEY (room_id) REFERENCES room (id)
);

CREATE TABLE shift (
    desk ENUM('front', 'back') NOT NULL,
    begins DATETIME NOT NULL,
    ends DATETIME NOT NULL,
    PERIOD FOR hours (begins, ends),
    PRIMARY KEY (desk, hours WITHOUT OVERLAPS),
    CONSTRAINT chk_shift CHECK (begins >= '2020-01-01 00:00:00' AND ends <= '2030-01-01 00:00:00')
);

CREATE TABLE price (
    kind TINYINT UNSIGNED NOT NULL CHECK (kind < 3),
    amount DECIMAL(8, 2) NOT NULL,
    since TIMESTAMP(3) NOT NULL DEFAULT '2000-01-01 00:00:00',
    until TIMESTAMP(3) NOT NULL DEFAULT '2000-01-01 00:00:00',
    PERIOD FOR validity (since, until),
    UNIQUE KEY uq_price (kind, validity WITHOUT OVERLAPS)
);

CREATE TABLE opening (
    day DATE NOT NULL,
    next_day DATE NOT NULL,
    wing VARCHAR(20) NOT NULL,
    PERIOD FOR days (day, next_day),
    UNIQUE KEY uq_opening (wing, days WITHOUT OVERLAPS)
);
