-- Views are refused, also those that could be written through.
CREATE TABLE song (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    title VARCHAR(100) NOT NULL,
    seconds SMALLINT UNSIGNED NOT NULL
);

CREATE VIEW all_songs AS SELECT id, title, seconds FROM song;

CREATE VIEW long_songs AS SELECT title, seconds FROM song WHERE seconds > 600 WITH CHECK OPTION;
