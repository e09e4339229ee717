-- Foreign keys to another database. The name OTHER_DATABASE is replaced by a name of its own for each database that this is loaded into.
CREATE DATABASE OTHER_DATABASE CHARACTER SET utf8mb4;

CREATE TABLE OTHER_DATABASE.client (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name VARCHAR(80) NOT NULL
);

CREATE TABLE bill (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    client_id INT UNSIGNED NOT NULL,
    total DECIMAL(10, 2) NOT NULL,
    CONSTRAINT fk_bill_client FOREIGN KEY (client_id) REFERENCES OTHER_DATABASE.client (id)
);

CREATE TABLE reminder (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    bill_id INT UNSIGNED NOT NULL,
    client_id INT UNSIGNED NULL,
    CONSTRAINT fk_reminder_bill FOREIGN KEY (bill_id) REFERENCES bill (id),
    CONSTRAINT fk_reminder_client FOREIGN KEY (client_id) REFERENCES OTHER_DATABASE.client (id)
);
