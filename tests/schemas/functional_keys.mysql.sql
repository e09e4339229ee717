-- UNIQUE keys with parts that are expressions: nobody can tell in general what makes them different.
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
