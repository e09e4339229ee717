-- Pairs of moments that mean something together, by their names and by CHECKs.
CREATE TABLE booking (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    start_date DATE NOT NULL,
    end_date DATE NOT NULL,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    deleted_at DATETIME NULL,
    CONSTRAINT chk_booking CHECK (start_date <= end_date)
);

CREATE TABLE shift (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    starts_at TIMESTAMP NOT NULL,
    ends_at TIMESTAMP NOT NULL,
    break_from TIME NOT NULL,
    break_until TIME NOT NULL,
    CONSTRAINT chk_shift CHECK (ends_at > starts_at),
    CONSTRAINT chk_break CHECK (break_from < break_until)
);

CREATE TABLE season (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    first_year YEAR NOT NULL,
    last_year YEAR NOT NULL,
    valid_from DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
    valid_to DATETIME(6) NOT NULL DEFAULT '9999-12-31 23:59:59.999999',
    CONSTRAINT chk_season CHECK (first_year <= last_year),
    CONSTRAINT chk_validity CHECK (valid_from < valid_to)
);

CREATE TABLE milestones (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    planned_on DATE NOT NULL,
    started_on DATE NULL,
    finished_on DATE NULL,
    CONSTRAINT chk_started CHECK (started_on >= planned_on),
    CONSTRAINT chk_finished CHECK (finished_on IS NULL OR (started_on IS NOT NULL AND finished_on >= started_on))
);
