-- Triggers: one that checks, one that changes the row, one that writes elsewhere, one that always fails, one that an INSERT does not fire.
CREATE TABLE checked (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name VARCHAR(60) NOT NULL
);

CREATE TRIGGER checked_before BEFORE INSERT ON checked FOR EACH ROW SET @parloader_seen = NEW.name;

CREATE TABLE changed (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name VARCHAR(60) NOT NULL
);

CREATE TRIGGER changed_before BEFORE INSERT ON changed FOR EACH ROW SET NEW.name = UPPER(CONCAT(NEW.name, '!'));

CREATE TABLE audit (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    what VARCHAR(100) NOT NULL
);

CREATE TABLE audited (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name VARCHAR(60) NOT NULL
);

CREATE TRIGGER audited_after AFTER INSERT ON audited FOR EACH ROW INSERT INTO audit (what) VALUES (NEW.name);

CREATE TABLE closed (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name VARCHAR(60) NOT NULL
);

CREATE TRIGGER closed_before BEFORE INSERT ON closed FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'this table is closed';

CREATE TABLE on_update (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name VARCHAR(60) NOT NULL
);

CREATE TRIGGER on_update_before BEFORE UPDATE ON on_update FOR EACH ROW SET NEW.name = 'edited';

CREATE TABLE child_of_changed (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    changed_id INT UNSIGNED NOT NULL,
    CONSTRAINT fk_child_of_changed FOREIGN KEY (changed_id) REFERENCES changed (id)
);
