-- Foreign keys to another database that has tables of the same names, and parents of its own.
CREATE DATABASE OTHER_DATABASE CHARACTER SET utf8mb4;

CREATE TABLE OTHER_DATABASE.region (
    code CHAR(6) NOT NULL PRIMARY KEY,
    kind ENUM('north', 'south') NOT NULL
);

CREATE TABLE OTHER_DATABASE.client (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name VARCHAR(80) NOT NULL UNIQUE,
    region CHAR(6) NOT NULL,
    chief_id INT UNSIGNED NULL,
    CONSTRAINT fk_client_region FOREIGN KEY (region) REFERENCES region (code),
    CONSTRAINT fk_client_chief FOREIGN KEY (chief_id) REFERENCES client (id)
) AUTO_INCREMENT = 100;

CREATE TABLE region (
    code CHAR(6) NOT NULL PRIMARY KEY,
    CONSTRAINT fk_region_region FOREIGN KEY (code) REFERENCES OTHER_DATABASE.region (code)
);

CREATE TABLE client (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    client_id INT UNSIGNED NOT NULL,
    CONSTRAINT fk_client_client FOREIGN KEY (client_id) REFERENCES OTHER_DATABASE.client (id)
);

CREATE TABLE bill (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    client_id INT UNSIGNED NOT NULL,
    own_client_id INT UNSIGNED NOT NULL,
    region CHAR(6) NULL,
    other_region CHAR(6) NULL,
    CONSTRAINT fk_bill_client FOREIGN KEY (client_id) REFERENCES OTHER_DATABASE.client (id),
    CONSTRAINT fk_bill_own_client FOREIGN KEY (own_client_id) REFERENCES client (id),
    CONSTRAINT fk_bill_region FOREIGN KEY (region) REFERENCES region (code),
    CONSTRAINT fk_bill_other_region FOREIGN KEY (other_region) REFERENCES OTHER_DATABASE.region (code)
);
