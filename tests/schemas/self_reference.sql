-- Tables that point at themselves: nullable, not nullable, in a composite key, twice, and within a tenant.
CREATE TABLE category (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    parent_id INT UNSIGNED NULL,
    title VARCHAR(100) NOT NULL,
    CONSTRAINT fk_category_parent FOREIGN KEY (parent_id) REFERENCES category (id)
);

CREATE TABLE node (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    root_id INT UNSIGNED NOT NULL,
    title VARCHAR(100) NOT NULL,
    CONSTRAINT fk_node_root FOREIGN KEY (root_id) REFERENCES node (id)
);

CREATE TABLE folder (
    disk SMALLINT UNSIGNED NOT NULL,
    id INT UNSIGNED NOT NULL,
    parent_id INT UNSIGNED NULL,
    name VARCHAR(60) NOT NULL,
    PRIMARY KEY (disk, id),
    CONSTRAINT fk_folder_parent FOREIGN KEY (disk, parent_id) REFERENCES folder (disk, id)
);

CREATE TABLE animal (
    id BIGINT NOT NULL PRIMARY KEY,
    mother_id BIGINT NULL,
    father_id BIGINT NULL,
    name VARCHAR(60) NOT NULL,
    CONSTRAINT fk_animal_mother FOREIGN KEY (mother_id) REFERENCES animal (id),
    CONSTRAINT fk_animal_father FOREIGN KEY (father_id) REFERENCES animal (id)
);

CREATE TABLE version_chain (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    previous_id INT UNSIGNED NULL,
    content TEXT NOT NULL,
    UNIQUE KEY uq_version_chain (previous_id),
    CONSTRAINT fk_version_chain FOREIGN KEY (previous_id) REFERENCES version_chain (id)
);

CREATE TABLE term (
    code VARCHAR(20) NOT NULL PRIMARY KEY,
    broader_code VARCHAR(20) NULL,
    CONSTRAINT fk_term_broader FOREIGN KEY (broader_code) REFERENCES term (code)
);
