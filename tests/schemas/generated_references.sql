-- Foreign keys from generated columns: the columns they are made of pick the parents.
CREATE TABLE person (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20));
CREATE TABLE post (id INT AUTO_INCREMENT PRIMARY KEY, title VARCHAR(20));
CREATE TABLE tag (code VARCHAR(20) NOT NULL PRIMARY KEY);
CREATE TABLE line (person_id INT NOT NULL, number INT NOT NULL, PRIMARY KEY (person_id, number), FOREIGN KEY (person_id) REFERENCES person (id));
CREATE TABLE same_value (id INT AUTO_INCREMENT PRIMARY KEY, owner INT NOT NULL, owner_id INT AS (owner) STORED, FOREIGN KEY (owner_id) REFERENCES person (id));
CREATE TABLE or_default (id INT AUTO_INCREMENT PRIMARY KEY, owner INT NULL, owner_id INT AS (COALESCE(owner, 1)) STORED, FOREIGN KEY (owner_id) REFERENCES person (id));
CREATE TABLE attachment (id INT AUTO_INCREMENT PRIMARY KEY, kind ENUM('person', 'post') NOT NULL, target INT NOT NULL, person_id INT AS (IF(kind = 'person', target, NULL)) STORED, post_id INT AS (CASE WHEN kind = 'post' THEN target END) STORED, FOREIGN KEY (person_id) REFERENCES person (id), FOREIGN KEY (post_id) REFERENCES post (id));
CREATE TABLE composite (id INT AUTO_INCREMENT PRIMARY KEY, owner INT NOT NULL, number INT NOT NULL, owner_id INT AS (owner) STORED, FOREIGN KEY (owner_id, number) REFERENCES line (person_id, number));
CREATE TABLE lowered_tag (id INT AUTO_INCREMENT PRIMARY KEY, label VARCHAR(20) NOT NULL, code VARCHAR(20) AS (LOWER(label)) STORED, FOREIGN KEY (code) REFERENCES tag (code));
CREATE TABLE one_each (id INT AUTO_INCREMENT PRIMARY KEY, owner INT NOT NULL, owner_id INT AS (owner) STORED, UNIQUE KEY uq_one_each (owner_id), FOREIGN KEY (owner_id) REFERENCES person (id));
CREATE TABLE both_columns (id INT AUTO_INCREMENT PRIMARY KEY, owner INT NOT NULL, owner_id INT AS (owner) STORED, FOREIGN KEY (owner) REFERENCES person (id), FOREIGN KEY (owner_id) REFERENCES person (id));
CREATE TABLE not_followed (id INT AUTO_INCREMENT PRIMARY KEY, n INT NOT NULL, person_id INT AS (n + 10) STORED, FOREIGN KEY (person_id) REFERENCES person (id));
