-- Tables between others, whose key is made of foreign keys.
CREATE TABLE student (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    first_name VARCHAR(60) NOT NULL,
    last_name VARCHAR(60) NOT NULL
);

CREATE TABLE course (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    title VARCHAR(120) NOT NULL
);

CREATE TABLE room (
    id SMALLINT UNSIGNED NOT NULL PRIMARY KEY,
    name VARCHAR(40) NOT NULL
);

CREATE TABLE student_course (
    student_id INT UNSIGNED NOT NULL,
    course_id INT UNSIGNED NOT NULL,
    PRIMARY KEY (student_id, course_id),
    CONSTRAINT fk_student_course_student FOREIGN KEY (student_id) REFERENCES student (id) ON DELETE CASCADE,
    CONSTRAINT fk_student_course_course FOREIGN KEY (course_id) REFERENCES course (id) ON DELETE CASCADE
);

CREATE TABLE exam (
    student_id INT UNSIGNED NOT NULL,
    course_id INT UNSIGNED NOT NULL,
    room_id SMALLINT UNSIGNED NOT NULL,
    score DECIMAL(4, 1) NULL,
    taken_at DATETIME NOT NULL,
    PRIMARY KEY (student_id, course_id, room_id),
    CONSTRAINT fk_exam_student FOREIGN KEY (student_id) REFERENCES student (id),
    CONSTRAINT fk_exam_course FOREIGN KEY (course_id) REFERENCES course (id),
    CONSTRAINT fk_exam_room FOREIGN KEY (room_id) REFERENCES room (id)
);

CREATE TABLE enrolment (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    student_id INT UNSIGNED NOT NULL,
    course_id INT UNSIGNED NOT NULL,
    enrolled_at DATETIME NOT NULL,
    UNIQUE KEY uq_enrolment (student_id, course_id),
    CONSTRAINT fk_enrolment_student FOREIGN KEY (student_id) REFERENCES student (id),
    CONSTRAINT fk_enrolment_course FOREIGN KEY (course_id) REFERENCES course (id)
);

CREATE TABLE homework (
    student_id INT UNSIGNED NOT NULL,
    course_id INT UNSIGNED NOT NULL,
    week TINYINT UNSIGNED NOT NULL,
    grade CHAR(1) NULL,
    PRIMARY KEY (student_id, course_id, week),
    CONSTRAINT fk_homework_pair FOREIGN KEY (student_id, course_id) REFERENCES student_course (student_id, course_id)
);

CREATE TABLE friendship (
    student_id INT UNSIGNED NOT NULL,
    friend_id INT UNSIGNED NOT NULL,
    PRIMARY KEY (student_id, friend_id),
    CONSTRAINT fk_friendship_student FOREIGN KEY (student_id) REFERENCES student (id),
    CONSTRAINT fk_friendship_friend FOREIGN KEY (friend_id) REFERENCES student (id)
);

CREATE TABLE rivalry (
    student_id INT UNSIGNED NOT NULL,
    rival_id INT UNSIGNED NOT NULL,
    since DATE NOT NULL,
    PRIMARY KEY (student_id, rival_id),
    CONSTRAINT fk_rivalry_student FOREIGN KEY (student_id) REFERENCES student (id),
    CONSTRAINT fk_rivalry_rival FOREIGN KEY (rival_id) REFERENCES student (id),
    CONSTRAINT chk_rivalry CHECK (student_id < rival_id)
);
