-- Foreign keys that can reference only some rows of their parent: CHECKs on their columns, and columns that are shorter than the parent's.
CREATE TABLE country (
    code CHAR(2) NOT NULL PRIMARY KEY,
    name VARCHAR(60) NOT NULL
);

CREATE TABLE address (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    country_code CHAR(2) NOT NULL,
    street VARCHAR(80) NOT NULL,
    CONSTRAINT chk_address_country CHECK (country_code IN ('DE', 'FR')),
    CONSTRAINT fk_address_country FOREIGN KEY (country_code) REFERENCES country (code)
);

CREATE TABLE vehicle (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    kind VARCHAR(20) NOT NULL,
    name VARCHAR(60) NOT NULL,
    UNIQUE KEY uq_vehicle (id, kind)
);

CREATE TABLE car (
    vehicle_id INT UNSIGNED NOT NULL PRIMARY KEY,
    kind VARCHAR(10) NOT NULL DEFAULT 'car',
    doors TINYINT NOT NULL,
    CONSTRAINT chk_car CHECK (kind = 'car'),
    CONSTRAINT fk_car FOREIGN KEY (vehicle_id, kind) REFERENCES vehicle (id, kind)
);

CREATE TABLE wheel (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    vehicle_id INT UNSIGNED NOT NULL,
    CONSTRAINT fk_wheel FOREIGN KEY (vehicle_id) REFERENCES car (vehicle_id)
);

CREATE TABLE ferry_trip (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    car_id INT UNSIGNED NOT NULL,
    car_kind VARCHAR(20) NOT NULL,
    boat_id INT UNSIGNED NULL,
    boat_kind VARCHAR(20) NULL,
    CONSTRAINT chk_ferry_car CHECK (car_kind = 'car'),
    CONSTRAINT chk_ferry_boat CHECK (boat_kind = 'boat'),
    CONSTRAINT fk_ferry_car FOREIGN KEY (car_id, car_kind) REFERENCES vehicle (id, kind),
    CONSTRAINT fk_ferry_boat FOREIGN KEY (boat_id, boat_kind) REFERENCES vehicle (id, kind)
);

CREATE TABLE border (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    inner_code CHAR(2) NOT NULL,
    outer_code CHAR(2) NOT NULL,
    CONSTRAINT chk_border_inner CHECK (inner_code IN ('DE', 'FR')),
    CONSTRAINT chk_border_outer CHECK (outer_code IN ('CH', 'GB', 'UA')),
    CONSTRAINT fk_border_inner FOREIGN KEY (inner_code) REFERENCES country (code),
    CONSTRAINT fk_border_outer FOREIGN KEY (outer_code) REFERENCES country (code)
);

CREATE TABLE account (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name VARCHAR(40) NOT NULL
);

CREATE TABLE user_account (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    account_id INT NOT NULL,
    CONSTRAINT chk_user_account CHECK (account_id > 100),
    CONSTRAINT fk_user_account FOREIGN KEY (account_id) REFERENCES account (id)
);

CREATE TABLE article (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    sku VARCHAR(20) NOT NULL,
    status ENUM('new', 'sold', 'lost') NOT NULL,
    price DECIMAL(6, 2) NOT NULL,
    token VARBINARY(16) NOT NULL,
    UNIQUE KEY uq_sku (sku),
    UNIQUE KEY uq_status (status, id),
    UNIQUE KEY uq_price (price, id),
    UNIQUE KEY uq_token (token)
);

CREATE TABLE article_of_shorter_columns (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    sku CHAR(6) NOT NULL,
    article_id INT NOT NULL,
    status ENUM('new', 'lost') NOT NULL,
    price DECIMAL(5, 2) NOT NULL,
    priced_id INT NOT NULL,
    token VARBINARY(4) NOT NULL,
    CONSTRAINT fk_shorter_sku FOREIGN KEY (sku) REFERENCES article (sku),
    CONSTRAINT fk_shorter_status FOREIGN KEY (status, article_id) REFERENCES article (status, id),
    CONSTRAINT fk_shorter_price FOREIGN KEY (price, priced_id) REFERENCES article (price, id),
    CONSTRAINT fk_shorter_token FOREIGN KEY (token) REFERENCES article (token)
);
