-- What MySQL alone has: VECTOR, SRID, INVISIBLE columns, DEFAULT (expressions) for JSON, BLOB and geometries, multi-valued keys.
CREATE TABLE embedding (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    small VECTOR(3) NOT NULL,
    usual VECTOR NOT NULL,
    optional VECTOR(16) NULL,
    hidden INT NOT NULL DEFAULT 7 INVISIBLE
);

CREATE TABLE city (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name VARCHAR(100) NOT NULL,
    center POINT NOT NULL SRID 4326,
    outline POLYGON NOT NULL SRID 3857,
    flat POINT NOT NULL SRID 0,
    SPATIAL INDEX ix_city_center (center)
);

CREATE TABLE document (
    id BINARY(16) NOT NULL DEFAULT (UUID_TO_BIN(UUID())) PRIMARY KEY,
    body JSON NOT NULL DEFAULT (JSON_OBJECT('tags', JSON_ARRAY())),
    raw BLOB NOT NULL DEFAULT ('nothing'),
    place POINT NOT NULL DEFAULT (POINT(0, 0)),
    expires_on DATE NOT NULL DEFAULT (CURRENT_DATE + INTERVAL 1 YEAR),
    tags JSON NOT NULL,
    INDEX ix_document_tags ((CAST(tags -> '$[*]' AS UNSIGNED ARRAY)))
);
