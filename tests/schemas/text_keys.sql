-- Keys that are text, and foreign keys to them.
CREATE TABLE country (
    code CHAR(2) CHARACTER SET ascii NOT NULL PRIMARY KEY,
    name VARCHAR(100) NOT NULL
);

CREATE TABLE warehouse (
    name VARCHAR(60) NOT NULL PRIMARY KEY,
    country_code CHAR(2) CHARACTER SET ascii NOT NULL,
    CONSTRAINT fk_warehouse_country FOREIGN KEY (country_code) REFERENCES country (code)
);

CREATE TABLE product (
    sku VARCHAR(20) CHARACTER SET latin1 COLLATE latin1_bin NOT NULL PRIMARY KEY,
    title VARCHAR(200) NOT NULL,
    made_in CHAR(2) CHARACTER SET ascii NULL,
    price DECIMAL(9, 2) NOT NULL,
    CONSTRAINT fk_product_country FOREIGN KEY (made_in) REFERENCES country (code)
);

CREATE TABLE stock (
    warehouse_name VARCHAR(60) NOT NULL,
    product_sku VARCHAR(20) CHARACTER SET latin1 COLLATE latin1_bin NOT NULL,
    pieces INT UNSIGNED NOT NULL,
    PRIMARY KEY (warehouse_name, product_sku),
    CONSTRAINT fk_stock_warehouse FOREIGN KEY (warehouse_name) REFERENCES warehouse (name),
    CONSTRAINT fk_stock_product FOREIGN KEY (product_sku) REFERENCES product (sku)
);

CREATE TABLE session (
    token CHAR(36) NOT NULL PRIMARY KEY,
    data TEXT NOT NULL,
    expires_at DATETIME NOT NULL
);

CREATE TABLE page (
    address VARCHAR(2000) NOT NULL,
    body MEDIUMTEXT NOT NULL,
    PRIMARY KEY (address(191))
);

CREATE TABLE grade (
    mark ENUM('A', 'B', 'C', 'D', 'E', 'F') NOT NULL PRIMARY KEY,
    meaning VARCHAR(40) NOT NULL
);
