-- Many tenants in one database: composite foreign keys share tenant_id, so that nothing points into another tenant.
CREATE TABLE tenant (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name VARCHAR(80) NOT NULL,
    UNIQUE KEY uq_tenant_name (name)
);

CREATE TABLE project (
    tenant_id INT UNSIGNED NOT NULL,
    id INT UNSIGNED NOT NULL,
    title VARCHAR(100) NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_project_tenant FOREIGN KEY (tenant_id) REFERENCES tenant (id)
);

CREATE TABLE member (
    tenant_id INT UNSIGNED NOT NULL,
    id INT UNSIGNED NOT NULL,
    email VARCHAR(120) NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE KEY uq_member_email (tenant_id, email),
    CONSTRAINT fk_member_tenant FOREIGN KEY (tenant_id) REFERENCES tenant (id)
);

CREATE TABLE ticket (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    tenant_id INT UNSIGNED NOT NULL,
    project_id INT UNSIGNED NOT NULL,
    reporter_id INT UNSIGNED NOT NULL,
    assignee_id INT UNSIGNED NULL,
    title VARCHAR(200) NOT NULL,
    CONSTRAINT fk_ticket_project FOREIGN KEY (tenant_id, project_id) REFERENCES project (tenant_id, id),
    CONSTRAINT fk_ticket_reporter FOREIGN KEY (tenant_id, reporter_id) REFERENCES member (tenant_id, id),
    CONSTRAINT fk_ticket_assignee FOREIGN KEY (tenant_id, assignee_id) REFERENCES member (tenant_id, id)
);

CREATE TABLE project_member (
    tenant_id INT UNSIGNED NOT NULL,
    project_id INT UNSIGNED NOT NULL,
    member_id INT UNSIGNED NOT NULL,
    role ENUM('owner', 'editor', 'reader') NOT NULL,
    PRIMARY KEY (tenant_id, project_id, member_id),
    CONSTRAINT fk_project_member_project FOREIGN KEY (tenant_id, project_id) REFERENCES project (tenant_id, id),
    CONSTRAINT fk_project_member_member FOREIGN KEY (tenant_id, member_id) REFERENCES member (tenant_id, id)
);
