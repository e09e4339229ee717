-- Tables without a primary key: with nothing, with a UNIQUE key that could be one, with a nullable UNIQUE key, with a foreign key alone.
CREATE TABLE log_line (
    logged_at DATETIME NOT NULL,
    message TEXT NOT NULL
);

CREATE TABLE has_unique (
    code VARCHAR(30) NOT NULL,
    title VARCHAR(100) NOT NULL,
    UNIQUE KEY uq_has_unique (code)
);

CREATE TABLE has_nullable_unique (
    code VARCHAR(30) NULL,
    title VARCHAR(100) NOT NULL,
    UNIQUE KEY uq_has_nullable_unique (code)
);

CREATE TABLE has_unique_counter (
    number BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    title VARCHAR(100) NOT NULL,
    UNIQUE KEY uq_has_unique_counter (number)
);

CREATE TABLE has_indexed_counter (
    number BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    title VARCHAR(100) NOT NULL,
    KEY ix_has_indexed_counter (number)
);

CREATE TABLE points_only (
    code VARCHAR(30) NOT NULL,
    seen_at DATETIME NOT NULL,
    CONSTRAINT fk_points_only FOREIGN KEY (code) REFERENCES has_unique (code)
);
