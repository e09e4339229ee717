-- A forum for several communities: members, threads, posts, votes, tags and moderation.
CREATE TABLE community (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    slug VARCHAR(60) NOT NULL,
    title VARCHAR(120) NOT NULL,
    description TEXT NULL,
    is_private TINYINT(1) NOT NULL DEFAULT 0,
    created_at DATETIME NOT NULL,
    UNIQUE KEY uq_community_slug (slug)
);

CREATE TABLE member (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    community_id INT UNSIGNED NOT NULL,
    username VARCHAR(40) NOT NULL,
    email VARCHAR(160) NOT NULL,
    password_hash VARCHAR(100) NOT NULL,
    bio TEXT NULL,
    reputation INT UNSIGNED NOT NULL DEFAULT 0,
    is_moderator BOOLEAN NOT NULL DEFAULT FALSE,
    is_verified BOOLEAN NOT NULL DEFAULT TRUE,
    locale VARCHAR(10) NOT NULL DEFAULT 'en',
    created_at DATETIME NOT NULL,
    last_seen_at DATETIME NULL,
    banned_at DATETIME NULL,
    UNIQUE KEY uq_member_username (username),
    UNIQUE KEY uq_member_email (email),
    CONSTRAINT fk_member_community FOREIGN KEY (community_id) REFERENCES community (id)
);

CREATE TABLE board (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    community_id INT UNSIGNED NOT NULL,
    parent_id INT UNSIGNED NULL,
    name VARCHAR(80) NOT NULL,
    position SMALLINT UNSIGNED NOT NULL DEFAULT 0,
    CONSTRAINT fk_board_community FOREIGN KEY (community_id) REFERENCES community (id),
    CONSTRAINT fk_board_parent FOREIGN KEY (parent_id) REFERENCES board (id)
);

CREATE TABLE thread (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    community_id INT UNSIGNED NOT NULL,
    board_id INT UNSIGNED NOT NULL,
    author_id BIGINT UNSIGNED NOT NULL,
    title VARCHAR(160) NOT NULL,
    slug VARCHAR(180) NOT NULL,
    status VARCHAR(12) NOT NULL DEFAULT 'open',
    view_count INT UNSIGNED NOT NULL DEFAULT 0,
    post_count INT UNSIGNED NOT NULL DEFAULT 0,
    is_pinned BOOLEAN NOT NULL DEFAULT FALSE,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    closed_at DATETIME NULL,
    deleted_at DATETIME NULL,
    CONSTRAINT fk_thread_community FOREIGN KEY (community_id) REFERENCES community (id),
    CONSTRAINT fk_thread_board FOREIGN KEY (board_id) REFERENCES board (id),
    CONSTRAINT fk_thread_author FOREIGN KEY (author_id) REFERENCES member (id),
    CONSTRAINT chk_thread_status CHECK (status IN ('open', 'closed', 'deleted'))
);

CREATE TABLE post (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    thread_id BIGINT UNSIGNED NOT NULL,
    position INT UNSIGNED NOT NULL,
    author_id BIGINT UNSIGNED NOT NULL,
    body TEXT NOT NULL,
    score INT NOT NULL DEFAULT 0,
    created_at DATETIME NOT NULL,
    edited_at DATETIME NULL,
    UNIQUE KEY uq_post_position (thread_id, position),
    CONSTRAINT fk_post_thread FOREIGN KEY (thread_id) REFERENCES thread (id) ON DELETE CASCADE,
    CONSTRAINT fk_post_author FOREIGN KEY (author_id) REFERENCES member (id)
);

CREATE TABLE vote (
    post_id BIGINT UNSIGNED NOT NULL,
    member_id BIGINT UNSIGNED NOT NULL,
    value TINYINT NOT NULL,
    created_at DATETIME NOT NULL,
    PRIMARY KEY (post_id, member_id),
    CONSTRAINT fk_vote_post FOREIGN KEY (post_id) REFERENCES post (id),
    CONSTRAINT fk_vote_member FOREIGN KEY (member_id) REFERENCES member (id),
    CONSTRAINT chk_vote_value CHECK (value IN (-1, 1))
);

CREATE TABLE tag (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name VARCHAR(40) NOT NULL,
    UNIQUE KEY uq_tag_name (name)
);

CREATE TABLE thread_tag (
    thread_id BIGINT UNSIGNED NOT NULL,
    tag_id INT UNSIGNED NOT NULL,
    PRIMARY KEY (thread_id, tag_id),
    CONSTRAINT fk_thread_tag_thread FOREIGN KEY (thread_id) REFERENCES thread (id),
    CONSTRAINT fk_thread_tag_tag FOREIGN KEY (tag_id) REFERENCES tag (id)
);

CREATE TABLE moderation_case (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    post_id BIGINT UNSIGNED NOT NULL,
    reporter_id BIGINT UNSIGNED NOT NULL,
    moderator_id BIGINT UNSIGNED NULL,
    reason ENUM('spam', 'abuse', 'off_topic', 'other') NOT NULL,
    status ENUM('new', 'in_review', 'resolved', 'dismissed') NOT NULL DEFAULT 'new',
    created_at DATETIME NOT NULL,
    reviewed_at DATETIME NULL,
    resolved_at DATETIME NULL,
    comment VARCHAR(500) NULL,
    CONSTRAINT fk_case_post FOREIGN KEY (post_id) REFERENCES post (id),
    CONSTRAINT fk_case_reporter FOREIGN KEY (reporter_id) REFERENCES member (id),
    CONSTRAINT fk_case_moderator FOREIGN KEY (moderator_id) REFERENCES member (id)
);
