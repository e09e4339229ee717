-- UUIDs as Django and SQLAlchemy keep them, in CHAR(32) without hyphens, and in CHAR(36): keys, references, and columns whose name does not say so.

CREATE TABLE site (
  id CHAR(32) NOT NULL PRIMARY KEY,
  name VARCHAR(80) NOT NULL
);

CREATE TABLE page (
  id INT AUTO_INCREMENT PRIMARY KEY,
  translation_key CHAR(32) NOT NULL,
  locale INT NOT NULL,
  site_id CHAR(32) NOT NULL,
  UNIQUE KEY uq_page (translation_key, locale),
  CONSTRAINT fk_page FOREIGN KEY (site_id) REFERENCES site (id)
);

CREATE TABLE page_log (
  id INT AUTO_INCREMENT PRIMARY KEY,
  page_id INT NOT NULL,
  uuid VARCHAR(32) DEFAULT NULL,
  revision CHAR(36) CHARACTER SET ascii NOT NULL,
  CONSTRAINT fk_page_log FOREIGN KEY (page_id) REFERENCES page (id)
);

CREATE TABLE device (
  serial_token CHAR(32) CHARACTER SET latin1 COLLATE latin1_swedish_ci NOT NULL,
  owner CHAR(36) CHARACTER SET ucs2 NOT NULL,
  PRIMARY KEY (serial_token),
  UNIQUE KEY uq_device (owner)
);
