-- UNIQUE texts with several CHECKs, of any of the shapes that one CHECK may have.
CREATE TABLE both_ends (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    code VARCHAR(20) NOT NULL UNIQUE,
    CONSTRAINT chk_starts CHECK (code LIKE 'A%'),
    CONSTRAINT chk_ends CHECK (code LIKE '%-Z')
);

CREATE TABLE parts (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    code VARCHAR(12) NOT NULL UNIQUE,
    CONSTRAINT chk_left CHECK (LEFT(code, 2) = 'ab'),
    CONSTRAINT chk_right CHECK (RIGHT(code, 1) <> '9'),
    CONSTRAINT chk_middle CHECK (SUBSTR(code, 4, 1) IN ('-', 'x')),
    CONSTRAINT chk_length CHECK (CHAR_LENGTH(code) BETWEEN 6 AND 9)
);

CREATE TABLE email_like (
    email VARCHAR(60) NOT NULL PRIMARY KEY,
    CONSTRAINT chk_at CHECK (email LIKE '%@%'),
    CONSTRAINT chk_one CHECK (email NOT LIKE '%@%@%'),
    CONSTRAINT chk_dot CHECK (email LIKE '%._%'),
    CONSTRAINT chk_lower CHECK (email = LOWER(email)),
    CONSTRAINT chk_root CHECK (email <> 'root@localhost')
);

CREATE TABLE either (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    code VARCHAR(20) NOT NULL UNIQUE,
    CONSTRAINT chk_either CHECK (code LIKE 'x-%' OR code REGEXP '^[0-9]{6}$')
);

CREATE TABLE expressions (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    code VARCHAR(20) NOT NULL UNIQUE,
    CONSTRAINT chk_form CHECK (code REGEXP '^[A-Z]{2}[0-9A-Z]+$'),
    CONSTRAINT chk_digits CHECK (code REGEXP '[0-9]{3}$'),
    CONSTRAINT chk_zeros CHECK (NOT code REGEXP '00'),
    CONSTRAINT chk_range CHECK (code >= 'B')
);

CREATE TABLE beyond_reach (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    code VARCHAR(40) NOT NULL UNIQUE,
    CONSTRAINT chk_a CHECK (code LIKE '%a%' AND code LIKE '%b%' AND code LIKE '%c%' AND code LIKE '%d%' AND code LIKE '%e%' AND code LIKE '%f%'),
    CONSTRAINT chk_g CHECK (code LIKE '%g%' AND code LIKE '%h%' AND code LIKE '%i%' AND code LIKE '%j%' AND code LIKE '%k%' AND code LIKE '%l%')
);
