-- Keys that are bytes: UUIDs as BINARY(16), hashes as BINARY(20), and of varying length.
CREATE TABLE account (
    id BINARY(16) NOT NULL PRIMARY KEY,
    email VARCHAR(120) NOT NULL,
    UNIQUE KEY uq_account_email (email)
);

CREATE TABLE purchase (
    id BINARY(16) NOT NULL PRIMARY KEY,
    account_id BINARY(16) NOT NULL,
    total DECIMAL(10, 2) NOT NULL,
    created_at DATETIME NOT NULL,
    CONSTRAINT fk_purchase_account FOREIGN KEY (account_id) REFERENCES account (id)
);

CREATE TABLE host (
    id BINARY(20) NOT NULL PRIMARY KEY,
    environment_id BINARY(20) NOT NULL,
    name VARCHAR(255) NOT NULL
);

CREATE TABLE host_state (
    host_id BINARY(20) NOT NULL PRIMARY KEY,
    state TINYINT UNSIGNED NOT NULL,
    CONSTRAINT fk_host_state_host FOREIGN KEY (host_id) REFERENCES host (id) ON DELETE CASCADE
);

CREATE TABLE cache_entry (
    cache_key VARBINARY(255) NOT NULL PRIMARY KEY,
    content MEDIUMBLOB NOT NULL
);

CREATE TABLE digest (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    sha BINARY(32) NOT NULL,
    origin VARBINARY(64) NULL,
    UNIQUE KEY uq_digest_sha (sha),
    UNIQUE KEY uq_digest_origin (origin(8))
);
