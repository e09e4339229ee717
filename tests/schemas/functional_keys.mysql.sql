-- UNIQUE keys with parts that are expressions: the columns they are made of must differ so that the expression keeps it.
CREATE TABLE login (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    email VARCHAR(100) COLLATE utf8mb4_bin NOT NULL,
    created_at DATETIME NOT NULL,
    UNIQUE KEY uq_login_email ((LOWER(email)))
);

CREATE TABLE one_active (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    account INT NOT NULL,
    is_active BOOLEAN NOT NULL,
    UNIQUE KEY uq_one_active ((CASE WHEN is_active THEN account END))
);

CREATE TABLE not_unique (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    email VARCHAR(100) NOT NULL,
    KEY ix_not_unique ((LOWER(email)))
);

CREATE TABLE tenant_name (id INT AUTO_INCREMENT PRIMARY KEY, tenant_id INT NULL, name VARCHAR(50) NOT NULL, UNIQUE KEY uq_tenant_name ((COALESCE(tenant_id, 0)), name));
CREATE TABLE live_email (id INT AUTO_INCREMENT PRIMARY KEY, email VARCHAR(60) NOT NULL, deleted_at DATETIME NULL, UNIQUE KEY uq_live_email (email, (IF(deleted_at IS NULL, 1, NULL))));
CREATE TABLE team (id INT AUTO_INCREMENT PRIMARY KEY, label VARCHAR(20) NOT NULL);
CREATE TABLE team_member (id INT AUTO_INCREMENT PRIMARY KEY, team_id INT NOT NULL, name VARCHAR(50) NOT NULL, UNIQUE KEY uq_team_member (team_id, (LOWER(name))), FOREIGN KEY (team_id) REFERENCES team (id));
CREATE TABLE json_name (id INT AUTO_INCREMENT PRIMARY KEY, doc JSON NOT NULL, UNIQUE KEY uq_json_name ((CAST(doc->>'$.name' AS CHAR(50)) COLLATE utf8mb4_bin)));
CREATE TABLE json_value_of (id INT AUTO_INCREMENT PRIMARY KEY, doc JSON NOT NULL, UNIQUE KEY uq_json_value_of ((JSON_VALUE(doc, '$.a' RETURNING UNSIGNED))));
CREATE TABLE numbers_in_array (id INT AUTO_INCREMENT PRIMARY KEY, doc JSON NOT NULL, UNIQUE KEY uq_numbers_in_array ((CAST(doc->'$.tags' AS UNSIGNED ARRAY))));
CREATE TABLE texts_in_array (id INT AUTO_INCREMENT PRIMARY KEY, doc JSON, UNIQUE KEY uq_texts_in_array ((CAST(doc->'$.tags[*]' AS CHAR(20) ARRAY))));
CREATE TABLE binary_uuid (id INT AUTO_INCREMENT PRIMARY KEY, token CHAR(36) NOT NULL, b BINARY(16) AS (UUID_TO_BIN(token)) STORED, UNIQUE KEY uq_binary_uuid (b));
CREATE TABLE unhexed (id INT AUTO_INCREMENT PRIMARY KEY, token CHAR(32) NOT NULL, b BINARY(16) AS (UNHEX(token)) STORED, UNIQUE KEY uq_unhexed (b));
CREATE TABLE reduced (id INT AUTO_INCREMENT PRIMARY KEY, n INT UNSIGNED NOT NULL, UNIQUE KEY uq_reduced ((n * 2 - 5)));
