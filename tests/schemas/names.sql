-- Names that have to be quoted: spaces, backticks, quotes, per cent signs, umlauts, reserved words, capital letters, 64 characters.
CREATE TABLE `order` (
    `key` INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    `select` VARCHAR(30) NOT NULL,
    `from` DATE NOT NULL,
    `group by` INT NOT NULL
);

CREATE TABLE `order item` (
    `item id` INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    `order key` INT UNSIGNED NOT NULL,
    `50%` DECIMAL(5, 2) NOT NULL,
    `%s` VARCHAR(30) NOT NULL,
    CONSTRAINT `fk order item` FOREIGN KEY (`order key`) REFERENCES `order` (`key`)
);

CREATE TABLE `back``tick` (
    `i``d` INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    `it's` VARCHAR(30) NOT NULL,
    `say "hi"` VARCHAR(30) NOT NULL,
    `a.b` INT NOT NULL,
    `{i}` VARCHAR(20) NOT NULL,
    CONSTRAINT `chk``a.b` CHECK (`a.b` > 5)
);

CREATE TABLE `Größe` (
    `straße` VARCHAR(40) NOT NULL PRIMARY KEY,
    `größe` ENUM('klein', 'groß') NOT NULL,
    `back``tick` INT UNSIGNED NOT NULL,
    CONSTRAINT `fk Größe` FOREIGN KEY (`back``tick`) REFERENCES `back``tick` (`i``d`)
) DEFAULT CHARSET=utf8mb4;

CREATE TABLE i (
    i INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    I2 INT NOT NULL,
    `rows` INT NOT NULL,
    n INT NOT NULL
);

CREATE TABLE a_table_whose_name_is_as_long_as_a_name_can_be_sixty_four_letter (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    a_column_whose_name_is_as_long_as_a_name_can_be_sixty_four_chars INT NOT NULL
);
