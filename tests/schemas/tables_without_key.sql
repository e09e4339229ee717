-- Tables without any key, whose rows are told apart by columns that can differ in each row, alone or together.
CREATE TABLE parent (
    code VARCHAR(30) NOT NULL PRIMARY KEY
);

CREATE TABLE counter (
    number BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY
);

CREATE TABLE all_nullable (
    at DATETIME(3) NULL,
    who INT NULL,
    payload JSON NULL,
    score DOUBLE NULL
);

CREATE TABLE small_columns (
    hour TINYINT UNSIGNED NOT NULL,
    minute TINYINT UNSIGNED NOT NULL,
    level ENUM('low', 'middle', 'high', 'extreme') NOT NULL
);

CREATE TABLE one_in_two (
    is_open BIT(1) NOT NULL
);

CREATE TABLE full_text_only (
    body TEXT NOT NULL,
    FULLTEXT KEY ft_full_text_only (body)
);

CREATE TABLE pair (
    left_code VARCHAR(30) NOT NULL,
    right_number BIGINT UNSIGNED NULL,
    CONSTRAINT fk_pair_left FOREIGN KEY (left_code) REFERENCES parent (code),
    CONSTRAINT fk_pair_right FOREIGN KEY (right_number) REFERENCES counter (number) ON DELETE CASCADE
);

CREATE TABLE tree (
    node VARCHAR(30) NOT NULL,
    above VARCHAR(30) NULL,
    UNIQUE KEY uq_tree (node, above),
    CONSTRAINT fk_tree FOREIGN KEY (above) REFERENCES parent (code)
);

-- TPC-C's history: columns of a composite foreign key, a time, an amount and a text
CREATE TABLE district (
    w_id SMALLINT NOT NULL,
    d_id TINYINT NOT NULL,
    PRIMARY KEY (w_id, d_id)
);

CREATE TABLE history (
    h_d_id TINYINT NOT NULL,
    h_w_id SMALLINT NOT NULL,
    h_date DATETIME NOT NULL,
    h_amount DECIMAL(6, 2) NOT NULL,
    h_data VARCHAR(24) NOT NULL,
    KEY ix_history (h_w_id, h_d_id),
    CONSTRAINT fk_history FOREIGN KEY (h_w_id, h_d_id) REFERENCES district (w_id, d_id)
);
