-- The mission's tables as a production database has them: script_execution and the fifteen tables above it, every lookup empty.
-- Two foreign keys have a DEFAULT that points at nothing (account_status_id 1, time_zone_id 427), and so have two of script_version.
CREATE TABLE robot_account_status (
    id TINYINT UNSIGNED NOT NULL,
    status VARCHAR(40) NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY uq_robot_account_status (status)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE robot_account (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    username VARCHAR(100) NOT NULL,
    password VARCHAR(255) NOT NULL,
    role ENUM('ADMIN', 'OPERATOR', 'VIEWER') NOT NULL,
    account_status_id TINYINT UNSIGNED NOT NULL DEFAULT 1,
    last_login_at DATETIME NULL,
    created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    PRIMARY KEY (id),
    UNIQUE KEY uq_robot_account_username (username),
    CONSTRAINT fk_robot_account_status FOREIGN KEY (account_status_id) REFERENCES robot_account_status (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE event_provider (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT,
    name VARCHAR(100) NOT NULL,
    endpoint VARCHAR(500) NULL,
    is_enabled TINYINT(1) NOT NULL DEFAULT 1,
    PRIMARY KEY (id),
    UNIQUE KEY uq_event_provider_name (name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE event_schema (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    provider_id INT UNSIGNED NOT NULL,
    event_type VARCHAR(150) NOT NULL,
    version SMALLINT UNSIGNED NOT NULL,
    definition JSON NOT NULL,
    created_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    PRIMARY KEY (id),
    UNIQUE KEY uq_event_schema (provider_id, event_type, version),
    CONSTRAINT fk_event_schema_provider FOREIGN KEY (provider_id) REFERENCES event_provider (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE event_subscription (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    robot_id BIGINT UNSIGNED NOT NULL,
    schema_id BIGINT UNSIGNED NOT NULL,
    status ENUM('ACTIVE', 'PAUSED', 'CANCELLED') NOT NULL DEFAULT 'ACTIVE',
    created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (id),
    UNIQUE KEY uq_event_subscription (robot_id, schema_id),
    CONSTRAINT fk_event_subscription_robot FOREIGN KEY (robot_id) REFERENCES robot_account (id),
    CONSTRAINT fk_event_subscription_schema FOREIGN KEY (schema_id) REFERENCES event_schema (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE incoming_event (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    schema_id BIGINT UNSIGNED NOT NULL,
    external_id CHAR(36) CHARACTER SET ascii NOT NULL,
    payload JSON NOT NULL,
    received_at DATETIME(6) NOT NULL,
    processed_at DATETIME(6) NULL,
    PRIMARY KEY (id),
    UNIQUE KEY uq_incoming_event_external (external_id),
    CONSTRAINT fk_incoming_event_schema FOREIGN KEY (schema_id) REFERENCES event_schema (id),
    CONSTRAINT chk_incoming_event_processed CHECK (processed_at IS NULL OR received_at <= processed_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE outgoing_event (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    source_event_id BIGINT UNSIGNED NOT NULL,
    subscription_id BIGINT UNSIGNED NOT NULL,
    status ENUM('NEW', 'SENT', 'FAILED') NOT NULL,
    attempts TINYINT UNSIGNED NOT NULL DEFAULT 0,
    created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (id),
    KEY ix_outgoing_event_source (source_event_id),
    KEY ix_outgoing_event_subscription (subscription_id),
    CONSTRAINT fk_outgoing_event_source FOREIGN KEY (source_event_id) REFERENCES incoming_event (id),
    CONSTRAINT fk_outgoing_event_subscription FOREIGN KEY (subscription_id) REFERENCES event_subscription (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE script_reference (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    name VARCHAR(255) NULL,
    description VARCHAR(1000) NULL,
    is_archived TINYINT(1) NOT NULL DEFAULT 0,
    created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE script_category (
    id SMALLINT UNSIGNED NOT NULL AUTO_INCREMENT,
    name VARCHAR(60) NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY uq_script_category_name (name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE language_tag (
    id SMALLINT UNSIGNED NOT NULL AUTO_INCREMENT,
    tag VARCHAR(35) CHARACTER SET ascii NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY uq_language_tag (tag)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE script_version (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    script_reference_id BIGINT UNSIGNED NOT NULL,
    version INT UNSIGNED NOT NULL,
    script_name VARCHAR(255) NOT NULL,
    json JSON NOT NULL,
    duration INT UNSIGNED NOT NULL,
    script_category_id SMALLINT UNSIGNED NOT NULL DEFAULT 1,
    language_tag_id SMALLINT UNSIGNED NOT NULL DEFAULT 1,
    created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (id),
    UNIQUE KEY uq_script_version (script_reference_id, version),
    CONSTRAINT fk_script_version_reference FOREIGN KEY (script_reference_id) REFERENCES script_reference (id),
    CONSTRAINT fk_script_version_category FOREIGN KEY (script_category_id) REFERENCES script_category (id),
    CONSTRAINT fk_script_version_language FOREIGN KEY (language_tag_id) REFERENCES language_tag (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE time_zone (
    id SMALLINT UNSIGNED NOT NULL AUTO_INCREMENT,
    name VARCHAR(64) CHARACTER SET ascii NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY uq_time_zone_name (name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE task_schedule (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    schedule_id BIGINT UNSIGNED NOT NULL,
    robot_id BIGINT UNSIGNED NOT NULL,
    cron VARCHAR(255) NOT NULL,
    duration INT UNSIGNED NOT NULL,
    time_zone_id SMALLINT UNSIGNED NOT NULL DEFAULT 427,
    next_fire_time DATETIME NOT NULL,
    status ENUM('ACTIVE', 'PAUSED', 'ENDED') NOT NULL,
    created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (id),
    UNIQUE KEY uq_task_schedule (schedule_id, robot_id),
    CONSTRAINT fk_task_schedule_robot FOREIGN KEY (robot_id) REFERENCES robot_account (id),
    CONSTRAINT fk_task_schedule_time_zone FOREIGN KEY (time_zone_id) REFERENCES time_zone (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE event_trigger_setting (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT,
    subscription_id BIGINT UNSIGNED NOT NULL,
    max_level TINYINT UNSIGNED NOT NULL DEFAULT 3,
    delay_seconds INT UNSIGNED NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT fk_event_trigger_setting_subscription FOREIGN KEY (subscription_id) REFERENCES event_subscription (id),
    CONSTRAINT chk_event_trigger_setting_level CHECK (max_level BETWEEN 1 AND 9)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE event_trigger (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    setting_id INT UNSIGNED NOT NULL,
    robot_id BIGINT UNSIGNED NOT NULL,
    status ENUM('WAITING', 'FIRED', 'SKIPPED') NOT NULL,
    script_reference_id BIGINT UNSIGNED NOT NULL,
    outgoing_event_id BIGINT UNSIGNED NOT NULL,
    level TINYINT UNSIGNED NOT NULL,
    expected_executed_at TIMESTAMP NOT NULL,
    created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (id),
    UNIQUE KEY uq_event_trigger (outgoing_event_id, setting_id),
    CONSTRAINT fk_event_trigger_setting FOREIGN KEY (setting_id) REFERENCES event_trigger_setting (id),
    CONSTRAINT fk_event_trigger_robot FOREIGN KEY (robot_id) REFERENCES robot_account (id),
    CONSTRAINT fk_event_trigger_reference FOREIGN KEY (script_reference_id) REFERENCES script_reference (id),
    CONSTRAINT fk_event_trigger_event FOREIGN KEY (outgoing_event_id) REFERENCES outgoing_event (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE script_execution (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    script_reference_id BIGINT UNSIGNED NOT NULL,
    script_version_id BIGINT UNSIGNED NOT NULL,
    schedule_id BIGINT UNSIGNED NULL,
    planned DATETIME NULL,
    triggering_event_id BIGINT UNSIGNED NULL,
    outcome ENUM('OK', 'FAILED', 'CANCELLED') NULL,
    created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (id),
    KEY ix_script_execution_reference (script_reference_id),
    KEY ix_script_execution_version (script_version_id),
    KEY ix_script_execution_schedule (schedule_id),
    KEY ix_script_execution_trigger (triggering_event_id),
    CONSTRAINT fk_script_execution_reference FOREIGN KEY (script_reference_id) REFERENCES script_reference (id),
    CONSTRAINT fk_script_execution_version FOREIGN KEY (script_version_id) REFERENCES script_version (id),
    CONSTRAINT fk_script_execution_schedule FOREIGN KEY (schedule_id) REFERENCES task_schedule (id),
    CONSTRAINT fk_script_execution_trigger FOREIGN KEY (triggering_event_id) REFERENCES event_trigger (id),
    CONSTRAINT chk_execution_source CHECK ((schedule_id IS NOT NULL) <> (triggering_event_id IS NOT NULL))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
