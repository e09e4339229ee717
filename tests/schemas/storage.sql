-- How tables are stored and indexed: row formats, FULLTEXT with a column FTS_DOC_ID, SPATIAL indexes, ON UPDATE in a second pass, invisible keys, names as long as the servers allow.
CREATE TABLE compressed (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    code VARCHAR(100) NOT NULL UNIQUE,
    notes TEXT,
    raw VARBINARY(300)
) ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=4;

CREATE TABLE redundant (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    title VARCHAR(191) NOT NULL UNIQUE,
    notes TEXT
) ROW_FORMAT=REDUNDANT;

CREATE TABLE compact (
    title VARCHAR(191) NOT NULL PRIMARY KEY,
    notes TEXT
) ROW_FORMAT=COMPACT;

CREATE TABLE document (
    FTS_DOC_ID BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    title VARCHAR(100),
    FULLTEXT KEY ft_document (title)
);

CREATE TABLE document_by_code (
    code CHAR(36) NOT NULL PRIMARY KEY,
    FTS_DOC_ID BIGINT UNSIGNED NOT NULL,
    body TEXT,
    UNIQUE KEY FTS_DOC_ID_INDEX (FTS_DOC_ID),
    FULLTEXT KEY ft_document_by_code (body)
);

CREATE TABLE referenced_document (
    FTS_DOC_ID BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    title VARCHAR(100),
    body TEXT,
    FULLTEXT KEY ft_referenced_document (body, title)
);

INSERT INTO referenced_document (title, body) VALUES ('first', 'of its kind');

CREATE TABLE page (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    document_id BIGINT UNSIGNED NOT NULL,
    CONSTRAINT fk_page FOREIGN KEY (document_id) REFERENCES referenced_document (FTS_DOC_ID)
);

CREATE TABLE place (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    center POINT NOT NULL,
    area POLYGON NOT NULL,
    shape GEOMETRY NOT NULL,
    SPATIAL INDEX ix_center (center),
    SPATIAL INDEX ix_area (area),
    SPATIAL INDEX ix_shape (shape)
);

CREATE TABLE team (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    lead_id INT NOT NULL,
    updated_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP
);

CREATE TABLE person (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    team_id INT NULL,
    updated_at DATETIME(6) NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
    CONSTRAINT fk_person_team FOREIGN KEY (team_id) REFERENCES team (id)
);

ALTER TABLE team ADD CONSTRAINT fk_team_lead FOREIGN KEY (lead_id) REFERENCES person (id);

CREATE TABLE unseen (
    id INT NOT NULL AUTO_INCREMENT INVISIBLE PRIMARY KEY,
    code VARCHAR(20) NOT NULL DEFAULT 'none' INVISIBLE,
    seen INT NOT NULL,
    UNIQUE KEY uq_unseen (code)
);

CREATE TABLE picks_unseen (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    unseen_id INT NOT NULL DEFAULT 0 INVISIBLE,
    code VARCHAR(20) NOT NULL,
    CONSTRAINT fk_picks_unseen_id FOREIGN KEY (unseen_id) REFERENCES unseen (id),
    CONSTRAINT fk_picks_unseen_code FOREIGN KEY (code) REFERENCES unseen (code)
);

-- 64 characters of at most 3 bytes; a table's name is shorter, since its file's name has at most 255 bytes, five for each of these characters
CREATE TABLE `甲語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語` (
    `列語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語` INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    `鍵語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語` INT NULL,
    `文語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語` VARCHAR(64) NOT NULL UNIQUE
);

CREATE TABLE `乙語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語` (
    `列語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語` INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    `鍵語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語` INT NOT NULL,
    CONSTRAINT `制語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語` FOREIGN KEY (`鍵語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語`) REFERENCES `甲語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語` (`列語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語`)
);

ALTER TABLE `甲語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語` ADD CONSTRAINT `束語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語` FOREIGN KEY (`鍵語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語`) REFERENCES `乙語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語` (`列語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語`);

CREATE TABLE aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa (
    bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc INT NULL,
    CONSTRAINT dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd FOREIGN KEY (cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc) REFERENCES aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa (bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb)
);
