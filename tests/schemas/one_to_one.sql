-- The primary key is a foreign key, two levels deep; and a UNIQUE foreign key, nullable and not.
CREATE TABLE person (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    full_name VARCHAR(100) NOT NULL
);

CREATE TABLE employee (
    person_id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
    salary DECIMAL(10, 2) NOT NULL,
    CONSTRAINT fk_employee_person FOREIGN KEY (person_id) REFERENCES person (id)
);

CREATE TABLE manager (
    employee_id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
    budget DECIMAL(12, 2) NOT NULL,
    CONSTRAINT fk_manager_employee FOREIGN KEY (employee_id) REFERENCES employee (person_id)
);

CREATE TABLE passport (
    number CHAR(9) NOT NULL PRIMARY KEY,
    person_id BIGINT UNSIGNED NOT NULL,
    UNIQUE KEY uq_passport_person (person_id),
    CONSTRAINT fk_passport_person FOREIGN KEY (person_id) REFERENCES person (id)
);

CREATE TABLE locker (
    id SMALLINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    person_id BIGINT UNSIGNED NULL,
    UNIQUE KEY uq_locker_person (person_id),
    CONSTRAINT fk_locker_person FOREIGN KEY (person_id) REFERENCES person (id)
);
