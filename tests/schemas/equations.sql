-- Columns that follow from others of the row, or are bounded by them: equations and inequalities in CHECKs.

CREATE TABLE customer_order (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    subtotal DECIMAL(10, 2) NOT NULL,
    shipping DECIMAL(8, 2) NOT NULL DEFAULT 0,
    discount DECIMAL(8, 2) NULL,
    total DECIMAL(10, 2) NOT NULL,
    paid DECIMAL(10, 2) NOT NULL DEFAULT 0,
    CHECK (subtotal >= 0), CHECK (shipping >= 0), CHECK (discount >= 0), CHECK (total >= 0),
    CHECK (total = subtotal + shipping - COALESCE(discount, 0)),
    CHECK (discount <= subtotal),
    CHECK (paid BETWEEN 0 AND total)
);

CREATE TABLE order_line (
    order_id BIGINT UNSIGNED NOT NULL,
    line_no SMALLINT UNSIGNED NOT NULL,
    quantity SMALLINT UNSIGNED NOT NULL CHECK (quantity > 0),
    unit_price DECIMAL(10, 2) NOT NULL,
    discount_percent TINYINT UNSIGNED NOT NULL DEFAULT 0,
    net DECIMAL(8, 2) NOT NULL,
    vat_rate DECIMAL(5, 4) NOT NULL,
    vat DECIMAL(8, 2) NOT NULL,
    gross DECIMAL(9, 2) NOT NULL,
    PRIMARY KEY (order_id, line_no),
    FOREIGN KEY (order_id) REFERENCES customer_order (id),
    CHECK (discount_percent <= 100 AND unit_price >= 0 AND vat_rate BETWEEN 0 AND 0.25),
    CHECK (net = ROUND(quantity * unit_price * (1 - discount_percent / 100), 2)),
    CHECK (vat = ROUND(net * vat_rate, 2)),
    CHECK (net + vat = gross)
);

-- Whole numbers only: an exact product has no more digits than its column
CREATE TABLE exact_product (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    hours DECIMAL(6, 2) NOT NULL,
    rate DECIMAL(8, 2) NOT NULL,
    amount DECIMAL(10, 2) NOT NULL,
    units INT NOT NULL,
    dozens INT NOT NULL,
    area INT UNSIGNED NOT NULL,
    width INT UNSIGNED NOT NULL,
    height INT UNSIGNED NOT NULL,
    CHECK (hours > 0 AND rate > 0),
    CHECK (amount = hours * rate),
    CHECK (units = dozens * 12),
    CHECK (area = width * height),
    CHECK (ABS(amount - units) < 1000000)
);

CREATE TABLE stock (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    capacity INT UNSIGNED NOT NULL,
    used INT UNSIGNED NOT NULL,
    reserved INT UNSIGNED NOT NULL,
    free INT UNSIGNED NOT NULL,
    min_qty INT NOT NULL, qty INT NOT NULL, max_qty INT NOT NULL,
    low_mark TINYINT UNSIGNED NOT NULL, high_mark TINYINT UNSIGNED NOT NULL, spread TINYINT UNSIGNED NOT NULL,
    share_a TINYINT NOT NULL, share_b TINYINT NOT NULL, share_c TINYINT NOT NULL,
    CHECK (used + reserved <= capacity),
    CHECK (capacity - used - reserved = free),
    CHECK (min_qty <= qty AND qty <= max_qty AND max_qty - min_qty <= 50),
    CHECK (high_mark - low_mark >= 10 AND spread = high_mark - low_mark),
    CHECK (share_a + share_b + share_c = 100 AND share_a >= 0 AND share_b >= 0 AND share_c >= 0)
);

CREATE TABLE stay (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    room_id INT NOT NULL,
    check_in DATE NOT NULL,
    check_out DATE NOT NULL,
    nights SMALLINT UNSIGNED NOT NULL,
    cancel_until DATE NOT NULL,
    begins_at DATETIME NOT NULL,
    ends_at DATETIME NOT NULL,
    minutes SMALLINT UNSIGNED NOT NULL,
    reminder_at DATETIME NOT NULL,
    UNIQUE (room_id, check_in),
    CHECK (check_out > check_in AND nights = DATEDIFF(check_out, check_in) AND nights <= 30),
    CHECK (cancel_until = check_in - INTERVAL 7 DAY),
    CHECK (TIMESTAMPDIFF(MINUTE, begins_at, ends_at) = minutes),
    CHECK (minutes BETWEEN 10 AND 480),
    CHECK (reminder_at <= begins_at - INTERVAL 1 HOUR AND reminder_at >= begins_at - INTERVAL 1 DAY)
);

-- The operation decides about the sign
CREATE TABLE movement (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    kind ENUM ('in', 'out', 'count') NOT NULL,
    before_qty INT UNSIGNED NOT NULL,
    moved INT UNSIGNED NOT NULL,
    after_qty INT UNSIGNED NOT NULL,
    counted INT UNSIGNED NULL,
    CHECK (after_qty = CASE kind WHEN 'in' THEN before_qty + moved WHEN 'out' THEN before_qty - moved ELSE counted END),
    CHECK ((kind = 'count') = (counted IS NOT NULL)),
    CHECK (moved <= 1000)
);

CREATE TABLE tariff (
    id INT NOT NULL,
    price DECIMAL(6, 2) NOT NULL,
    PRIMARY KEY (id, price)
);

-- The picked price has to leave the product within its column
CREATE TABLE ticket (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    tariff_id INT NOT NULL,
    price DECIMAL(6, 2) NOT NULL,
    persons TINYINT UNSIGNED NOT NULL,
    amount DECIMAL(6, 2) NOT NULL,
    FOREIGN KEY (tariff_id, price) REFERENCES tariff (id, price),
    CHECK (persons BETWEEN 1 AND 20 AND price > 0),
    CHECK (amount = price * persons)
);

CREATE TABLE ranges (
    first_no INT UNSIGNED NOT NULL PRIMARY KEY,
    last_no INT UNSIGNED NOT NULL,
    size INT UNSIGNED NOT NULL,
    CHECK (size BETWEEN 1 AND 99),
    CHECK (last_no = first_no + size)
);

-- CHECKs on generated columns, whose values have to fit their types as well
CREATE TABLE computed (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    a INT UNSIGNED NOT NULL,
    b INT UNSIGNED NOT NULL,
    total INT UNSIGNED AS (a + b) STORED,
    quantity INT NOT NULL CHECK (quantity > 0),
    price DECIMAL(10, 2) NOT NULL,
    line DECIMAL(7, 2) AS (quantity * price) STORED,
    starts_on DATE NOT NULL,
    ends_on DATE NOT NULL,
    nights INT AS (DATEDIFF(ends_on, starts_on)) VIRTUAL,
    CHECK (total <= 100),
    CHECK (nights BETWEEN 1 AND 14)
);
