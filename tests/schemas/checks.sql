-- CHECKs of the shapes that people write, one of a shape that cannot be understood, and one that no row can meet.
CREATE TABLE compared_with_constants (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    age TINYINT UNSIGNED NOT NULL CHECK (age >= 18),
    price DECIMAL(8, 2) NOT NULL,
    discount DECIMAL(5, 2) NOT NULL DEFAULT 0,
    rating INT NOT NULL,
    percent INT NULL,
    temperature INT NOT NULL,
    opened_on DATE NOT NULL,
    CONSTRAINT chk_price CHECK (price > 0),
    CONSTRAINT chk_discount CHECK (discount >= 0 AND discount < 100),
    CONSTRAINT chk_rating CHECK (rating BETWEEN 1 AND 5),
    CONSTRAINT chk_percent CHECK (percent NOT BETWEEN 101 AND 1000000 AND 0 <= percent),
    CONSTRAINT chk_temperature CHECK (temperature <> 0 AND temperature > -273),
    CONSTRAINT chk_opened CHECK (opened_on >= '2000-01-01')
);

CREATE TABLE one_of_some (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    status VARCHAR(20) NOT NULL,
    priority INT NOT NULL,
    gender CHAR(1) NULL,
    forbidden VARCHAR(20) NOT NULL,
    CONSTRAINT chk_status CHECK (status IN ('new', 'paid', 'it''s off')),
    CONSTRAINT chk_priority CHECK (priority IN (1, 2, 3, 5, 8)),
    CONSTRAINT chk_gender CHECK (gender = 'f' OR gender = 'm' OR gender IS NULL),
    CONSTRAINT chk_forbidden CHECK (forbidden NOT IN ('admin', 'root'))
);

CREATE TABLE of_lengths (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name VARCHAR(100) NOT NULL,
    code VARCHAR(20) NOT NULL,
    note TEXT NULL,
    secret VARCHAR(255) NOT NULL,
    CONSTRAINT chk_name CHECK (CHAR_LENGTH(name) > 0),
    CONSTRAINT chk_code CHECK (LENGTH(code) = 6),
    CONSTRAINT chk_note CHECK (CHAR_LENGTH(note) <= 30),
    CONSTRAINT chk_secret CHECK (CHAR_LENGTH(secret) BETWEEN 12 AND 40)
);

CREATE TABLE of_patterns (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    zip VARCHAR(10) NOT NULL,
    color CHAR(7) NOT NULL,
    plate VARCHAR(20) NOT NULL,
    digits VARCHAR(30) NOT NULL,
    CONSTRAINT chk_zip CHECK (zip REGEXP '^[0-9]{5}$'),
    CONSTRAINT chk_color CHECK (color REGEXP '^#[0-9a-f]{6}$'),
    CONSTRAINT chk_plate CHECK (plate REGEXP '^[A-Z]{1,3}-[A-Z]{1,2}[0-9]+$'),
    CONSTRAINT chk_digits CHECK (digits REGEXP '[0-9]')
);

CREATE TABLE unique_by_pattern (
    zip CHAR(5) NOT NULL PRIMARY KEY,
    name VARCHAR(100) NOT NULL,
    level TINYINT NOT NULL,
    UNIQUE KEY uq_unique_by_pattern (level),
    CONSTRAINT chk_unique_zip CHECK (zip REGEXP '^[0-9]{5}$'),
    CONSTRAINT chk_unique_level CHECK (level BETWEEN 11 AND 60)
);

CREATE TABLE of_json (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    document LONGTEXT NOT NULL,
    settings JSON NOT NULL,
    optional TEXT NULL,
    CONSTRAINT chk_document CHECK (JSON_VALID(document)),
    CONSTRAINT chk_optional CHECK (optional IS NULL OR JSON_VALID(optional))
);

CREATE TABLE either_or (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    person VARCHAR(60) NULL,
    company VARCHAR(60) NULL,
    phone VARCHAR(30) NULL,
    email VARCHAR(90) NULL,
    paid_at DATETIME NULL,
    paid_amount DECIMAL(8, 2) NULL,
    CONSTRAINT chk_exactly_one CHECK ((person IS NULL) <> (company IS NULL)),
    CONSTRAINT chk_at_least_one CHECK (phone IS NOT NULL OR email IS NOT NULL),
    CONSTRAINT chk_together CHECK ((paid_at IS NULL AND paid_amount IS NULL) OR (paid_at IS NOT NULL AND paid_amount IS NOT NULL))
);

CREATE TABLE xor_of_three_ways (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    a INT NULL,
    b INT NULL,
    c INT NULL,
    d INT NULL,
    e INT NULL,
    f INT NULL,
    CONSTRAINT chk_xor CHECK ((a IS NULL) XOR (b IS NULL)),
    CONSTRAINT chk_equal CHECK ((c IS NULL) = (d IS NOT NULL)),
    CONSTRAINT chk_written_out CHECK ((e IS NULL AND f IS NOT NULL) OR (e IS NOT NULL AND f IS NULL))
);

CREATE TABLE columns_compared (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    starts_on DATE NOT NULL,
    ends_on DATE NOT NULL,
    opened_at DATETIME NOT NULL,
    closed_at DATETIME NULL,
    low INT NOT NULL,
    high INT NOT NULL,
    cheap DECIMAL(8, 2) NOT NULL,
    dear DECIMAL(8, 2) NOT NULL,
    one INT NOT NULL,
    other INT NOT NULL,
    CONSTRAINT chk_days CHECK (starts_on <= ends_on),
    CONSTRAINT chk_moments CHECK (closed_at IS NULL OR closed_at > opened_at),
    CONSTRAINT chk_bounds CHECK (low < high),
    CONSTRAINT chk_prices CHECK (dear >= cheap),
    CONSTRAINT chk_different CHECK (one <> other)
);

CREATE TABLE by_state (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    state VARCHAR(10) NOT NULL,
    closed_at DATETIME NULL,
    reason VARCHAR(50) NULL,
    CONSTRAINT chk_state CHECK (state IN ('open', 'closed')),
    CONSTRAINT chk_closed CHECK (state <> 'closed' OR closed_at IS NOT NULL),
    CONSTRAINT chk_open CHECK (NOT (state = 'open' AND (closed_at IS NOT NULL OR reason IS NOT NULL)))
);

CREATE TABLE not_understood_but_met (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    a INT UNSIGNED NOT NULL,
    word VARCHAR(50) NOT NULL,
    CONSTRAINT chk_always_met CHECK (MOD(a, 2) IN (0, 1) AND CRC32(word) >= 0)
);

CREATE TABLE not_understood (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    iban VARCHAR(34) NOT NULL,
    CONSTRAINT chk_hardly_met CHECK (MOD(CRC32(iban), 9973) = 1)
);

CREATE TABLE never_met (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    number INT NOT NULL,
    CONSTRAINT chk_never CHECK (number > 10 AND number < 5)
);
