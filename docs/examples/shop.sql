CREATE TABLE customer (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  email VARCHAR(60) NOT NULL UNIQUE,
  city VARCHAR(60) NULL
);

CREATE TABLE product (
  code CHAR(6) NOT NULL PRIMARY KEY,
  price DECIMAL(6, 2) NOT NULL CHECK (price > 0)
);

CREATE TABLE orders (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  customer_id INT UNSIGNED NOT NULL,
  status ENUM('new', 'paid', 'sent') NOT NULL,
  created_at DATETIME NOT NULL,
  sent_at DATETIME NULL,
  FOREIGN KEY (customer_id) REFERENCES customer (id),
  CONSTRAINT chk_sent CHECK (sent_at >= created_at)
);

CREATE TABLE order_item (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  order_id BIGINT UNSIGNED NOT NULL,
  product_code CHAR(6) NOT NULL,
  quantity SMALLINT UNSIGNED NOT NULL CHECK (quantity BETWEEN 1 AND 99),
  FOREIGN KEY (order_id) REFERENCES orders (id),
  FOREIGN KEY (product_code) REFERENCES product (code)
);
