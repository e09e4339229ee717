-- Tables whose rows must reference a row of their own table: twice, by several columns, sharing a column, within a tenant, by a text, as parents.
CREATE TABLE twice (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    root_id INT UNSIGNED NOT NULL,
    parent_id INT UNSIGNED NOT NULL,
    title VARCHAR(100) NOT NULL,
    CONSTRAINT fk_twice_root FOREIGN KEY (root_id) REFERENCES twice (id),
    CONSTRAINT fk_twice_parent FOREIGN KEY (parent_id) REFERENCES twice (id) ON DELETE RESTRICT
);

CREATE TABLE pair (
    number INT NOT NULL,
    letters VARCHAR(10) NOT NULL,
    of_number INT NOT NULL,
    of_letters VARCHAR(10) NOT NULL,
    PRIMARY KEY (number, letters),
    CONSTRAINT fk_pair FOREIGN KEY (of_number, of_letters) REFERENCES pair (number, letters)
);

CREATE TABLE drive (
    disk SMALLINT UNSIGNED NOT NULL,
    id INT UNSIGNED NOT NULL,
    parent_id INT UNSIGNED NOT NULL,
    root_id INT UNSIGNED NOT NULL,
    name VARCHAR(60) NOT NULL,
    PRIMARY KEY (disk, id),
    CONSTRAINT fk_drive_parent FOREIGN KEY (disk, parent_id) REFERENCES drive (disk, id),
    CONSTRAINT fk_drive_root FOREIGN KEY (disk, root_id) REFERENCES drive (disk, id)
);

CREATE TABLE site (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, title VARCHAR(60) NOT NULL);

CREATE TABLE page (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    site_id INT UNSIGNED NOT NULL,
    parent_id INT UNSIGNED NOT NULL,
    UNIQUE KEY uq_page (site_id, id),
    CONSTRAINT fk_page_site FOREIGN KEY (site_id) REFERENCES site (id),
    CONSTRAINT fk_page_parent FOREIGN KEY (site_id, parent_id) REFERENCES page (site_id, id)
);

CREATE TABLE term (
    code VARCHAR(20) NOT NULL PRIMARY KEY,
    broader_code VARCHAR(20) NOT NULL,
    CONSTRAINT fk_term_required FOREIGN KEY (broader_code) REFERENCES term (code) ON DELETE CASCADE
);

CREATE TABLE leaf (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    twice_id INT UNSIGNED NOT NULL,
    disk SMALLINT UNSIGNED NOT NULL,
    drive_id INT UNSIGNED NOT NULL,
    page_id INT UNSIGNED NOT NULL,
    code VARCHAR(20) NOT NULL,
    CONSTRAINT fk_leaf_twice FOREIGN KEY (twice_id) REFERENCES twice (id),
    CONSTRAINT fk_leaf_drive FOREIGN KEY (disk, drive_id) REFERENCES drive (disk, id),
    CONSTRAINT fk_leaf_page FOREIGN KEY (page_id) REFERENCES page (id),
    CONSTRAINT fk_leaf_term FOREIGN KEY (code) REFERENCES term (code)
);
