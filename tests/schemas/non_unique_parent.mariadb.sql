-- A foreign key to a key that is not unique (InnoDB of MariaDB allows it).
CREATE TABLE tag_group (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    label VARCHAR(40) NOT NULL,
    KEY ix_tag_group (label)
) ENGINE=InnoDB;

CREATE TABLE tagged (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    label VARCHAR(40) NOT NULL,
    CONSTRAINT fk_tagged_label FOREIGN KEY (label) REFERENCES tag_group (label)
) ENGINE=InnoDB;
