-- Tables with history, and with application time.
CREATE TABLE contract (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    title VARCHAR(100) NOT NULL
) WITH SYSTEM VERSIONING;

CREATE TABLE policy (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    contract_id INT NOT NULL,
    title VARCHAR(100) NOT NULL,
    row_start TIMESTAMP(6) GENERATED ALWAYS AS ROW START,
    row_end TIMESTAMP(6) GENERATED ALWAYS AS ROW END,
    PERIOD FOR SYSTEM_TIME (row_start, row_end),
    CONSTRAINT fk_policy_contract FOREIGN KEY (contract_id) REFERENCES contract (id)
) WITH SYSTEM VERSIONING;

CREATE TABLE tariff (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    price DECIMAL(8, 2) NOT NULL,
    valid_from DATE NOT NULL,
    valid_to DATE NOT NULL,
    PERIOD FOR validity (valid_from, valid_to)
);

CREATE TABLE room_booking (
    room INT NOT NULL,
    valid_from DATE NOT NULL,
    valid_to DATE NOT NULL,
    PERIOD FOR validity (valid_from, valid_to),
    UNIQUE KEY uq_room_booking (room, validity WITHOUT OVERLAPS)
);
