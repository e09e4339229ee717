-- the tables that the plan files beside this one fill
CREATE TABLE constants (
    id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, a INT, b VARCHAR(20), c DECIMAL(8,3), d VARBINARY(8), e DOUBLE, f TINYINT(1), g VARCHAR(10), h BIGINT UNSIGNED
);
CREATE TABLE numbers (
    id BIGINT AUTO_INCREMENT PRIMARY KEY, a INT, b DECIMAL(10,2), c INT, d DECIMAL(6,1), e INT, f INT, g BIGINT, h INT, i INT
);
CREATE TABLE moments (
    id INT AUTO_INCREMENT PRIMARY KEY, day DATE, at DATETIME, spread_s DATETIME, spread_ms DATETIME(3), spread_d DATE, later DATETIME, later_day DATE, clock TIME
);
CREATE TABLE randoms (
    id INT AUTO_INCREMENT PRIMARY KEY, letters VARCHAR(12), digits CHAR(6), hex VARCHAR(16), bytes VARBINARY(9), uuid CHAR(36), inet4 VARCHAR(15), inet6 VARCHAR(45),
    time TIME, bits BIT(12), some VARCHAR(20)
);
CREATE TABLE uniques (
    a_integer INT PRIMARY KEY, a_decimal DECIMAL(12,2) UNIQUE, a_text VARCHAR(30) UNIQUE, a_bytes VARBINARY(16) UNIQUE, a_uuid CHAR(36) UNIQUE, an_inet4 VARCHAR(15) UNIQUE,
    an_inet6 VARCHAR(45) UNIQUE, a_date DATE UNIQUE, a_datetime DATETIME UNIQUE, a_time TIME UNIQUE
);
CREATE TABLE few (
    code VARCHAR(10) PRIMARY KEY, label VARCHAR(40) NOT NULL
);
CREATE TABLE people (
    id INT AUTO_INCREMENT PRIMARY KEY, first_name VARCHAR(40), last_name VARCHAR(40), email VARCHAR(80), country VARCHAR(60), country_code CHAR(2), short_city VARCHAR(6),
    place POINT, area GEOMETRY, path VARCHAR(200)
);
CREATE TABLE customer (
    id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, email VARCHAR(60) NOT NULL UNIQUE, city VARCHAR(60), created_at TIMESTAMP NULL
);
CREATE TABLE product (
    code CHAR(8) PRIMARY KEY, price DECIMAL(8,2) NOT NULL
);
CREATE TABLE orders (
    id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, customer_id INT UNSIGNED NOT NULL, status ENUM('new','paid','sent') NOT NULL, created_at DATETIME NOT NULL, sent_at DATETIME,
    gift_of BIGINT UNSIGNED, FOREIGN KEY (customer_id) REFERENCES customer (id), FOREIGN KEY (gift_of) REFERENCES orders (id)
);
CREATE TABLE order_item (
    id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, order_id BIGINT UNSIGNED NOT NULL, product_code CHAR(8) NOT NULL, quantity INT NOT NULL,
    FOREIGN KEY (order_id) REFERENCES orders (id), FOREIGN KEY (product_code) REFERENCES product (code)
);
CREATE TABLE department (
    id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(60) NOT NULL, head_id INT
);
CREATE TABLE worker (
    id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(60) NOT NULL, department_id INT NOT NULL, manager_id INT, FOREIGN KEY (department_id) REFERENCES department (id),
    FOREIGN KEY (manager_id) REFERENCES worker (id)
);
ALTER TABLE department ADD FOREIGN KEY (head_id) REFERENCES worker (id);
CREATE TABLE tenant (
    id INT PRIMARY KEY, name VARCHAR(40) NOT NULL
);
CREATE TABLE project (
    tenant_id INT NOT NULL, id INT NOT NULL, name VARCHAR(40) NOT NULL, PRIMARY KEY (tenant_id, id), FOREIGN KEY (tenant_id) REFERENCES tenant (id)
);
CREATE TABLE ticket (
    id INT AUTO_INCREMENT PRIMARY KEY, tenant_id INT NOT NULL, project_id INT NOT NULL, title VARCHAR(80) NOT NULL, closed TINYINT(1) NOT NULL DEFAULT 0,
    FOREIGN KEY (tenant_id, project_id) REFERENCES project (tenant_id, id)
);
