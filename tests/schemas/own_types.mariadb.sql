-- What MariaDB alone has: UUID, INET4, INET6, COMPRESSED columns, INVISIBLE ones, REF_SYSTEM_ID; UUID and INET as keys.
CREATE TABLE device (
    id UUID NOT NULL PRIMARY KEY,
    address INET6 NOT NULL,
    gateway INET4 NOT NULL,
    backup INET4 NULL,
    notes TEXT COMPRESSED NOT NULL,
    raw BLOB COMPRESSED NOT NULL,
    place POINT REF_SYSTEM_ID=4326 NOT NULL,
    hidden INT NOT NULL INVISIBLE DEFAULT 7,
    hidden_null VARCHAR(10) INVISIBLE
);

CREATE TABLE device_event (
    id UUID NOT NULL DEFAULT UUID() PRIMARY KEY,
    device_id UUID NOT NULL,
    occurred_at DATETIME NOT NULL,
    CONSTRAINT fk_device_event_device FOREIGN KEY (device_id) REFERENCES device (id)
);

CREATE TABLE lease (
    address INET4 NOT NULL PRIMARY KEY,
    address6 INET6 NOT NULL,
    device_id UUID NULL,
    UNIQUE KEY uq_lease_address6 (address6),
    UNIQUE KEY uq_lease_device (device_id),
    CONSTRAINT fk_lease_device FOREIGN KEY (device_id) REFERENCES device (id)
);
